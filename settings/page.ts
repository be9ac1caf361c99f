import { directUrl } from '../core/urls.ts';
import type { Checked } from './schema.ts';

/** Origin of the page for the people who open it. */
export const pageUrl = ({ host, webui }: Checked): string => webui.url ?? directUrl(webui, host);
