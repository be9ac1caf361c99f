import { z } from 'zod';
import { memoryPattern } from '../core/units.js';
import { described, isInTenths } from './leaves.js';
const reservedCpus = described(z.number().min(0.1).refine(isInTenths).optional(), 'Processors that a node must have unreserved for each instance', 'a number from 0.1 on in steps of 0.1, and at most cpus', 'write it without quotes, such as 0.5');
const reservedMemory = described(z.custom((text) => typeof text === 'string' && memoryPattern.test(text)).optional(), 'Memory that a node must have unreserved for each instance', 'a whole number, a space and MiB or GiB, and at most memory', 'write it as "512 MiB"');
export const reservation = described(z.strictObject({ memory: reservedMemory, cpus: reservedCpus }).optional(), 'With platform: swarm, what Swarm sets aside for each instance: it starts none on a node that has less left. Default: nothing. A change replaces the tasks', 'an object with memory, cpus or both', 'write { memory: "512 MiB" }, or remove the key');
