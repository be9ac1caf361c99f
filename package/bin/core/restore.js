export const RESTORING = 'OPEN_WEBUI_RESTORING';
export const RESTORE_AREA = '.restore';
