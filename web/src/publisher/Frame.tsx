import { Button } from '@mantine/core';
import { Link, Outlet } from '@tanstack/react-router';
import { Icon } from '../kit/icons';
import { type Found, type NavSection, Shell } from '../kit/Shell';
import { useSession } from '../kit/session';
import { contains, list, path, type Resource } from './arm';
import { useTexts } from './texts';
import type { Api, Product, User } from './types';

/** The publisher portal's frame: its menu, and what its palette finds. */
export function Frame() {
  const t = useTexts();
  const session = useSession();
  return (
    <Shell
      brand={
        <Link to={'/' as never} className="brand">
          <img src={new URL('../kit/mark.svg', import.meta.url).href} width={24} height={24} alt="" />
          {session.instance.organization}
        </Link>
      }
      sections={useSections()}
      links={
        <Button
          component="a"
          href={session.urls.portal}
          target="_blank"
          rel="noopener"
          aria-label={t('frame.portal')}
          variant="subtle"
          size="xs"
          leftSection={<Icon name="portal" size={14} />}
        >
          <span className="hide-narrow">{t('frame.portal')}</span>
        </Button>
      }
      account={{ name: session.name, signOut }}
      find={useFind()}
    >
      <Outlet />
    </Shell>
  );
}

async function signOut() {
  await fetch('/session', { method: 'DELETE' });
  location.assign('/signin');
}

function useSections(): NavSection[] {
  const t = useTexts();
  return [
    { items: [{ to: '/', label: t('frame.pages.dashboard'), icon: 'dashboard', exact: true }] },
    {
      title: t('frame.sections.manage'),
      items: [
        { to: '/apis', label: t('frame.pages.apis'), icon: 'api' },
        { to: '/products', label: t('frame.pages.products'), icon: 'product' },
        { to: '/policies', label: t('frame.pages.policies'), icon: 'policy' },
        { to: '/namedValues', label: t('frame.pages.namedValues'), icon: 'value' },
        { to: '/backends', label: t('frame.pages.backends'), icon: 'backend' },
        { to: '/certificates', label: t('frame.pages.certificates'), icon: 'certificate' },
      ],
    },
    {
      title: t('frame.sections.people'),
      items: [
        { to: '/subscriptions', label: t('frame.pages.subscriptions'), icon: 'ticket' },
        { to: '/users', label: t('frame.pages.users'), icon: 'user' },
        { to: '/groups', label: t('frame.pages.groups'), icon: 'group' },
        { to: '/issues', label: t('frame.pages.issues'), icon: 'issue' },
      ],
    },
    {
      title: t('frame.sections.watch'),
      items: [
        { to: '/analytics', label: t('frame.pages.analytics'), icon: 'chart' },
        { to: '/audit', label: t('frame.pages.audit'), icon: 'audit' },
      ],
    },
    {
      title: t('frame.sections.portal'),
      items: [
        { to: '/appearance', label: t('frame.pages.appearance'), icon: 'palette' },
        { to: '/identities', label: t('frame.pages.identities'), icon: 'identity' },
        { to: '/delegation', label: t('frame.pages.delegation'), icon: 'link' },
        { to: '/notifications', label: t('frame.pages.notifications'), icon: 'bell' },
      ],
    },
    {
      title: t('frame.sections.instance'),
      items: [{ to: '/settings', label: t('frame.pages.settings'), icon: 'settings' }],
    },
  ];
}

/** Finds APIs, products and users by a part of their names. */
function useFind() {
  const t = useTexts();
  return async (text: string): Promise<Found[]> => {
    const top = { $top: 6 };
    const [apis, products, users] = await Promise.all([
      list<Resource<Api>>('/apis', { ...top, $filter: contains(text, 'displayName', 'path') }),
      list<Resource<Product>>('/products', { ...top, $filter: contains(text, 'displayName') }),
      list<Resource<User>>('/users', { ...top, $filter: contains(text, 'firstName', 'lastName', 'email') }),
    ]);
    return [
      ...apis.value.map(a => ({
        label: a.properties.displayName,
        hint: t('frame.kinds.api'),
        icon: 'api' as const,
        to: path`/apis/${a.name}`,
      })),
      ...products.value.map(p => ({
        label: p.properties.displayName,
        hint: t('frame.kinds.product'),
        icon: 'product' as const,
        to: path`/products/${p.name}`,
      })),
      ...users.value.map(u => ({
        label: `${u.properties.firstName} ${u.properties.lastName}`,
        hint: t('frame.kinds.user'),
        icon: 'user' as const,
        to: path`/users/${u.name}`,
      })),
    ];
  };
}
