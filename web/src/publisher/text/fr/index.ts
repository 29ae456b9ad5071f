import type { Translation } from '../../../kit/i18n';
import type { Publisher } from '../en';
import { apis } from './apis';
import { dashboard } from './dashboard';
import { frame } from './frame';

export const fr: Translation<Publisher> = { frame, dashboard, apis };
