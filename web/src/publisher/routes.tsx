import { type AnyRoute, createRootRoute, createRoute, createRouter, lazyRouteComponent } from '@tanstack/react-router';
import { Crash, NoSuchPage } from '../kit/errors';
import { Frame } from './Frame';

const root = createRootRoute({ component: Frame, notFoundComponent: NoSuchPage });

/** A page at a path, loaded when somebody goes there: add one line to pages below. */
function page(path: string, load: () => Promise<Record<string, unknown>>, name: string, parent: AnyRoute = root) {
  return createRoute({ getParentRoute: () => parent, path, component: lazyRouteComponent(load as never, name as never) });
}

const pages = [
  page('/', () => import('./pages/Dashboard'), 'Dashboard'),

  page('/apis', () => import('./pages/Apis'), 'Apis'),
  page('/apis/new', () => import('./pages/ApiNew'), 'ApiNew'),
  page('/apis/$api', () => import('./pages/ApiSummary'), 'ApiSummary'),
  page('/apis/$api/settings', () => import('./pages/ApiSettings'), 'ApiSettings'),
  page('/apis/$api/operations', () => import('./pages/ApiOperations'), 'ApiOperations'),
  page('/apis/$api/operations/new', () => import('./pages/ApiOperation'), 'ApiOperationNew'),
  page('/apis/$api/operations/$operation', () => import('./pages/ApiOperation'), 'ApiOperation'),
  page('/apis/$api/test', () => import('./pages/ApiTest'), 'ApiTest'),
  page('/apis/$api/policies', () => import('./pages/ApiPolicies'), 'ApiPolicies'),
  page('/apis/$api/revisions', () => import('./pages/ApiRevisions'), 'ApiRevisions'),
  page('/apis/$api/products', () => import('./pages/ApiProducts'), 'ApiProducts'),
  page('/apis/$api/issues', () => import('./pages/Issues'), 'ApiIssues'),
  page('/apis/$api/issues/$issue', () => import('./pages/Issues'), 'IssuePage'),

  page('/products', () => import('./pages/Products'), 'Products'),
  page('/products/$product', () => import('./pages/Product'), 'ProductSettings'),
  page('/products/$product/apis', () => import('./pages/Product'), 'ProductApis'),
  page('/products/$product/plan', () => import('./pages/Product'), 'ProductPlan'),
  page('/products/$product/visibility', () => import('./pages/Product'), 'ProductVisibility'),
  page('/products/$product/subscriptions', () => import('./pages/Product'), 'ProductSubscriptions'),
  page('/products/$product/policies', () => import('./pages/Product'), 'ProductPolicies'),

  page('/policies', () => import('./pages/Policies'), 'Policies'),
  page('/namedValues', () => import('./pages/NamedValues'), 'NamedValues'),
  page('/namedValues/$value', () => import('./pages/NamedValues'), 'NamedValuePage'),
  page('/backends', () => import('./pages/Backends'), 'Backends'),
  page('/backends/$backend', () => import('./pages/Backends'), 'BackendPage'),
  page('/certificates', () => import('./pages/Certificates'), 'Certificates'),

  page('/subscriptions', () => import('./pages/Subscriptions'), 'Subscriptions'),
  page('/subscriptions/$subscription', () => import('./pages/Subscriptions'), 'SubscriptionPage'),
  page('/users', () => import('./pages/Users'), 'Users'),
  page('/users/$user', () => import('./pages/Users'), 'UserPage'),
  page('/users/$user/groups', () => import('./pages/Users'), 'UserGroupsPage'),
  page('/users/$user/subscriptions', () => import('./pages/Users'), 'UserSubscriptionsPage'),
  page('/groups', () => import('./pages/Groups'), 'Groups'),
  page('/groups/$group', () => import('./pages/Groups'), 'GroupPage'),
  page('/issues', () => import('./pages/Issues'), 'Issues'),

  page('/analytics', () => import('./pages/Analytics'), 'AnalyticsGlance'),
  page('/analytics/usage', () => import('./pages/Analytics'), 'AnalyticsUsage'),
  page('/analytics/health', () => import('./pages/Analytics'), 'AnalyticsHealth'),
  page('/analytics/activity', () => import('./pages/Analytics'), 'AnalyticsActivity'),
  page('/notifications', () => import('./pages/Notifications'), 'Notifications'),
  page('/notifications/templates', () => import('./pages/Notifications'), 'Templates'),
  page('/notifications/templates/$template', () => import('./pages/Notifications'), 'TemplatePage'),
  page('/notifications/mail', () => import('./pages/Notifications'), 'MailServerPage'),
  page('/notifications/outbox', () => import('./pages/Notifications'), 'Outbox'),
  page('/audit', () => import('./pages/Audit'), 'Audit'),

  page('/identities', () => import('./pages/Identities'), 'Identities'),
  page('/identities/providers', () => import('./pages/Identities'), 'IdentityProviders'),
  page('/identities/oauth', () => import('./pages/Identities'), 'AuthorizationServers'),
  page('/identities/openid', () => import('./pages/Identities'), 'OpenIDProviders'),
  page('/delegation', () => import('./pages/Delegation'), 'Delegation'),
  page('/appearance', () => import('./pages/Appearance'), 'PortalAppearance'),

  page('/welcome', () => import('./pages/Welcome'), 'Welcome'),
  page('/settings', () => import('./pages/Settings'), 'Settings'),
  page('/settings/staff', () => import('./pages/Settings'), 'Staff'),
  page('/settings/tokens', () => import('./pages/Settings'), 'AccessTokens'),
];

export const router = createRouter({
  routeTree: root.addChildren(pages),
  basepath: '/publisher',
  defaultErrorComponent: ({ error, reset }) => <Crash error={error} retry={reset} />,
  defaultPendingMs: 200,
  scrollRestoration: false,
});
