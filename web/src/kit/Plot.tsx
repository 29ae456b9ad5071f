import { useComputedColorScheme } from '@mantine/core';
import { useEffect, useRef } from 'react';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import type { TimeChartProps } from './charts';

/** Draws lines on a canvas; colours are resolved here, as a canvas knows no light-dark(). */
export default function Plot({ times, series, format, formatTime, height = 220 }: TimeChartProps) {
  const holder = useRef<HTMLDivElement>(null);
  const scheme = useComputedColorScheme('light');
  useEffect(() => {
    const element = holder.current;
    if (!element) return;
    const pick = (colour: string) => colour.replace(/light-dark\(([^,]+),\s*([^)]+)\)/, scheme === 'dark' ? '$2' : '$1');
    const axis = {
      stroke: scheme === 'dark' ? '#a3adb6' : '#55606b',
      grid: { stroke: scheme === 'dark' ? '#2c353b' : '#e6eaed', width: 1 },
      ticks: { show: false },
    };
    const chart = new uPlot(
      {
        width: element.clientWidth,
        height,
        cursor: { y: false },
        scales: { y: { range: (_, __, max) => [0, max > 0 ? max * 1.05 : 1] } },
        series: [
          { value: (_, v) => (v == null ? '–' : formatTime(v)) },
          ...series.map(s => ({
            label: s.label,
            stroke: pick(s.colour),
            width: 1.75,
            points: { show: times.length < 3 },
            value: (_: uPlot, v: number | null) => (v == null ? '–' : format(v)),
          })),
        ],
        axes: [axis, { ...axis, size: 64, values: (_, ticks) => ticks.map(v => format(v)) }],
      },
      [times, ...series.map(s => s.values)] as uPlot.AlignedData,
      element,
    );
    const observer = new ResizeObserver(() => chart.setSize({ width: element.clientWidth, height }));
    observer.observe(element);
    return () => {
      observer.disconnect();
      chart.destroy();
    };
  }, [times, series, format, formatTime, height, scheme]);
  return <div className="chart" ref={holder} style={{ minHeight: height + 30 }} />;
}
