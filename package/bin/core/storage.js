export const storageOf = ({ volume, folder }) => folder === undefined ? { volume } : { folder };
export const sourceOf = (storage) => ('folder' in storage ? storage.folder : storage.volume);
export const storageAt = (source) => source.startsWith('/') ? { folder: source } : { volume: source };
export const storageText = (storage) => 'folder' in storage ? `folder ${storage.folder}` : `volume ${storage.volume}`;
