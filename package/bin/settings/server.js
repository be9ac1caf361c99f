import { z } from 'zod';
import { ADDRESS } from '../core/defaults.js';
import { hostname, labels, log, ulimits } from './containerLeaves.js';
import { address, adoptVolume, cpus, dataFolder, described, dockerName, healthcheck, image, memory, mounts, pidsLimit, port, protectData, } from './leaves.js';
import { networks } from './networks.js';
import { reservation } from './reservation.js';
export const serverSettings = (stack, defaults, { name, volume, imageText, networksText }) => ({
    name: dockerName('Name of the container. A change replaces it', name),
    image: image(imageText, defaults.image),
    volume: dockerName('Data volume. After a change the server starts with an empty volume, and the old one is kept', volume),
    adoptVolume,
    folder: dataFolder,
    protectData: protectData(stack),
    memory: memory('Memory limit of the container. Changed in place', defaults.memory),
    cpus,
    reservation,
    mounts,
    pidsLimit: pidsLimit(defaults.pidsLimit),
    healthcheck: healthcheck(defaults.healthcheck),
    log: log(defaults.log),
    networks: networks(networksText),
    labels,
    hostname,
    ulimits,
});
const publication = (defaultPort) => ({
    port: port('Port of the Docker host', defaultPort),
    address: address('Address of the Docker host, or a list of addresses'),
});
export const published = (defaultPort) => described(z
    .literal('none')
    .or(z.strictObject(publication(defaultPort)))
    .prefault({}), 'Where the page is published. none: on no port of the host, for a proxy on one of its networks. A change replaces the container', 'an object with port and address, or none', 'write { port: 3000 }, or none');
export const publishable = (defaultPort, description) => described(z.strictObject(publication(defaultPort)).optional(), description, 'an object with port and address, or absent', `write {} for ${ADDRESS}:${defaultPort}, or remove the key`);
