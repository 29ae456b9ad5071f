import { useMemo } from 'react';
import { useLanguage } from './i18n';

/** Numbers, dates and sizes in the reader's language. */
export function useFormat() {
  const language = useLanguage();
  return useMemo(() => formatsOf(language), [language]);
}

export type Formats = ReturnType<typeof formatsOf>;

export function formatsOf(language: string) {
  const number = new Intl.NumberFormat(language, { maximumFractionDigits: 2 });
  const compact = new Intl.NumberFormat(language, { notation: 'compact', maximumFractionDigits: 1 });
  const percent = new Intl.NumberFormat(language, { style: 'percent', maximumFractionDigits: 1 });
  const dateTime = new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeStyle: 'short' });
  const date = new Intl.DateTimeFormat(language, { dateStyle: 'medium' });
  const units = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte'];
  const given = (text: string | undefined, format: Intl.DateTimeFormat) => {
    const at = text ? new Date(text) : undefined;
    return at && !Number.isNaN(at.getTime()) && at.getFullYear() > 1 ? format.format(at) : '–';
  };
  return {
    number: (n: number) => number.format(n),
    compact: (n: number) => compact.format(n),
    percent: (n: number) => percent.format(n),
    /** Of an ISO 8601 text; a dash for none. */
    dateTime: (text: string | undefined) => given(text, dateTime),
    date: (text: string | undefined) => given(text, date),
    /** Of milliseconds. */
    duration: (ms: number) =>
      ms >= 1000 ? `${number.format(ms / 1000)} s` : `${number.format(ms < 10 ? Math.round(ms * 10) / 10 : Math.round(ms))} ms`,
    bytes: (n: number) => {
      const step = n < 1 ? 0 : Math.min(Math.floor(Math.log10(n) / 3), units.length - 1);
      return new Intl.NumberFormat(language, {
        style: 'unit',
        unit: units[step],
        unitDisplay: 'short',
        maximumFractionDigits: step === 0 ? 0 : 1,
      }).format(n / 1000 ** step);
    },
  };
}
