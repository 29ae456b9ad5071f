import type { Translation } from '../../../kit/i18n';
import type { Publisher } from '../en';
import { apis } from './apis';
import { common, noMatch } from './common';
import { dashboard } from './dashboard';
import { frame } from './frame';
import { policies } from './policies';
import { backends, certificates, groups, issues, products, subscriptions, users, values } from './resources';
import { test } from './test';

export const fr: Translation<Publisher> = {
  frame,
  common,
  noMatch,
  dashboard,
  apis,
  policies,
  test,
  backends,
  certificates,
  groups,
  issues,
  products,
  subscriptions,
  users,
  values,
};
