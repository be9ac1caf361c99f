/** Where data lies on an engine. */

/** A volume by its name, or a folder of the Docker host by its path. */
export type Storage = { volume: string } | { folder: string };

/** What decides on it in settings and arguments: a folder takes the place of the volume. */
export const storageOf = ({ volume, folder }: { volume: string; folder?: string | undefined }): Storage =>
  folder === undefined ? { volume } : { folder };

/** As Docker takes and lists it: a name, or a path, which begins with "/" as no name does. */
export const sourceOf = (storage: Storage): string => ('folder' in storage ? storage.folder : storage.volume);

/** The reverse of {@link sourceOf}. */
export const storageAt = (source: string): Storage =>
  source.startsWith('/') ? { folder: source } : { volume: source };

/** In words that follow "the". */
export const storageText = (storage: Storage): string =>
  'folder' in storage ? `folder ${storage.folder}` : `volume ${storage.volume}`;
