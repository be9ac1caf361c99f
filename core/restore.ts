/** Variable of the environment by which a restore marks the update that it runs itself. */
export const RESTORING = 'OPEN_WEBUI_RESTORING';

/** Folder of each data volume in which a restore works. No part of a backup. */
export const RESTORE_AREA = '.restore';
