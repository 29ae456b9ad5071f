import { apis } from './apis';
import { common, noMatch } from './common';
import { dashboard } from './dashboard';
import { frame } from './frame';

export const en = { frame, common, noMatch, dashboard, apis };
export type Publisher = typeof en;
