import type { Statistics } from '../api';

// Small charts as SVG; the numbers of each stand in a table one press away.

const width = 320;
const height = 160;
const colour = 'light-dark(#1d7697, #57acca)';
const text = { fontSize: 10, fill: 'var(--mantine-color-dimmed)' };

type Format = (n: number) => string;

export function Histogram({ bars, format }: { bars: NonNullable<Statistics['histogram']>; format: Format }) {
  const most = Math.max(...bars.map(b => b.count), 1);
  const step = width / bars.length;
  return (
    <svg viewBox={`0 0 ${width} ${height + 16}`} width="100%" aria-hidden="true">
      {bars.map((b, i) => {
        const h = (b.count / most) * (height - 8);
        return <rect key={b.from} x={i * step + 0.5} y={height - h} width={Math.max(step - 1, 1)} height={h} fill={colour} />;
      })}
      <line x1={0} x2={width} y1={height} y2={height} stroke="var(--p-line)" />
      <text x={0} y={height + 12} {...text}>
        {format(bars[0]?.from ?? 0)}
      </text>
      <text x={width} y={height + 12} textAnchor="end" {...text}>
        {format(bars[bars.length - 1]?.to ?? 0)}
      </text>
    </svg>
  );
}

export function TopValues({ values, format }: { values: NonNullable<Statistics['top']>; format: Format }) {
  const most = Math.max(...values.map(v => v.count), 1);
  const row = 18;
  const shown = values.slice(0, 10);
  return (
    <svg viewBox={`0 0 ${width} ${shown.length * row}`} width="100%" aria-hidden="true">
      {shown.map((v, i) => (
        <g key={v.value}>
          <rect x={130} y={i * row + 3} width={Math.max(((width - 190) * v.count) / most, 1)} height={row - 6} fill={colour} />
          <text x={125} y={i * row + 13} textAnchor="end" {...text}>
            {cut(v.value)}
          </text>
          <text x={136 + ((width - 190) * v.count) / most} y={i * row + 13} {...text}>
            {format(v.count)}
          </text>
        </g>
      ))}
    </svg>
  );
}

const cut = (s: string) => (s.length > 22 ? `${s.slice(0, 21)}…` : s);

export interface Box {
  min: number;
  q1: number;
  median: number;
  q3: number;
  max: number;
}

/** The quartiles of texts that are numbers; undefined for fewer than five. */
export function quartiles(values: (string | null)[]): Box | undefined {
  const sorted = values
    .filter(v => v !== null && v !== '')
    .map(Number)
    .filter(Number.isFinite)
    .sort((a, b) => a - b);
  if (sorted.length < 5) return undefined;
  const at = (q: number) => {
    const place = q * (sorted.length - 1);
    const low = Math.floor(place);
    const below = sorted[low] ?? 0;
    return below + ((sorted[low + 1] ?? below) - below) * (place - low);
  };
  return { min: at(0), q1: at(0.25), median: at(0.5), q3: at(0.75), max: at(1) };
}

export function BoxPlot({ box, format }: { box: Box; format: Format }) {
  const span = box.max - box.min || 1;
  const x = (v: number) => 10 + ((v - box.min) / span) * (width - 20);
  return (
    <svg viewBox={`0 0 ${width} 64`} width="100%" aria-hidden="true">
      <line x1={x(box.min)} x2={x(box.max)} y1={24} y2={24} stroke={colour} />
      <rect x={x(box.q1)} y={10} width={Math.max(x(box.q3) - x(box.q1), 1)} height={28} fill="var(--p-panel)" stroke={colour} />
      {[box.min, box.median, box.max].map((v, i) => (
        <line key={i} x1={x(v)} x2={x(v)} y1={10} y2={38} stroke={colour} strokeWidth={i === 1 ? 2.5 : 1} />
      ))}
      <text x={10} y={56} {...text}>
        {format(box.min)}
      </text>
      <text x={x(box.median)} y={56} textAnchor="middle" {...text}>
        {format(box.median)}
      </text>
      <text x={width - 10} y={56} textAnchor="end" {...text}>
        {format(box.max)}
      </text>
    </svg>
  );
}

export function Scatter({ points, format, x, y }: { points: { x: number; y: number }[]; format: Format; x: string; y: string }) {
  if (points.length === 0) return null;
  const range = (values: number[]) => {
    const low = values.reduce((a, b) => Math.min(a, b));
    const high = values.reduce((a, b) => Math.max(a, b));
    return [low, high === low ? low + 1 : high] as const;
  };
  const [x0, x1] = range(points.map(p => p.x));
  const [y0, y1] = range(points.map(p => p.y));
  const tall = 220;
  return (
    <svg viewBox={`0 0 ${width} ${tall + 28}`} width="100%" aria-hidden="true">
      <rect x={0} y={0} width={width} height={tall} fill="none" stroke="var(--p-line)" />
      {points.map((p, i) => (
        <circle
          key={i}
          cx={4 + ((p.x - x0) / (x1 - x0)) * (width - 8)}
          cy={tall - 4 - ((p.y - y0) / (y1 - y0)) * (tall - 8)}
          r={2}
          fill={colour}
          fillOpacity={0.55}
        />
      ))}
      <text x={0} y={tall + 12} {...text}>
        {format(x0)}
      </text>
      <text x={width / 2} y={tall + 24} textAnchor="middle" {...text}>
        {cut(x)} →
      </text>
      <text x={width} y={tall + 12} textAnchor="end" {...text}>
        {format(x1)}
      </text>
      <text x={4} y={12} {...text}>
        {format(y1)} {cut(y)}
      </text>
      <text x={4} y={tall - 4} {...text}>
        {format(y0)}
      </text>
    </svg>
  );
}
