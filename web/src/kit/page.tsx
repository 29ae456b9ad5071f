import { Group, Skeleton, Stack, Text, Title } from '@mantine/core';
import type { UseQueryResult } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { type ReactNode, useEffect } from 'react';
import { ErrorBox } from './errors';
import { PageLink } from './links';
import { useKit } from './texts';

export interface Crumb {
  label: string;
  to: string;
}

/** A page: its name, where it stands, what can be done, and what it shows. */
export function Page(props: {
  title: string;
  /** The part of it that the page shows, for the window's title. */
  section?: string;
  hint?: ReactNode;
  crumbs?: Crumb[];
  actions?: ReactNode;
  badge?: ReactNode;
  wide?: boolean;
  children: ReactNode;
}) {
  useEffect(() => {
    document.title = `${props.section ? `${props.section} · ` : ''}${props.title} · Portico`;
  }, [props.title, props.section]);
  return (
    <div className={props.wide ? 'page wide' : 'page'}>
      {props.crumbs && (
        <Text component="nav" size="xs" mb={4} aria-label="Breadcrumb">
          {props.crumbs.map(c => (
            <span key={c.to}>
              <PageLink to={c.to} size="xs">
                {c.label}
              </PageLink>
              <span className="muted" aria-hidden="true">
                {' / '}
              </span>
            </span>
          ))}
        </Text>
      )}
      <Group justify="space-between" align="flex-start" mb="md" gap="sm">
        <div style={{ minWidth: 0 }}>
          <Group gap="sm">
            <Title order={1} style={{ overflowWrap: 'anywhere' }}>
              {props.title}
            </Title>
            {props.badge}
          </Group>
          {props.hint && (
            <Text size="sm" c="dimmed" component="div" maw="52rem">
              {props.hint}
            </Text>
          )}
        </div>
        {props.actions && <Group gap="xs">{props.actions}</Group>}
      </Group>
      {props.children}
    </div>
  );
}

/** Tabs that are pages: each has its own address. */
export function TabBar({ label, tabs }: { label: string; tabs: { to: string; label: string; exact?: boolean }[] }) {
  return (
    <nav className="tabs-bar" aria-label={label}>
      {tabs.map(tab => (
        <Link key={tab.to} to={tab.to as never} className="tab" activeOptions={{ exact: tab.exact ?? false, includeSearch: false }}>
          {tab.label}
        </Link>
      ))}
    </nav>
  );
}

/** A part of a page in a frame. */
export function Panel({ title, hint, actions, children }: { title?: string; hint?: ReactNode; actions?: ReactNode; children: ReactNode }) {
  return (
    <section className="panel padded" aria-label={title}>
      {(title || actions) && (
        <Group justify="space-between" mb="sm" align="flex-start">
          <div>
            {title && <Title order={2}>{title}</Title>}
            {hint && (
              <Text size="xs" c="dimmed">
                {hint}
              </Text>
            )}
          </div>
          {actions}
        </Group>
      )}
      {children}
    </section>
  );
}

/** Shows what a query gives: bones while it is on its way, the error when it failed. */
export function Loaded<T>({ query, children }: { query: UseQueryResult<T>; children: (data: T) => ReactNode }) {
  const t = useKit();
  if (query.data !== undefined) return children(query.data);
  if (query.isError) return <ErrorBox error={query.error} retry={() => void query.refetch()} />;
  return (
    <Stack gap="sm" role="status" aria-label={t('loading')}>
      <Skeleton height={18} width="40%" />
      <Skeleton height={90} />
      <Skeleton height={18} width="60%" />
    </Stack>
  );
}
