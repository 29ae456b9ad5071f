import type { Translation } from '../../../kit/i18n';
import type { Publisher } from '../en';
import { appearance, audit, delegation, identities, notifications, settings, welcome } from './admin';
import { analytics } from './analytics';
import { apis } from './apis';
import { common, noMatch } from './common';
import { dashboard } from './dashboard';
import { frame } from './frame';
import { policies } from './policies';
import { backends, certificates, groups, issues, products, subscriptions, users, values } from './resources';
import { test } from './test';

export const fr: Translation<Publisher> = {
  welcome,
  settings,
  notifications,
  identities,
  delegation,
  audit,
  appearance,
  analytics,
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
