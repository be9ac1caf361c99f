import { isSwarm, platformOf } from '../../core/platform.js';
function place({ address, certificates, context }, path) {
    const problem = { path };
    if (context !== undefined && (address ?? certificates) !== undefined) {
        return [
            {
                ...problem,
                reason: 'a context already has an address and certificates',
                allowed: 'only context, or address with certificates',
                fix: 'remove one of them',
            },
        ];
    }
    const scheme = address?.split(':')[0];
    if (certificates !== undefined && scheme !== 'tcp') {
        return [
            {
                path: [...path, 'certificates'],
                reason: 'only tcp:// uses certificates',
                allowed: 'absent unless the address is tcp://',
                fix: 'remove it',
            },
        ];
    }
    if (scheme === 'tcp' && certificates === undefined) {
        return [
            {
                path: [...path, 'address'],
                reason: 'anyone who reaches an engine without client certificates is root on its host',
                allowed: `tcp:// with ${path.join('.')}.certificates, or ssh://`,
                fix: `set ${path.join('.')}.certificates, or write an ssh:// address`,
            },
        ];
    }
    return [];
}
const host = ({ host }) => [
    ...place(host, ['host']),
    ...(host.manager ? place(host.manager, ['host', 'manager']) : []),
];
const manager = ({ host, platform }) => {
    if (!host.manager)
        return [];
    const problem = { path: ['host', 'manager'] };
    const { address, context } = host.manager;
    return [
        ...(isSwarm({ platform })
            ? []
            : [
                {
                    ...problem,
                    reason: 'the stack runs on one Docker host, which no manager commands',
                    allowed: 'absent, or together with platform: swarm',
                    fix: 'remove it, or set platform to swarm',
                },
            ]),
        ...((address ?? context) === undefined
            ? [
                {
                    ...problem,
                    reason: 'it does not say where the manager answers',
                    allowed: 'an object with address or context',
                    fix: 'write { address: "ssh://deploy@manager.example.com" }, or leave it out where host is a manager',
                },
            ]
            : []),
        ...(platformOf(platform).init
            ? [
                {
                    path: ['platform', 'init'],
                    reason: 'a Swarm that has a manager is there already',
                    allowed: 'absent together with host.manager',
                    fix: 'remove one of the two',
                },
            ]
            : []),
    ];
};
export const hostRules = [host, manager];
