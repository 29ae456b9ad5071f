import { type AnyRoute, createRootRoute, createRoute, createRouter, lazyRouteComponent } from '@tanstack/react-router';
import { Crash, NoSuchPage } from '../kit/errors';
import { Frame } from './Frame';

const root = createRootRoute({ component: Frame, notFoundComponent: NoSuchPage });

/** A page at a path, loaded when somebody goes there: add one line to pages below. */
function page(path: string, load: () => Promise<Record<string, unknown>>, name: string, parent: AnyRoute = root) {
  return createRoute({ getParentRoute: () => parent, path, component: lazyRouteComponent(load as never, name as never) });
}

const pages = [
  page('/', () => import('./pages/Home'), 'Home'),
  page('/experiments', () => import('./pages/Experiments'), 'Experiments'),
  page('/experiments/$experiment', () => import('./editor/EditorPage'), 'EditorPage'),
  page('/experiments/$experiment/nodes/$node/$port', () => import('./pages/Output'), 'Output'),
  page('/datasets', () => import('./pages/Datasets'), 'Datasets'),
  page('/datasets/$dataset', () => import('./pages/DatasetPage'), 'DatasetPage'),
  page('/services', () => import('./services/Services'), 'Services'),
  page('/services/$service', () => import('./services/ServicePage'), 'ServicePage'),
  page('/jobs', () => import('./pages/Jobs'), 'Jobs'),
];

export const router = createRouter({
  routeTree: root.addChildren(pages),
  basepath: '/studio',
  defaultErrorComponent: ({ error, reset }) => <Crash error={error} retry={reset} />,
  defaultPendingMs: 200,
  scrollRestoration: false,
});
