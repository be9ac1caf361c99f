var _a;
import * as pulumi from '@pulumi/pulumi';
class Gathering {
    unknown = [];
    secret = [];
    #dependsOn = new Set();
    get dependsOn() {
        return [...this.#dependsOn];
    }
    async value(input, path) {
        if (pulumi.Output.isInstance(input))
            return this.#output(input, path);
        if (Array.isArray(input))
            return this.#list(input, path);
        if (typeof input !== 'object' || input === null)
            return input;
        const entries = Object.entries(input).map(async ([key, inner]) => [key, await this.value(inner, [...path, key])]);
        return Object.fromEntries((await Promise.all(entries)).filter(([, inner]) => inner !== undefined && inner !== null));
    }
    async #list(input, path) {
        const inside = new _a();
        const values = await Promise.all(input.map((one) => inside.value(one, path)));
        for (const one of inside.dependsOn)
            this.#dependsOn.add(one);
        if (inside.secret.length > 0)
            this.secret.push(path);
        if (inside.unknown.length === 0)
            return values;
        this.unknown.push({ path, output: pulumi.output(input) });
        return undefined;
    }
    async #output(output, path) {
        const inner = output;
        for (const one of await inner.allResources())
            this.#dependsOn.add(one);
        if (await inner.isSecret)
            this.secret.push(path);
        if (await inner.isKnown)
            return this.value(await inner.promise(), path);
        this.unknown.push({ path, output });
        return undefined;
    }
}
_a = Gathering;
export async function gather(inputs) {
    const gathering = new Gathering();
    const values = (await gathering.value(inputs, []));
    return { values, unknown: gathering.unknown, secret: gathering.secret, dependsOn: gathering.dependsOn };
}
