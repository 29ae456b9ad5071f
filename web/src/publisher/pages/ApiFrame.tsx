import type { ReactNode } from 'react';
import { usePathNames } from '../../kit/links';
import { Loaded, Page, TabBar } from '../../kit/page';
import { Status } from '../../kit/status';
import { path, type Stored, useStored } from '../arm';
import { useTexts } from '../texts';
import type { Api } from '../types';

export const apiTabs = ['summary', 'settings', 'operations', 'test', 'policies', 'revisions', 'products', 'issues'] as const;

/** An API's name without the number of a revision. */
export const baseOf = (name: string) => name.replace(/;rev=.*$/, '');

/** A page of an API: its name, its tabs, and what the tab shows. */
export function ApiFrame({
  tab,
  wide,
  children,
}: {
  tab: (typeof apiTabs)[number];
  wide?: boolean;
  children: (api: Stored<Api>) => ReactNode;
}) {
  const t = useTexts();
  const { api: name = '' } = usePathNames();
  const at = path`/apis/${name}`;
  const api = useStored<Api>(at);
  const p = api.data?.properties;
  return (
    <Page
      title={p?.displayName ?? baseOf(name)}
      section={t(`apis.tabs.${tab}`)}
      wide={wide}
      crumbs={[{ label: t('apis.title'), to: '/apis' }]}
      badge={
        p?.isCurrent === false && (
          <Status tone="warn">{`${t('apis.summary.revision')} ${p.apiRevision}, ${t('apis.summary.notCurrent')}`}</Status>
        )
      }
    >
      <TabBar
        label={p?.displayName ?? name}
        tabs={apiTabs.map(id => ({ to: id === 'summary' ? at : `${at}/${id}`, label: t(`apis.tabs.${id}`), exact: id === 'summary' }))}
      />
      <Loaded query={api}>{data => children(data)}</Loaded>
    </Page>
  );
}
