/** Where backups go unless a command says otherwise: OPEN_WEBUI_BACKUP_DIR, else `backups/` in the project, which git ignores. */
export const folder = (): string => process.env['OPEN_WEBUI_BACKUP_DIR'] || 'backups';
