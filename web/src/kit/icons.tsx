import type { CSSProperties } from 'react';

// Our own icons: strokes on a grid of 24, drawn in the text's colour.
const paths = {
  add: 'M12 5v14M5 12h14',
  alert: 'M12 4 2.8 19.5h18.4zM12 10v4.5M12 17.2v.1',
  api: 'M8 6 3 12l5 6M16 6l5 6-5 6M13.5 5l-3 14',
  audit: 'M6 3h9l4 4v14H6zM14 3v5h5M9 12h7M9 16h5',
  back: 'M19 12H5M11 6l-6 6 6 6',
  backend: 'M4 5h16v5H4zM4 14h16v5H4zM7.5 7.5h.1M7.5 16.5h.1',
  bell: 'M6 16V11a6 6 0 0 1 12 0v5l1.5 2h-15zM10 20.5h4',
  book: 'M5 4h11a3 3 0 0 1 3 3v13H8a3 3 0 0 1-3-3zM5 17a3 3 0 0 1 3-3h11',
  box: 'M12 3 4 7v10l8 4 8-4V7zM4 7l8 4 8-4M12 11v10',
  certificate: 'M4 5h16v10H4zM8 9h8M12 15l-2 6 2-1.4L14 21z',
  chart: 'M4 20h16M7 17v-5M12 17V6M17 17v-8',
  check: 'm5 12.5 4.5 4.5L19 7.5',
  chevronDown: 'm6 9 6 6 6-6',
  chevronRight: 'm9 6 6 6-6 6',
  chevronUp: 'm6 15 6-6 6 6',
  clock: 'M12 4a8 8 0 1 0 0 16 8 8 0 0 0 0-16zM12 8v4.5l3 2',
  close: 'M6 6l12 12M18 6 6 18',
  code: 'm9 8-4 4 4 4M15 8l4 4-4 4',
  copy: 'M9 9h11v11H9zM5 15H4V4h11v1',
  dashboard: 'M4 4h7v9H4zM13 4h7v5h-7zM13 11h7v9h-7zM4 15h7v5H4z',
  download: 'M12 4v11M7 11l5 5 5-5M5 20h14',
  edit: 'M4 20h4L19 9l-4-4L4 16zM13.5 6.5l4 4',
  external: 'M10 5H5v14h14v-5M14 4h6v6M20 4l-9 9',
  eye: 'M2.5 12S6 6 12 6s9.5 6 9.5 6-3.5 6-9.5 6-9.5-6-9.5-6zM12 9.5a2.5 2.5 0 1 0 0 5 2.5 2.5 0 0 0 0-5z',
  eyeOff: 'M4 4l16 16M9.5 6.3A9.6 9.6 0 0 1 12 6c6 0 9.5 6 9.5 6a17 17 0 0 1-3 3.6M6.3 7.8A16 16 0 0 0 2.5 12S6 18 12 18a9 9 0 0 0 3-.5',
  filter: 'M4 5h16l-6 8v6l-4-2v-4z',
  flask: 'M9 3h6M10 3v6L4.5 19a1.5 1.5 0 0 0 1.3 2h12.4a1.5 1.5 0 0 0 1.3-2L14 9V3M7.5 14h9',
  globe: 'M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM3 12h18M12 3c3 3 3 15 0 18M12 3c-3 3-3 15 0 18',
  group: 'M9 11a3 3 0 1 0 0-6 3 3 0 0 0 0 6zM3 20v-2a4 4 0 0 1 4-4h4a4 4 0 0 1 4 4v2M16 5.2a3 3 0 0 1 0 5.6M18 14.3a4 4 0 0 1 3 3.7v2',
  history: 'M4 12a8 8 0 1 1 2.5 5.8M4 18v-6h5M12 8v4.5l3 2',
  home: 'm4 11 8-7 8 7v9h-5v-6H9v6H4z',
  identity: 'M4 5h16v14H4zM9 12.5a2 2 0 1 0 0-4 2 2 0 0 0 0 4zM6 16.5a3 3 0 0 1 6 0M14.5 10H18M14.5 14H18',
  issue: 'M4 5h16v11H9l-5 4zM12 8v3M12 13.2v.1',
  key: 'M14.5 4a5.5 5.5 0 1 1-3.9 9.4L4 20v-3.5l1.5-1.5H7v-2h2l1.3-1.3A5.5 5.5 0 0 1 14.5 4zM16 8v.1',
  language: 'M3 6h10M8 4v2M5 6c1 4 3 6.5 6 8M11 6c-1 4-3.5 7-7 9M13 20l4-10 4 10M14.3 17h5.4',
  link: 'M10 14a4 4 0 0 0 6 .5l3-3a4 4 0 0 0-5.7-5.7L12 7M14 10a4 4 0 0 0-6-.5l-3 3a4 4 0 0 0 5.7 5.7L12 17',
  list: 'M9 6h11M9 12h11M9 18h11M4.5 6h.1M4.5 12h.1M4.5 18h.1',
  mail: 'M3 6h18v12H3zM3.5 6.5 12 13l8.5-6.5',
  menu: 'M4 7h16M4 12h16M4 17h16',
  minus: 'M5 12h14',
  moon: 'M20 14.5A8.5 8.5 0 0 1 9.5 4a8.5 8.5 0 1 0 10.5 10.5z',
  more: 'M5 12h.1M12 12h.1M19 12h.1',
  palette:
    'M12 3a9 9 0 1 0 0 18c1.7 0 2-1.2 1.4-2.2-.8-1.5.1-2.8 1.6-2.8h2.2A3.8 3.8 0 0 0 21 12c0-5-4-9-9-9zM7.5 12v.1M10 7.7v.1M14.5 7.7v.1',
  pause: 'M8 5v14M16 5v14',
  play: 'M7 4.5v15l12-7.5z',
  policy: 'M12 3 5 6v5c0 4.5 3 8 7 10 4-2 7-5.5 7-10V6zM9 12l2.2 2.2L15.5 10',
  portal: 'M5 20V11a7 7 0 0 1 14 0v9M9.5 20v-8a2.5 2.5 0 0 1 5 0v8M3 20h18',
  product: 'M4 8h16v12H4zM4 8l2-4h12l2 4M10 12h4',
  refresh: 'M19 12a7 7 0 1 1-2.2-5.1M19 4v5h-5',
  search: 'M10.5 4a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13zM15.5 15.5 20 20',
  send: 'M4 12 20 4l-5 16-3-7z',
  settings: 'M4 7h9M17 7h3M4 17h3M11 17h9M15 5v4M9 15v4',
  signOut: 'M10 4H5v16h5M14 8l4 4-4 4M18 12H9',
  stop: 'M6 6h12v12H6z',
  sun: 'M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM12 2.5v2M12 19.5v2M2.5 12h2M19.5 12h2M5.3 5.3l1.4 1.4M17.3 17.3l1.4 1.4M5.3 18.7l1.4-1.4M17.3 6.7l1.4-1.4',
  tag: 'M4 4h8l8 8-8 8-8-8zM8.5 8.5v.1',
  ticket: 'M3 7h18v3.5a1.5 1.5 0 0 0 0 3V17H3v-3.5a1.5 1.5 0 0 0 0-3zM14 7v10',
  trash: 'M5 7h14M9 7V4h6v3M7 7l1 13h8l1-13M10.5 11v5M13.5 11v5',
  undo: 'M4 9h10a5 5 0 0 1 0 10H8M8 5 4 9l4 4',
  upload: 'M12 16V5M7 9l5-5 5 5M5 20h14',
  user: 'M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM4.5 20.5a7.5 7.5 0 0 1 15 0',
  value: 'M8 4H6a2 2 0 0 0-2 2v4l-1 2 1 2v4a2 2 0 0 0 2 2h2M16 4h2a2 2 0 0 1 2 2v4l1 2-1 2v4a2 2 0 0 1-2 2h-2M10 12h4',
} as const;

export type IconName = keyof typeof paths;

/** An icon beside a word. Where it stands alone, what holds it needs an aria-label. */
export function Icon({ name, size = 16, style }: { name: IconName; size?: number; style?: CSSProperties }) {
  return (
    <svg
      width={size}
      height={size}
      viewBox="0 0 24 24"
      fill="none"
      stroke="currentColor"
      strokeWidth={1.8}
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
      style={{ flex: 'none', ...style }}
    >
      <path d={paths[name]} />
    </svg>
  );
}
