export const backupFolder = (): string => 'backups';
export const passphraseOfEnvironment = (): string | undefined => undefined;
export const isRestoring = async (..._: unknown[]): Promise<boolean> => false;
export const take = async (..._: unknown[]): Promise<{ file: string }> => ({ file: '' });
