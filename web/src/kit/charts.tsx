import { Button, Group } from '@mantine/core';
import { lazy, type ReactNode, Suspense, useState } from 'react';
import { useKit } from './texts';

/** A line of a chart over time. */
export interface Series {
  label: string;
  /** A colour for both schemes, such as light-dark(#14607c, #7cc4dc). */
  colour: string;
  values: (number | null)[];
}

export interface TimeChartProps {
  label: string;
  /** Seconds since 1970, rising. */
  times: number[];
  series: Series[];
  format: (value: number) => string;
  formatTime: (seconds: number) => string;
  height?: number;
}

const Plot = lazy(() => import('./Plot'));

/** The colours of lines, told apart in both schemes and by people who see fewer colours. */
export const lineColours = [
  'light-dark(#14607c, #57acca)',
  'light-dark(#b42318, #ff9d94)',
  'light-dark(#8a5300, #f0b35e)',
  'light-dark(#5b4aa8, #b3a6f2)',
  'light-dark(#1b6e2c, #7fd192)',
];

/** Lines over time, with a table of the same numbers one press away. */
export function TimeChart(props: TimeChartProps) {
  return (
    <ChartOrTable
      label={props.label}
      head={[props.label, ...props.series.map(s => s.label)]}
      rows={props.times.map((time, i) => [
        props.formatTime(time),
        ...props.series.map(s => (s.values[i] == null ? '–' : props.format(s.values[i]))),
      ])}
    >
      <Suspense fallback={<div style={{ height: props.height ?? 220 }} />}>
        <Plot {...props} />
      </Suspense>
    </ChartOrTable>
  );
}

/** A chart, or the same as a table. The first column names the row. */
export function ChartOrTable({ label, head, rows, children }: { label: string; head: string[]; rows: ReactNode[][]; children: ReactNode }) {
  const t = useKit();
  const [table, setTable] = useState(false);
  if (rows.length === 0) return <p className="muted">{t('chart.noData')}</p>;
  return (
    <div>
      {table ? (
        <div style={{ maxHeight: 320, overflow: 'auto' }} tabIndex={0} role="region" aria-label={label}>
          <table className="plain-table">
            <thead>
              <tr>
                {head.map((h, i) => (
                  <th key={h} scope="col" className={i > 0 ? 'end' : undefined}>
                    {h}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {rows.map((row, i) => (
                <tr key={i}>
                  {row.map((cell, at) => (
                    <td key={at} className={at > 0 ? 'end' : undefined}>
                      {cell}
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      ) : (
        <div role="img" aria-label={label}>
          {children}
        </div>
      )}
      <Group justify="flex-end" mt={4}>
        <Button size="compact-xs" variant="subtle" onClick={() => setTable(!table)}>
          {table ? t('chart.showChart') : t('chart.showTable')}
        </Button>
      </Group>
    </div>
  );
}

/** Who has how much, as bars; the numbers stand beside them. */
export function BarList({ rows, format }: { rows: { key: string; label: ReactNode; value: number }[]; format: (value: number) => string }) {
  const t = useKit();
  const most = Math.max(...rows.map(r => r.value), 1);
  if (rows.length === 0) return <p className="muted">{t('chart.noData')}</p>;
  return (
    <table className="plain-table">
      <tbody>
        {rows.map(r => (
          <tr key={r.key}>
            <td style={{ width: '45%' }}>{r.label}</td>
            <td aria-hidden="true" style={{ verticalAlign: 'middle' }}>
              <div className="bar-track">
                <div className="bar-fill" style={{ width: `${(100 * r.value) / most}%` }} />
              </div>
            </td>
            <td className="end" style={{ width: '6rem' }}>
              {format(r.value)}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
