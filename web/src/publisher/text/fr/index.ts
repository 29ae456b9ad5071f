import type { Translation } from '../../../kit/i18n';
import type { Publisher } from '../en';
import { apis } from './apis';
import { common, noMatch } from './common';
import { dashboard } from './dashboard';
import { frame } from './frame';

export const fr: Translation<Publisher> = { frame, common, noMatch, dashboard, apis };
