import { Badge } from '@mantine/core';

const tones = {
  ok: 'light-dark(#dff1e3, #173a20)|light-dark(#1b5e2a, #98dda7)',
  warn: 'light-dark(#fbeed6, #42300f)|light-dark(#6d4300, #f3c77c)',
  bad: 'light-dark(#fbe2df, #4a1d19)|light-dark(#8f1d13, #ffb3ab)',
  plain: 'light-dark(#e5e9ec, #2b343a)|light-dark(#333c44, #d3dae0)',
} as const;

export type Tone = keyof typeof tones;

/** A state in a word. */
export function Status({ tone, children }: { tone: Tone; children: string }) {
  const [back, front] = tones[tone].split('|');
  return (
    <Badge radius="sm" size="sm" variant="filled" style={{ background: back, color: front, textTransform: 'none', fontWeight: 600 }}>
      {children}
    </Badge>
  );
}

/** An HTTP method in its colour. */
export function Method({ method }: { method: string }) {
  return (
    <span className="method" data-method={method}>
      {method}
    </span>
  );
}
