import { Button, Group, Stack } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Copyable } from '../../kit/copy';
import { Facts } from '../../kit/fields';
import { useFormat } from '../../kit/format';
import { Icon } from '../../kit/icons';
import { PageLink } from '../../kit/links';
import { Markdown } from '../../kit/Markdown';
import { Panel } from '../../kit/page';
import { useSession } from '../../kit/session';
import { DeleteButton } from '../actions';
import { call, list, path, type Stored } from '../arm';
import { save } from '../save';
import { useTexts } from '../texts';
import type { Api, ReportLine } from '../types';
import { ApiFrame, baseOf } from './ApiFrame';

/** What an API is, at a glance. */
export function ApiSummary() {
  return <ApiFrame tab="summary">{api => <Summary api={api} />}</ApiFrame>;
}

/** Where an API answers. */
export function useAddress(api: Api): string {
  const { urls } = useSession();
  const revision = api.isCurrent === false ? `;rev=${api.apiRevision}` : '';
  return `${urls.gateway}/${api.path}${revision}`.replace(/\/$/, '');
}

function Summary({ api }: { api: Stored<Api> }) {
  const t = useTexts();
  const format = useFormat();
  const p = api.properties;
  const address = useAddress(p);
  const at = path`/apis/${api.name}`;
  const more = useQuery({
    queryKey: ['arm', at, 'summary'],
    queryFn: async () => {
      const week = new Date(Date.now() - 7 * 24 * 3600_000).toISOString();
      const [operations, products, report] = await Promise.all([
        list(`${at}/operations`, { $top: 1 }),
        list(path`/apis/${baseOf(api.name)}/products`, { $top: 1 }),
        call<{ value: ReportLine[] | null }>('GET', '/reports/byApi', {
          query: { $filter: `timestamp ge datetime'${week}' and apiId eq '/apis/${baseOf(api.name)}'` },
        }),
      ]);
      return { operations: operations.count, products: products.count, calls: report.value.value?.[0]?.callCountTotal ?? 0 };
    },
  });
  const download = async () => {
    const { value } = await call<{ properties: { value: string } }>('GET', at, { query: { format: 'openapi+json', export: true } });
    save(`${api.name}.json`, 'application/json', typeof value === 'string' ? value : JSON.stringify(value, null, 2));
  };
  return (
    <Stack gap="md">
      <Panel
        actions={
          <Group gap="xs" ml="auto">
            <Button size="xs" variant="default" leftSection={<Icon name="download" size={14} />} onClick={() => void download()}>
              {t('apis.summary.download')}
            </Button>
            {p.isCurrent !== false && (
              <DeleteButton
                size="xs"
                label={t('apis.summary.delete')}
                text={t('apis.summary.deleteText', { url: address })}
                name={p.displayName}
                at={at}
                query={{ deleteRevisions: true }}
                list="/apis"
                shownAt={['/products']}
              />
            )}
          </Group>
        }
      >
        <Facts
          facts={[
            [t('apis.summary.gatewayUrl'), <Copyable key="u" text={address} what={t('apis.summary.gatewayUrl')} />],
            [
              t('apis.summary.serviceUrl'),
              <span key="s" className="mono">
                {p.serviceUrl || '–'}
              </span>,
            ],
            [t('apis.fields.protocols'), (p.protocols ?? []).map(s => s.toUpperCase()).join(', ')],
            [
              t('apis.summary.revision'),
              `${p.apiRevision ?? '1'} (${p.isCurrent === false ? t('apis.summary.notCurrent') : t('apis.summary.current')})`,
            ],
            [
              t('apis.tabs.operations'),
              <PageLink key="o" to={`${at}/operations`}>
                {more.data ? format.number(more.data.operations) : '…'}
              </PageLink>,
            ],
            [
              t('apis.tabs.products'),
              <PageLink key="p" to={`${at}/products`}>
                {more.data ? format.number(more.data.products) : '…'}
              </PageLink>,
            ],
            [
              t('apis.summary.calls'),
              <PageLink key="c" to="/analytics/activity" search={{ api: baseOf(api.name), range: '7d' }}>
                {more.data ? format.number(more.data.calls) : '…'}
              </PageLink>,
            ],
          ]}
        />
      </Panel>
      <Panel title={t('common.description')}>
        {p.description ? <Markdown text={p.description} /> : <p className="muted">{t('apis.summary.noDescription')}</p>}
      </Panel>
    </Stack>
  );
}
