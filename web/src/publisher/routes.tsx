import { type AnyRoute, createRootRoute, createRoute, createRouter, lazyRouteComponent } from '@tanstack/react-router';
import { Crash, NoSuchPage } from '../kit/errors';
import { Frame } from './Frame';

const root = createRootRoute({ component: Frame, notFoundComponent: NoSuchPage });

/** A page at a path, loaded when somebody goes there: add one line to pages below. */
function page(path: string, load: () => Promise<Record<string, unknown>>, name: string, parent: AnyRoute = root) {
  return createRoute({ getParentRoute: () => parent, path, component: lazyRouteComponent(load as never, name as never) });
}

const pages = [page('/', () => import('./pages/Dashboard'), 'Dashboard'), page('/apis', () => import('./pages/Apis'), 'Apis')];

export const router = createRouter({
  routeTree: root.addChildren(pages),
  basepath: '/publisher',
  defaultErrorComponent: ({ error, reset }) => <Crash error={error} retry={reset} />,
  defaultPendingMs: 200,
  scrollRestoration: false,
});
