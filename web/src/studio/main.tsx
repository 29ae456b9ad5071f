import '../kit/nonce';
import { createRootRoute, createRouter } from '@tanstack/react-router';
import { boot } from '../kit/boot';
import { NoSuchPage } from '../kit/errors';
import { withKit } from '../kit/texts';

const root = createRootRoute({ component: NoSuchPage, notFoundComponent: NoSuchPage });

await boot({ router: createRouter({ routeTree: root, basepath: '/studio' }), texts: withKit(async () => ({})) });
