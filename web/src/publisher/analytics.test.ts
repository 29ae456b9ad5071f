import { expect, test } from 'vitest';
import { everyStep, filterOf, rangeOf } from './analytics';

const now = Date.parse('2026-11-24T18:20:00Z');

test('the range of an address', () => {
  const day = rangeOf('24h', '', '', now);
  expect(day).toMatchObject({ name: '24h', interval: 'PT1H', from: new Date('2026-11-23T18:00:00Z') });
  expect(rangeOf('1h', '', '', now).interval).toBe('PT15M');
  expect(rangeOf('90d', '', '', now).interval).toBe('P1D');
  expect(rangeOf('custom', '2026-11-01', '2026-11-03', now)).toMatchObject({ name: 'custom', to: new Date('2026-11-03T00:00:00Z') });
  for (const wrong of [
    rangeOf('nonsense', '', '', now),
    rangeOf('custom', 'x', 'y', now),
    rangeOf('custom', '2026-11-03', '2026-11-01', now),
  ]) {
    expect(wrong.to.getTime() - wrong.from.getTime()).toBeGreaterThan(23 * 3600_000);
  }
});

test('the filter of a range', () => {
  expect(filterOf(rangeOf('24h', '', '', now), { api: "o'x", operation: 'get' })).toBe(
    "timestamp ge datetime'2026-11-23T18:00:00.000Z' and timestamp lt datetime'2026-11-24T18:20:00.000Z' and apiId eq '/apis/o''x' and operationId eq '/apis/o''x/operations/get'",
  );
});

test('every step has its place', () => {
  const range = rangeOf('24h', '', '', now);
  const steps = everyStep([{ timestamp: '2026-11-24T00:00:00Z', callCountTotal: 3 } as never], range);
  expect(steps).toHaveLength(25);
  expect(steps.filter(s => s.line)).toHaveLength(1);
});
