import { keepPreviousData, useQueries } from '@tanstack/react-query';
import { useCallback, useMemo, useState } from 'react';

/** A list as a table shows it: any row may be asked for, and comes in time. */
export interface Rows<T> {
  /** Undefined until the first page is there. */
  count: number | undefined;
  /** The row, or undefined while it is on its way. */
  at: (index: number) => T | undefined;
  /** Says which rows are seen. */
  see: (first: number, last: number) => void;
  error: unknown;
  retry: () => void;
}

export interface Page<T> {
  value: T[];
  count: number;
}

/** Rows that the server gives page by page; only pages that are seen are asked for. */
export function usePagedRows<T>(key: readonly unknown[], size: number, load: (skip: number, top: number) => Promise<Page<T>>): Rows<T> {
  const [seen, setSeen] = useState<[number, number]>([0, 0]);
  const pages = useMemo(() => {
    const wanted = new Set([0]);
    for (let p = seen[0]; p <= seen[1]; p++) wanted.add(p);
    return [...wanted];
  }, [seen]);
  const results = useQueries({
    queries: pages.map(p => ({
      queryKey: [...key, 'page', size, p],
      queryFn: () => load(p * size, size),
      placeholderData: p === 0 ? keepPreviousData : undefined,
      staleTime: 10_000,
    })),
  });
  const byPage = new Map(pages.map((p, i) => [p, results[i]]));
  const failed = results.find(r => r.isError && r.data === undefined);
  return {
    count: results[0]?.data?.count,
    at: index => byPage.get(Math.floor(index / size))?.data?.value[index % size],
    see: useCallback(
      (first: number, last: number) => {
        const next: [number, number] = [Math.floor(first / size), Math.floor(Math.max(last, 0) / size)];
        setSeen(old => (old[0] === next[0] && old[1] === next[1] ? old : next));
      },
      [size],
    ),
    error: failed?.error,
    retry: () => {
      for (const r of results) void r.refetch();
    },
  };
}

/** Rows that are all here. */
export function fixedRows<T>(all: readonly T[] | undefined, error?: unknown, retry: () => void = () => undefined): Rows<T> {
  return { count: all?.length, at: i => all?.[i], see: () => undefined, error: all ? undefined : error, retry };
}

/** Sorts by what a column gives; texts as people sort them. */
export function sortRows<T>(all: readonly T[], value: (row: T) => string | number, descending: boolean): T[] {
  const collator = new Intl.Collator(undefined, { numeric: true, sensitivity: 'base' });
  const sorted = [...all].sort((a, b) => {
    const x = value(a);
    const y = value(b);
    return typeof x === 'number' && typeof y === 'number' ? x - y : collator.compare(String(x), String(y));
  });
  return descending ? sorted.reverse() : sorted;
}
