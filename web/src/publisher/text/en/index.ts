import { apis } from './apis';
import { dashboard } from './dashboard';
import { frame } from './frame';

export const en = { frame, dashboard, apis };
export type Publisher = typeof en;
