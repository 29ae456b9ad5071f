import { apis } from './apis';
import { common, noMatch } from './common';
import { dashboard } from './dashboard';
import { frame } from './frame';
import { policies } from './policies';
import { backends, certificates, groups, issues, products, subscriptions, users, values } from './resources';
import { test } from './test';

export const en = {
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
export type Publisher = typeof en;
