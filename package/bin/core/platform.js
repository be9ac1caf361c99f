export const platformOf = (setting) => typeof setting === 'string' ? { kind: setting, init: false } : setting;
export const isSwarm = ({ platform = 'docker' }) => platformOf(platform).kind === 'swarm';
export const ENCRYPTED = 'encrypted';
export const MOST_REPLICAS = 100;
