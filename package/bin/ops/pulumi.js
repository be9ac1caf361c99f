import { checkoutCommands } from '../settings/origin.js';
import { attached, capture, run } from '../system/exec.mjs';
export const commandsOf = ({ stack, guest }) => guest?.commands ?? checkoutCommands(`--stack ${stack}`);
export function pulumiOn(workspace) {
    const { root, env, stack, qualified = stack } = workspace;
    const place = { cwd: root, env };
    const withStack = (args) => [...args, '--stack', qualified];
    return {
        workspace,
        capture: (args, options) => capture('pulumi', withStack(args), { ...place, ...options }),
        run: (args, options) => run('pulumi', withStack(args), { ...place, ...options }),
        attached: (args) => attached('pulumi', withStack(args), place),
    };
}
