const READS = /^(info|ps|(container|image|network|volume) (ls|inspect)) /;
export function remembering(docker) {
    const answers = new Map();
    const once = (kind, ask) => (args, options) => {
        if (!READS.test(`${args.join(' ')} `))
            return ask(args, options);
        const key = JSON.stringify([kind, ...args]);
        const known = answers.get(key);
        const answer = known ?? ask(args, options);
        answers.set(key, answer);
        return answer;
    };
    return { ...docker, capture: once('capture', docker.capture), run: once('run', docker.run) };
}
