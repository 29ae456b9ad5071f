import { appendTo } from './section';

// The Plan tab of a product is two policies in its document: rate-limit and quota.

export interface Plan {
  rate: boolean;
  rateCalls: number;
  ratePeriod: number; // seconds
  quota: boolean;
  quotaCalls: number;
  /** Kilobytes; 0 is no limit. */
  quotaBandwidth: number;
  quotaPeriod: number; // seconds; 0 is for ever
}

export const noPlan: Plan = {
  rate: false,
  rateCalls: 5,
  ratePeriod: 60,
  quota: false,
  quotaCalls: 100,
  quotaBandwidth: 0,
  quotaPeriod: 604800,
};

const element = (name: string) => new RegExp(`[ \\t]*<${name}(?=[\\s/>])[^>]*?(/>|>[\\s\\S]*?</${name}>)[ \\t]*\\n?`, 'g');

/** Reads the plan of a document; undefined where it is more than the tab can show. */
export function readPlan(document: string): Plan | undefined {
  const rates = document.match(element('rate-limit')) ?? [];
  const quotas = document.match(element('quota')) ?? [];
  const [rate, quota] = [rates[0] ?? '', quotas[0] ?? ''];
  const plain = (text: string) =>
    text === '' || (/\/>\s*$/.test(text) && !/@[({]/.test(text) && !/retry-after|remaining|total-calls|first-period/.test(text));
  if (rates.length > 1 || quotas.length > 1 || !plain(rate) || !plain(quota)) return undefined;
  const number = (text: string, name: string, absent: number) => Number(new RegExp(`\\b${name}="(\\d+)"`).exec(text)?.[1] ?? absent);
  return {
    rate: rate !== '',
    rateCalls: number(rate, 'calls', noPlan.rateCalls),
    ratePeriod: number(rate, 'renewal-period', noPlan.ratePeriod),
    quota: quota !== '',
    quotaCalls: number(quota, 'calls', quota === '' ? noPlan.quotaCalls : 0),
    quotaBandwidth: number(quota, 'bandwidth', 0),
    quotaPeriod: number(quota, 'renewal-period', noPlan.quotaPeriod),
  };
}

/** Writes the plan into a document; everything else stays as it is. */
export function writePlan(document: string, plan: Plan): string {
  let text = document.replace(element('rate-limit'), '').replace(element('quota'), '');
  if (plan.rate) text = appendTo(text, 'inbound', `        <rate-limit calls="${plan.rateCalls}" renewal-period="${plan.ratePeriod}" />\n`);
  if (!plan.quota) return text;
  const calls = plan.quotaCalls > 0 ? ` calls="${plan.quotaCalls}"` : '';
  const bandwidth = plan.quotaBandwidth > 0 ? ` bandwidth="${plan.quotaBandwidth}"` : '';
  return appendTo(text, 'inbound', `        <quota${calls}${bandwidth} renewal-period="${plan.quotaPeriod}" />\n`);
}
