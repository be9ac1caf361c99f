/** Folder of each data volume in which a restore works. No part of a backup. */
export const RESTORE_AREA = '.restore';
