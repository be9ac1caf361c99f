import { ownerOf, PROJECT_LABEL, ROLE_LABEL, STACK_LABEL } from '../core/labels.js';
import { SERVICE_LABEL } from './services.js';
const label = (name) => `{{.Label "${name}"}}`;
const LABELS = [PROJECT_LABEL, STACK_LABEL, ROLE_LABEL].map(label).join('\t');
const QUESTIONS = [
    {
        kind: 'container',
        args: [
            'ps',
            '--all',
            '--no-trunc',
            '--format',
            `{{.Names}}\t${LABELS}\t{{.Image}}\t{{.Mounts}}\t{{.State}}\t{{.Networks}}\t${label(SERVICE_LABEL)}`,
        ],
    },
    { kind: 'network', args: ['network', 'ls', '--format', `{{.Name}}\t${LABELS}`] },
    { kind: 'volume', args: ['volume', 'ls', '--format', `{{.Name}}\t${LABELS}`] },
];
const listed = (text) => text.split(',').filter(Boolean);
const TIMEOUT = 20_000;
export async function inventory(docker, kinds) {
    const ask = async ({ kind, args }) => (await docker.run(args, { timeout: TIMEOUT }))
        .split('\n')
        .filter(Boolean)
        .map((line) => {
        const [name = '', project = '', stack = '', role = '', ...more] = line.split('\t');
        const [image = '', mounts = '', state = '', networks = '', service = ''] = more;
        return {
            ...{ kind, name, image, volumes: listed(mounts), runs: state === 'running' },
            networks: listed(networks),
            service: service || undefined,
            owner: ownerOf({ [PROJECT_LABEL]: project, [STACK_LABEL]: stack }),
            role: (role || undefined),
        };
    });
    return (await Promise.all(QUESTIONS.filter(({ kind }) => kinds?.includes(kind) ?? true).map(ask))).flat();
}
export const serverOn = (source, present) => present.find(({ kind, role, volumes }) => kind === 'container' && role === 'server' && volumes.includes(source));
