/**
 * Variable of the environment by which a move of the database marks what it runs itself: the data in SQLite is about to come along, so it is no
 * reason to refuse Postgres.
 */
export const MOVING = 'OPEN_WEBUI_MOVING';

/** The same for uploaded files: they are about to come along, so they are no reason to refuse another place for them. */
export const MOVING_FILES = 'OPEN_WEBUI_MOVING_FILES';
