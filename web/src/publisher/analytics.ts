import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { useParam } from '../kit/links';
import { call, type Query } from './arm';
import type { ReportLine } from './types';

// Reports of calls within a time that stands in the address.

const hour = 3600_000;
const day = 24 * hour;

export const ranges = { '1h': hour, '24h': day, '7d': 7 * day, '30d': 30 * day, '90d': 90 * day } as const;
export type RangeName = keyof typeof ranges | 'custom';

export interface Range {
  name: RangeName;
  from: Date;
  to: Date;
  /** ISO 8601, so that a chart has some 30 to 170 points. */
  interval: string;
  seconds: number;
}

/** Steps of charts, by the longest time that they suit. */
const steps: [longest: number, interval: string, seconds: number][] = [
  [6 * hour, 'PT15M', 900],
  [7 * day, 'PT1H', 3600],
  [31 * day, 'PT6H', 6 * 3600],
];

/** The time that the address asks for: a span until now, or from and to. */
export function rangeOf(name: string, from: string, to: string, now: number): Range {
  const known = name in ranges ? (name as keyof typeof ranges) : '24h';
  const begin = name === 'custom' ? Date.parse(from) : now - ranges[known];
  const end = name === 'custom' ? Date.parse(to) : now;
  const valid = Number.isFinite(begin) && Number.isFinite(end) && begin < end;
  const [first, last] = valid ? [begin, end] : [now - day, now];
  const [, interval, seconds] = steps.find(([longest]) => last - first <= longest) ?? [0, 'P1D', 86400];
  const step = (seconds as number) * 1000;
  return {
    name: name === 'custom' ? 'custom' : known,
    from: new Date(Math.floor(first / step) * step),
    to: new Date(last),
    interval: interval as string,
    seconds: seconds as number,
  };
}

/** The range in the address, and what sets it. */
export function useRange(): [Range, (name: RangeName) => void, (from: string, to: string) => void] {
  const [name, setName] = useParam('range', '24h');
  const [from, setFrom] = useParam('from');
  const [to, setTo] = useParam('to');
  // "now" moves on when another range is chosen, not at every look
  const range = useMemo(() => rangeOf(name, from, to, Date.now()), [name, from, to]);
  return [
    range,
    setName,
    (begin, end) => {
      setFrom(begin);
      setTo(end);
    },
  ];
}

export interface Narrow {
  api?: string;
  operation?: string;
  product?: string;
  subscription?: string;
  user?: string;
}

/** The $filter of a range and of what it is narrowed to. */
export function filterOf(range: Range, narrow: Narrow = {}): string {
  const terms = [`timestamp ge datetime'${range.from.toISOString()}'`, `timestamp lt datetime'${range.to.toISOString()}'`];
  const ids: [string, string | undefined, string][] = [
    ['apiId', narrow.api, '/apis/'],
    ['productId', narrow.product, '/products/'],
    ['subscriptionId', narrow.subscription, '/subscriptions/'],
    ['userId', narrow.user, '/users/'],
  ];
  for (const [field, value, at] of ids) if (value) terms.push(`${field} eq '${at}${value.replaceAll("'", "''")}'`);
  if (narrow.operation) terms.push(`operationId eq '${`/apis/${narrow.api}/operations/${narrow.operation}`.replaceAll("'", "''")}'`);
  return terms.join(' and ');
}

export type ReportName = 'byApi' | 'byOperation' | 'byProduct' | 'bySubscription' | 'byUser' | 'byTime';

export async function report(name: ReportName, query: Query): Promise<ReportLine[]> {
  return (await call<{ value: ReportLine[] | null }>('GET', `/reports/${name}`, { query: { $top: 1000, ...query } })).value.value ?? [];
}

/** A report of a range. */
export function useReport(name: ReportName, range: Range, narrow: Narrow = {}) {
  const $filter = filterOf(range, narrow);
  const query: Query = name === 'byTime' ? { $filter, interval: range.interval } : { $filter, $orderby: 'callCountTotal desc' };
  return useQuery({ queryKey: ['report', name, query], queryFn: () => report(name, query) });
}

/** Lines of byTime with one for every step, also where nobody called. */
export function everyStep(lines: ReportLine[], range: Range): { time: number; line: ReportLine | undefined }[] {
  const byTime = new Map(lines.map(l => [Math.floor(Date.parse(l.timestamp ?? '') / 1000), l]));
  const first = range.from.getTime() / 1000;
  const count = Math.max(Math.ceil((range.to.getTime() / 1000 - first) / range.seconds), 1);
  return Array.from({ length: count }, (_, i) => ({ time: first + i * range.seconds, line: byTime.get(first + i * range.seconds) }));
}
