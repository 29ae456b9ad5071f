import { Alert, Grid, Group, SimpleGrid, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { BarList, lineColours, TimeChart } from '../../kit/charts';
import { Copyable } from '../../kit/copy';
import { Empty } from '../../kit/errors';
import { Facts } from '../../kit/fields';
import { useFormat } from '../../kit/format';
import { Icon } from '../../kit/icons';
import { ButtonLink, PageLink } from '../../kit/links';
import { Loaded, Page, Panel } from '../../kit/page';
import { useMay, useSession } from '../../kit/session';
import { call, list, nameIn, path } from '../arm';
import { useTexts } from '../texts';
import type { ReportLine } from '../types';

const day = 24 * 3600 * 1000;

async function loadDashboard() {
  const from = new Date(Math.floor((Date.now() - day) / 3600_000) * 3600_000).toISOString();
  const $filter = `timestamp ge datetime'${from}'`;
  const report = async (name: string, query: Record<string, string> = {}) =>
    (await call<{ value: ReportLine[] | null }>('GET', `/reports/${name}`, { query: { $filter, $top: 1000, ...query } })).value.value ?? [];
  const count = async (at: string, filter?: string) => (await list<unknown>(at, { $top: 1, $filter: filter })).count;
  const [byTime, byApi, apis, products, subscriptions, users, waiting] = await Promise.all([
    report('byTime', { interval: 'PT1H' }),
    report('byApi', { $orderby: 'callCountTotal desc', $top: '8' }),
    count('/apis'),
    count('/products'),
    count('/subscriptions'),
    count('/users'),
    count('/subscriptions', "state eq 'submitted'"),
  ]);
  return { from, byTime, byApi, apis, products, subscriptions, users, waiting };
}

type Data = Awaited<ReturnType<typeof loadDashboard>>;

/** What happened lately, what waits, and where everything is. */
export function Dashboard() {
  const t = useTexts();
  const session = useSession();
  const query = useQuery({ queryKey: ['dashboard'], queryFn: loadDashboard, refetchInterval: 30_000 });
  return (
    <Page title={t('frame.pages.dashboard')} hint={t('dashboard.hint', { organization: session.instance.organization })}>
      <Loaded query={query}>{data => <Contents data={data} />}</Loaded>
    </Page>
  );
}

function Contents({ data }: { data: Data }) {
  const t = useTexts();
  const format = useFormat();
  const may = useMay();
  const sum = (pick: (line: ReportLine) => number) => data.byTime.reduce((total, line) => total + pick(line), 0);
  const calls = sum(l => l.callCountTotal);
  const time = calls === 0 ? 0 : sum(l => l.apiTimeAvg * l.callCountTotal) / calls;
  return (
    <Stack gap="md">
      {data.waiting > 0 && (
        <Alert color="yellow" icon={<Icon name="bell" />}>
          <Group justify="space-between">
            {t('dashboard.waiting', { count: data.waiting })}
            <PageLink to="/subscriptions" search={{ state: 'submitted' }}>
              {t('dashboard.look')}
            </PageLink>
          </Group>
        </Alert>
      )}
      {data.apis === 0 && (
        <div className="panel">
          <Empty
            icon="api"
            title={t('dashboard.first.title')}
            action={may('catalog.write') && <ButtonLink to="/apis/new">{t('dashboard.first.go')}</ButtonLink>}
          >
            {t('dashboard.first.text')}
          </Empty>
        </div>
      )}
      <SimpleGrid cols={{ base: 2, sm: 5 }} spacing="sm">
        <Figure label={t('dashboard.calls')} value={format.compact(calls)} />
        <Figure label={t('dashboard.failed')} value={format.compact(sum(l => l.callCountFailed))} bad={sum(l => l.callCountFailed) > 0} />
        <Figure label={t('dashboard.blocked')} value={format.compact(sum(l => l.callCountBlocked))} />
        <Figure label={t('dashboard.latency')} value={calls === 0 ? '–' : format.duration(time)} />
        <Figure label={t('dashboard.bandwidth')} value={format.bytes(sum(l => l.bandwidth))} />
      </SimpleGrid>
      <Panel title={t('dashboard.overTime')}>
        <CallsChart lines={data.byTime} from={data.from} />
      </Panel>
      <Grid gap="md">
        <Grid.Col span={{ base: 12, md: 7 }}>
          <Panel title={t('dashboard.topApis')}>
            <BarList
              format={format.number}
              rows={data.byApi
                .filter(l => l.apiId)
                .map(l => ({
                  key: l.apiId ?? '',
                  value: l.callCountTotal,
                  label: <PageLink to={path`/apis/${nameIn(l.apiId ?? '', 'apis')}`}>{l.name || nameIn(l.apiId ?? '', 'apis')}</PageLink>,
                }))}
            />
          </Panel>
        </Grid.Col>
        <Grid.Col span={{ base: 12, md: 5 }}>
          <Panel title={t('dashboard.has')}>
            <Facts
              facts={[
                [t('frame.pages.apis'), format.number(data.apis)],
                [t('frame.pages.products'), format.number(data.products)],
                [t('frame.pages.subscriptions'), format.number(data.subscriptions)],
                [t('frame.pages.users'), format.number(data.users)],
              ]}
            />
          </Panel>
        </Grid.Col>
      </Grid>
      <Where />
    </Stack>
  );
}

function Figure({ label, value, bad }: { label: string; value: string; bad?: boolean }) {
  return (
    <div className="panel padded" style={{ padding: '0.75rem 1rem' }}>
      <Text size="xs" c="dimmed">
        {label}
      </Text>
      <Text size="xl" fw={600} c={bad ? 'var(--p-bad)' : undefined}>
        {value}
      </Text>
    </div>
  );
}

/** Calls of each hour; hours without a call are zero, not missing. */
function CallsChart({ lines, from }: { lines: ReportLine[]; from: string }) {
  const t = useTexts();
  const format = useFormat();
  const { times, success, blocked, failed } = useMemo(() => {
    const byHour = new Map(lines.map(l => [Math.floor(Date.parse(l.timestamp ?? '') / 1000), l]));
    const first = Date.parse(from) / 1000;
    const times = Array.from({ length: 25 }, (_, i) => first + i * 3600);
    const pick = (f: (l: ReportLine) => number) => times.map(time => f(byHour.get(time) ?? ({} as ReportLine)) ?? 0);
    return { times, success: pick(l => l.callCountSuccess), blocked: pick(l => l.callCountBlocked), failed: pick(l => l.callCountFailed) };
  }, [lines, from]);
  const series = useMemo(
    () => [
      { label: t('dashboard.success'), colour: lineColours[0]!, values: success },
      { label: t('dashboard.blocked'), colour: lineColours[2]!, values: blocked },
      { label: t('dashboard.failed'), colour: lineColours[1]!, values: failed },
    ],
    [t, success, blocked, failed],
  );
  return (
    <TimeChart
      label={t('dashboard.overTime')}
      times={times}
      series={series}
      format={format.compact}
      formatTime={seconds => format.dateTime(new Date(seconds * 1000).toISOString())}
    />
  );
}

function Where() {
  const t = useTexts();
  const { urls, serviceId } = useSession();
  return (
    <Panel title={t('dashboard.where')}>
      <Facts
        facts={[
          ...(['gateway', 'portal', 'scoring', 'storage'] as const).map(
            name => [t(`dashboard.listeners.${name}`), <Copyable key={name} text={urls[name]} what={name} />] as [string, React.ReactNode],
          ),
          ['ARM id', <Copyable key="id" text={serviceId} what="ARM id" />],
        ]}
      />
    </Panel>
  );
}
