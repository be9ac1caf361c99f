import * as pulumi from '@pulumi/pulumi';
import { connect } from '../../docker/client.js';
import { endpointOf } from './provider.js';
const TIMEOUT = 20_000;
async function setLimit(engine, name, limit) {
    const options = { timeout: TIMEOUT };
    const inspect = ['container', 'inspect', '--format', '{{.HostConfig.PidsLimit}}', name];
    if ((await engine.run(inspect, options)).trim() === String(limit))
        return;
    await engine.run(['update', '--pids-limit', String(limit), name], options);
}
export const limitProcesses = (container, limit) => container.name.apply(async (name) => {
    if (pulumi.runtime.isDryRun())
        return name;
    await setLimit(connect(await endpointOf(container)), name, limit).catch((error) => pulumi.log.warn(`The processes of ${name} are not limited to ${limit}: ${error.message}.`, container));
    return name;
});
