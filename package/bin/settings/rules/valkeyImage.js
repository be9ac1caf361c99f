import { valkeyDefaults } from '../../core/defaults.js';
import { imageName } from '../../core/images.js';
const OTHERS = ['redis', 'redis-stack', 'redis-stack-server', 'keydb', 'dragonfly', 'garnet'];
export const valkeyImage = ({ valkey: { image } }) => OTHERS.includes(imageName(image))
    ? [
        {
            path: ['valkey', 'image'],
            reason: 'it has no valkey-server, which the container runs',
            allowed: 'an image of Valkey',
            fix: `write it as "${valkeyDefaults.image}", which also reads the data of Redis up to 7.2`,
        },
    ]
    : [];
