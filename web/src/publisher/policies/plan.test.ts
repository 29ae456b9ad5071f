import { expect, test } from 'vitest';
import { noPlan, readPlan, writePlan } from './plan';

const starter =
  '<policies>\n    <inbound>\n        <rate-limit calls="5" renewal-period="60" />\n        <quota calls="100" renewal-period="604800" />\n        <base />\n    </inbound>\n</policies>\n';

test('the plan of Starter', () => {
  expect(readPlan(starter)).toEqual({ ...noPlan, rate: true, quota: true });
  expect(readPlan('<policies><inbound><base /></inbound></policies>')).toEqual(noPlan);
});

test('a plan that is written is read back, once', () => {
  const plan = { rate: true, rateCalls: 7, ratePeriod: 30, quota: true, quotaCalls: 0, quotaBandwidth: 512, quotaPeriod: 0 };
  const written = writePlan(starter, plan);
  expect(readPlan(written)).toEqual(plan);
  expect(written.match(/<rate-limit/g)).toHaveLength(1);
  expect(writePlan(written, noPlan)).not.toContain('<quota');
});

test('what the tab cannot show is left alone', () => {
  expect(readPlan('<inbound><rate-limit calls="@(1)" renewal-period="60" /></inbound>')).toBeUndefined();
  expect(readPlan('<inbound><quota calls="1" renewal-period="60"><api name="x" calls="1" /></quota></inbound>')).toBeUndefined();
  expect(readPlan('<rate-limit-by-key calls="1" renewal-period="60" counter-key="@(1)" />')).toEqual(noPlan);
});
