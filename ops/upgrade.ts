/** Set for a `pulumi up` that is part of a restore: what it replaces was just taken care of. */
export const NO_BACKUP = 'OPEN_WEBUI_NO_UPGRADE_BACKUP';
