import { Button, Group, Select, SimpleGrid, Stack, Text, TextInput } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { type ReactNode, useMemo, useState } from 'react';
import { BarList, lineColours, type Series, TimeChart } from '../../kit/charts';
import { DataTable } from '../../kit/DataTable';
import { Empty } from '../../kit/errors';
import { useFormat } from '../../kit/format';
import { Icon } from '../../kit/icons';
import { PageLink, useParam } from '../../kit/links';
import { Loaded, Page, Panel } from '../../kit/page';
import { fixedRows, usePagedRows } from '../../kit/rows';
import { Method, Status } from '../../kit/status';
import { everyStep, filterOf, type Narrow, type Range, type RangeName, type ReportName, ranges, useRange, useReport } from '../analytics';
import { call, nameIn, path } from '../arm';
import { csv, save } from '../save';
import { useTexts } from '../texts';
import type { ReportLine, RequestLine } from '../types';

const tabs = ['glance', 'usage', 'health', 'activity'] as const;
type Tab = (typeof tabs)[number];

/** The frame of the reports: their tabs, and the time that all of them are about. */
function AnalyticsFrame({
  tab,
  actions,
  children,
}: {
  tab: Tab;
  actions?: (range: Range) => ReactNode;
  children: (range: Range) => ReactNode;
}) {
  const t = useTexts();
  const [range, setRange, setTimes] = useRange();
  const [from] = useParam('from');
  const [to] = useParam('to');
  const search = { range: range.name === '24h' ? undefined : range.name, from: from || undefined, to: to || undefined };
  return (
    <Page title={t('frame.pages.analytics')} section={t(`analytics.tabs.${tab}`)} hint={t('analytics.hint')} actions={actions?.(range)}>
      <nav className="tabs-bar" aria-label={t('frame.pages.analytics')}>
        {tabs.map(id => (
          <Link
            key={id}
            to={(id === 'glance' ? '/analytics' : `/analytics/${id}`) as never}
            search={search as never}
            className="tab"
            activeOptions={{ exact: true, includeSearch: false }}
          >
            {t(`analytics.tabs.${id}`)}
          </Link>
        ))}
      </nav>
      <Group mb="md" align="flex-end">
        <Select
          w={180}
          label={t('analytics.time')}
          value={range.name}
          onChange={v => setRange((v ?? '24h') as RangeName)}
          data={[...Object.keys(ranges), 'custom'].map(r => ({ value: r, label: t(`analytics.ranges.${r as RangeName}`) }))}
        />
        {range.name === 'custom' && (
          <>
            <TextInput
              type="date"
              label={t('analytics.from')}
              value={from.slice(0, 10)}
              onChange={e => setTimes(e.currentTarget.value, to)}
            />
            <TextInput
              type="date"
              label={t('analytics.to')}
              value={to.slice(0, 10)}
              onChange={e => setTimes(from, e.currentTarget.value)}
            />
          </>
        )}
      </Group>
      {children(range)}
    </Page>
  );
}

const sum = (lines: ReportLine[], pick: (l: ReportLine) => number) => lines.reduce((total, l) => total + pick(l), 0);
const mean = (lines: ReportLine[], pick: (l: ReportLine) => number) => {
  const calls = sum(lines, l => l.callCountTotal);
  return calls === 0 ? undefined : sum(lines, l => pick(l) * l.callCountTotal) / calls;
};

function Figure({ label, value }: { label: string; value: string }) {
  return (
    <div className="panel" style={{ padding: '0.625rem 1rem' }}>
      <Text size="xs" c="dimmed">
        {label}
      </Text>
      <Text size="xl" fw={600}>
        {value}
      </Text>
    </div>
  );
}

/** A chart of some numbers over the range. */
function OverTime({
  title,
  lines,
  range,
  series,
  format,
}: {
  title: string;
  lines: ReportLine[];
  range: Range;
  series: { label: string; pick: (l: ReportLine) => number | null; colour: number }[];
  format: (n: number) => string;
}) {
  const formats = useFormat();
  const { times, all } = useMemo(() => {
    const steps = everyStep(lines, range);
    const all: Series[] = series.map(s => ({
      label: s.label,
      colour: lineColours[s.colour] ?? '',
      values: steps.map(x => (x.line ? s.pick(x.line) : s.pick({ ...nothing }))),
    }));
    return { times: steps.map(s => s.time), all };
  }, [lines, range, series]);
  return (
    <Panel title={title}>
      <TimeChart
        label={title}
        times={times}
        series={all}
        format={format}
        formatTime={s => formats.dateTime(new Date(s * 1000).toISOString())}
      />
    </Panel>
  );
}

/** A step without calls: counts are zero, times are unknown. */
const nothing = {
  callCountSuccess: 0,
  callCountBlocked: 0,
  callCountFailed: 0,
  callCountOther: 0,
  callCountTotal: 0,
  bandwidth: 0,
  cacheHitCount: 0,
  cacheMissCount: 0,
} as ReportLine;

/** Who and what calls most, and how well it goes. */
export function AnalyticsGlance() {
  return <AnalyticsFrame tab="glance">{range => <Glance range={range} />}</AnalyticsFrame>;
}

function Glance({ range }: { range: Range }) {
  const t = useTexts();
  const format = useFormat();
  const byTime = useReport('byTime', range);
  return (
    <Stack gap="md">
      <Loaded query={byTime}>
        {lines => {
          const calls = sum(lines, l => l.callCountTotal);
          const time = mean(lines, l => l.apiTimeAvg);
          return (
            <SimpleGrid cols={{ base: 2, sm: 5 }} spacing="sm">
              <Figure label={t('dashboard.calls')} value={format.compact(calls)} />
              <Figure
                label={t('analytics.successRate')}
                value={calls === 0 ? '–' : format.percent(sum(lines, l => l.callCountSuccess) / calls)}
              />
              <Figure label={t('dashboard.blocked')} value={format.compact(sum(lines, l => l.callCountBlocked))} />
              <Figure label={t('dashboard.latency')} value={time === undefined ? '–' : format.duration(time)} />
              <Figure label={t('dashboard.bandwidth')} value={format.bytes(sum(lines, l => l.bandwidth))} />
            </SimpleGrid>
          );
        }}
      </Loaded>
      <SimpleGrid cols={{ base: 1, md: 2 }} spacing="md">
        <Top range={range} report="byUser" title={t('analytics.topUsers')} />
        <Top range={range} report="byProduct" title={t('analytics.topProducts')} />
        <Top range={range} report="byApi" title={t('analytics.topApis')} />
        <Top range={range} report="byOperation" title={t('analytics.topOperations')} />
      </SimpleGrid>
    </Stack>
  );
}

const kinds: Record<Exclude<ReportName, 'byTime'>, { id: (l: ReportLine) => string | undefined; to: (id: string) => string }> = {
  byApi: { id: l => l.apiId, to: id => path`/apis/${nameIn(id, 'apis')}` },
  byOperation: { id: l => l.operationId, to: id => path`/apis/${nameIn(id, 'apis')}/operations/${nameIn(id, 'operations')}` },
  byProduct: { id: l => l.productId, to: id => path`/products/${nameIn(id, 'products')}` },
  bySubscription: { id: l => l.subscriptionId, to: id => path`/subscriptions/${nameIn(id, 'subscriptions')}` },
  byUser: { id: l => l.userId, to: id => path`/users/${nameIn(id, 'users')}` },
};

function Top({ range, report, title }: { range: Range; report: Exclude<ReportName, 'byTime'>; title: string }) {
  const t = useTexts();
  const format = useFormat();
  const query = useReport(report, range);
  const { id, to } = kinds[report];
  return (
    <Panel title={title}>
      <Loaded query={query}>
        {lines => (
          <BarList
            format={format.number}
            rows={lines.slice(0, 8).map(l => {
              const at = id(l);
              return {
                key: at ?? '',
                value: l.callCountTotal,
                label: at ? (
                  <PageLink to={to(at)}>{l.name || at.slice(at.lastIndexOf('/') + 1)}</PageLink>
                ) : (
                  <span className="muted">{t('analytics.without')}</span>
                ),
              };
            })}
          />
        )}
      </Loaded>
    </Panel>
  );
}

/** How much is called. */
export function AnalyticsUsage() {
  const t = useTexts();
  const format = useFormat();
  const calls = useMemo(
    () => [
      { label: t('dashboard.success'), pick: (l: ReportLine) => l.callCountSuccess, colour: 0 },
      { label: t('dashboard.blocked'), pick: (l: ReportLine) => l.callCountBlocked, colour: 2 },
      { label: t('dashboard.failed'), pick: (l: ReportLine) => l.callCountFailed, colour: 1 },
      { label: t('analytics.other'), pick: (l: ReportLine) => l.callCountOther, colour: 3 },
    ],
    [t],
  );
  const bandwidth = useMemo(() => [{ label: t('dashboard.bandwidth'), pick: (l: ReportLine) => l.bandwidth, colour: 0 }], [t]);
  return (
    <AnalyticsFrame tab="usage" actions={range => <TimeCsv range={range} name="usage" />}>
      {range => (
        <TimeReport range={range}>
          {lines => (
            <>
              <OverTime title={t('dashboard.overTime')} lines={lines} range={range} series={calls} format={format.compact} />
              <OverTime title={t('dashboard.bandwidth')} lines={lines} range={range} series={bandwidth} format={format.bytes} />
            </>
          )}
        </TimeReport>
      )}
    </AnalyticsFrame>
  );
}

/** How well it goes: failures, the cache, times. */
export function AnalyticsHealth() {
  const t = useTexts();
  const format = useFormat();
  const results = useMemo(
    () => [
      { label: t('dashboard.failed'), pick: (l: ReportLine) => l.callCountFailed, colour: 1 },
      { label: t('dashboard.blocked'), pick: (l: ReportLine) => l.callCountBlocked, colour: 2 },
    ],
    [t],
  );
  const cache = useMemo(
    () => [
      { label: t('analytics.hits'), pick: (l: ReportLine) => l.cacheHitCount, colour: 4 },
      { label: t('analytics.misses'), pick: (l: ReportLine) => l.cacheMissCount, colour: 2 },
    ],
    [t],
  );
  const times = useMemo(
    () => [
      { label: t('analytics.apiTime'), pick: (l: ReportLine) => (l.callCountTotal > 0 ? l.apiTimeAvg : null), colour: 0 },
      { label: t('analytics.serviceTime'), pick: (l: ReportLine) => (l.callCountTotal > 0 ? l.serviceTimeAvg : null), colour: 3 },
    ],
    [t],
  );
  return (
    <AnalyticsFrame tab="health" actions={range => <TimeCsv range={range} name="health" />}>
      {range => (
        <TimeReport range={range}>
          {lines => (
            <>
              <OverTime title={t('analytics.failures')} lines={lines} range={range} series={results} format={format.compact} />
              <OverTime title={t('analytics.times')} lines={lines} range={range} series={times} format={format.duration} />
              <OverTime title={t('analytics.cache')} lines={lines} range={range} series={cache} format={format.compact} />
            </>
          )}
        </TimeReport>
      )}
    </AnalyticsFrame>
  );
}

function TimeReport({ range, children }: { range: Range; children: (lines: ReportLine[]) => ReactNode }) {
  const query = useReport('byTime', range);
  return <Loaded query={query}>{lines => <Stack gap="md">{children(lines)}</Stack>}</Loaded>;
}

const counts = [
  'callCountTotal',
  'callCountSuccess',
  'callCountBlocked',
  'callCountFailed',
  'callCountOther',
  'bandwidth',
  'cacheHitCount',
  'cacheMissCount',
  'apiTimeAvg',
  'apiTimeMax',
  'serviceTimeAvg',
] as const;

function CsvButton({ name, head, rows }: { name: string; head: string[]; rows: (string | number)[][] }) {
  const t = useTexts();
  return (
    <Button
      variant="default"
      leftSection={<Icon name="download" size={14} />}
      onClick={() => save(`${name}.csv`, 'text/csv', csv(head, rows))}
    >
      {t('analytics.csv')}
    </Button>
  );
}

function TimeCsv({ range, name }: { range: Range; name: string }) {
  const query = useReport('byTime', range);
  return (
    <CsvButton
      name={name}
      head={['timestamp', ...counts]}
      rows={(query.data ?? []).map(l => [l.timestamp ?? '', ...counts.map(c => l[c])])}
    />
  );
}

/** Calls by developer, product, API, operation or subscription, down to single calls. */
export function AnalyticsActivity() {
  const t = useTexts();
  const [by, setBy] = useParam('by', 'byApi');
  const [api, setApi] = useParam('api');
  const [operation, setOperation] = useParam('operation');
  const [product, setProduct] = useParam('product');
  const [subscription, setSubscription] = useParam('subscription');
  const [user, setUser] = useParam('user');
  const narrow: Narrow = { api, operation, product, subscription, user };
  const chips: [string, string, (v: string) => void][] = [
    [t('frame.kinds.api'), api, setApi],
    [t('policies.operation'), operation, setOperation],
    [t('frame.kinds.product'), product, setProduct],
    [t('frame.kinds.subscription'), subscription, setSubscription],
    [t('frame.kinds.user'), user, setUser],
  ];
  const views = ['byApi', 'byOperation', 'byProduct', 'bySubscription', 'byUser', 'byRequest'] as const;
  const view = views.find(v => v === by) ?? 'byApi';
  return (
    <AnalyticsFrame tab="activity" actions={range => view !== 'byRequest' && <LinesCsv range={range} report={view} narrow={narrow} />}>
      {range => (
        <Stack gap="sm">
          <Group>
            <Select
              w={220}
              label={t('analytics.by')}
              value={view}
              onChange={v => setBy(v ?? 'byApi')}
              data={views.map(v => ({ value: v, label: t(`analytics.views.${v}`) }))}
            />
            {chips
              .filter(([, value]) => value !== '')
              .map(([label, value, set]) => (
                <Button
                  key={label}
                  mt="auto"
                  variant="default"
                  rightSection={<Icon name="close" size={12} />}
                  aria-label={t('analytics.clear', { what: `${label} ${value}` })}
                  onClick={() => set('')}
                >
                  {label}: {value}
                </Button>
              ))}
          </Group>
          {view === 'byRequest' ? (
            <Requests range={range} narrow={narrow} />
          ) : (
            <Lines
              range={range}
              report={view}
              narrow={narrow}
              drill={l => {
                if (view === 'byApi') setApi(nameIn(l.apiId ?? '', 'apis'));
                if (view === 'byOperation') {
                  setApi(nameIn(l.operationId ?? '', 'apis'));
                  setOperation(nameIn(l.operationId ?? '', 'operations'));
                }
                if (view === 'byProduct') setProduct(nameIn(l.productId ?? '', 'products'));
                if (view === 'bySubscription') setSubscription(nameIn(l.subscriptionId ?? '', 'subscriptions'));
                if (view === 'byUser') setUser(nameIn(l.userId ?? '', 'users'));
                setBy(view === 'byApi' ? 'byOperation' : 'byRequest');
              }}
            />
          )}
        </Stack>
      )}
    </AnalyticsFrame>
  );
}

function LinesCsv({ range, report, narrow }: { range: Range; report: Exclude<ReportName, 'byTime'>; narrow: Narrow }) {
  const query = useReport(report, range, narrow);
  return (
    <CsvButton
      name={report}
      head={['id', 'name', ...counts]}
      rows={(query.data ?? []).map(l => [kinds[report].id(l) ?? '', l.name ?? '', ...counts.map(c => l[c])])}
    />
  );
}

function Lines({
  range,
  report,
  narrow,
  drill,
}: {
  range: Range;
  report: Exclude<ReportName, 'byTime'>;
  narrow: Narrow;
  drill: (line: ReportLine) => void;
}) {
  const t = useTexts();
  const format = useFormat();
  const query = useReport(report, range, narrow);
  const { id } = kinds[report];
  return (
    <DataTable
      label={t(`analytics.views.${report}`)}
      rows={fixedRows(query.data, query.error ?? undefined, () => void query.refetch())}
      rowKey={l => id(l) ?? ''}
      columns={[
        {
          id: 'name',
          header: t('common.name'),
          width: '3fr',
          cell: l =>
            id(l) ? (
              <button type="button" className="table-sort" style={{ color: 'var(--mantine-color-anchor)' }} onClick={() => drill(l)}>
                {l.name || id(l)}
              </button>
            ) : (
              <span className="muted">{t('analytics.without')}</span>
            ),
        },
        { id: 'total', header: t('dashboard.calls'), width: '6rem', end: true, cell: l => format.number(l.callCountTotal) },
        { id: 'success', header: t('dashboard.success'), width: '6rem', end: true, cell: l => format.number(l.callCountSuccess) },
        { id: 'blocked', header: t('dashboard.blocked'), width: '6rem', end: true, cell: l => format.number(l.callCountBlocked) },
        { id: 'failed', header: t('dashboard.failed'), width: '6rem', end: true, cell: l => format.number(l.callCountFailed) },
        { id: 'time', header: t('dashboard.latency'), width: '7rem', end: true, cell: l => format.duration(l.apiTimeAvg) },
        { id: 'bandwidth', header: t('dashboard.bandwidth'), width: '8rem', end: true, cell: l => format.bytes(l.bandwidth) },
      ]}
      empty={
        <Empty icon="chart" title={t('analytics.none')}>
          {t('analytics.noneText')}
        </Empty>
      }
    />
  );
}

/** Single calls, the newest first; the report counts only those that it has looked at. */
function Requests({ range, narrow }: { range: Range; narrow: Narrow }) {
  const t = useTexts();
  const format = useFormat();
  const [chosen, setChosen] = useState<RequestLine>();
  const $filter = filterOf(range, narrow);
  const rows = usePagedRows<RequestLine>(['requests', $filter], 200, async (skip, top) => {
    const { value } = await call<{ value: RequestLine[] | null; count: number; nextLink?: string }>('GET', '/reports/byRequest', {
      query: { $filter, $skip: skip, $top: top },
    });
    return { value: value.value ?? [], count: value.count + (value.nextLink ? top : 0) };
  });
  return (
    <>
      <DataTable
        label={t('analytics.views.byRequest')}
        rows={rows}
        rowKey={r => r.requestId}
        maxHeight="calc(100vh - 24rem)"
        columns={[
          { id: 'time', header: t('analytics.when'), width: '11rem', cell: r => format.dateTime(r.timestamp) },
          { id: 'method', header: t('apis.operations.method'), width: '5rem', cell: r => <Method method={r.method} /> },
          {
            id: 'url',
            header: t('common.url'),
            width: '4fr',
            cell: r => (
              <button type="button" className="table-sort mono" onClick={() => setChosen(r)}>
                {r.url}
              </button>
            ),
          },
          {
            id: 'status',
            header: t('apis.operations.chooseStatus'),
            width: '5rem',
            cell: r => <Status tone={r.responseCode < 400 ? 'ok' : r.responseCode < 500 ? 'warn' : 'bad'}>{String(r.responseCode)}</Status>,
          },
          { id: 'took', header: t('analytics.apiTime'), width: '7rem', end: true, cell: r => format.duration(r.apiTime) },
          { id: 'service', header: t('analytics.serviceTime'), width: '7rem', end: true, cell: r => format.duration(r.serviceTime) },
          { id: 'ip', header: 'IP', width: '8rem', cell: r => r.ipAddress },
        ]}
        empty={
          <Empty icon="chart" title={t('analytics.none')}>
            {t('analytics.noneText')}
          </Empty>
        }
      />
      {chosen && (
        <Panel title={t('analytics.call')}>
          <pre className="mono" style={{ margin: 0, whiteSpace: 'pre-wrap' }}>
            {JSON.stringify(chosen, null, 2)}
          </pre>
        </Panel>
      )}
    </>
  );
}
