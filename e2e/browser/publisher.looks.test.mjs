// Every screen of the publisher portal, in light and dark, English and French:
// no accessibility violation, no violation of the policy, a screenshot of each.
import { test } from 'node:test';
import { fixture, inEveryLook } from './harness.mjs';
import { furnish } from './furnish.mjs';

const f = fixture({ args: ['--demo'], furnish });

const shown = page => page.getByRole('heading', { level: 1 }).waitFor();
const screens = [
  ['apis', '/apis'],
  ['api-new', '/apis/new'],
  ['api-new-openapi', '/apis/new?from=openapi'],
  ['api-new-service', '/apis/new?from=service'],
  ['api-summary', '/apis/azureml-demo'],
  ['api-settings', '/apis/azureml-demo/settings'],
  ['api-operations', '/apis/azureml-demo/operations'],
  ['api-operation-new', '/apis/azureml-demo/operations/new'],
  ['api-operation', '/apis/azureml-demo/operations/rrs-execute'],
  ['api-operation-parameters', '/apis/azureml-demo/operations/rrs-execute?tab=parameters'],
  ['api-operation-body', '/apis/echo-api/operations/create-resource?tab=body'],
  ['api-operation-responses', '/apis/azureml-demo/operations/rrs-execute?tab=responses'],
  ['api-operation-caching', '/apis/azureml-demo/operations/rrs-execute?tab=caching'],
  ['api-operation-policies', '/apis/azureml-demo/operations/rrs-execute?tab=policies'],
  ['api-policies', '/apis/echo-api/policies'],
  ['api-revisions', '/apis/echo-api/revisions'],
  ['api-products', '/apis/azureml-demo/products'],
  ['api-issues', '/apis/echo-api/issues'],
  ['api-issue', '/apis/echo-api/issues/slow'],
  ['products', '/products'],
  ['product', '/products/starter'],
  ['product-apis', '/products/starter/apis'],
  ['product-plan', '/products/starter/plan'],
  ['product-visibility', '/products/starter/visibility'],
  ['product-subscriptions', '/products/starter/subscriptions'],
  ['product-policies', '/products/starter/policies'],
  ['policies', '/policies'],
  ['named-values', '/namedValues'],
  ['named-value', '/namedValues/region'],
  ['backends', '/backends'],
  ['backend', '/backends/primary'],
  ['backend-pool', '/backends/pool'],
  ['certificates', '/certificates'],
  ['subscriptions', '/subscriptions'],
  ['subscription', '/subscriptions/azureml-demo-starter'],
  ['users', '/users'],
  ['user', '/users/bob'],
  ['user-groups', '/users/bob/groups'],
  ['user-subscriptions', '/users/bob/subscriptions'],
  ['groups', '/groups'],
  ['group', '/groups/partners'],
  ['issues', '/issues'],
  ['api-test', '/apis/azureml-demo/test'],
  ['welcome', '/welcome'],
  ['analytics', '/analytics'],
  ['analytics-usage', '/analytics/usage?range=7d'],
  ['analytics-health', '/analytics/health?range=custom&from=2026-11-01&to=2026-11-30'],
  ['analytics-activity', '/analytics/activity?by=byOperation'],
  ['analytics-calls', '/analytics/activity?by=byRequest'],
  ['notifications', '/notifications'],
  ['templates', '/notifications/templates'],
  ['template', '/notifications/templates/inviteUserNotificationMessage'],
  ['mail-server', '/notifications/mail'],
  ['outbox', '/notifications/outbox'],
  ['identities', '/identities'],
  ['identity-providers', '/identities/providers'],
  ['oauth-servers', '/identities/oauth'],
  ['openid-providers', '/identities/openid'],
  ['delegation', '/delegation'],
  ['appearance', '/appearance'],
  ['audit', '/audit'],
  ['settings', '/settings'],
  ['staff', '/settings/staff'],
  ['tokens', '/settings/tokens'],
];

const only = process.env.PORTICO_TEST_SCREENS?.split(',');
for (const [name, path] of screens.filter(([name]) => !only || only.includes(name))) {
  test(`${name} stands in every look`, () => inEveryLook(f, name, `/publisher${path}`, shown));
}
