export const mountArgs = (storage, target, { readOnly = false } = {}) => {
    const mount = 'folder' in storage ? `type=bind,source=${storage.folder}` : `type=volume,source=${storage.volume}`;
    return ['--mount', `${mount},target=${target}${readOnly ? ',readonly' : ''}`];
};
