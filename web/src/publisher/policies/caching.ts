import { appendTo } from './section';

// The Caching tab of an operation is two policies in its document: cache-lookup
// at the end of inbound, cache-store at the end of outbound.

export interface Caching {
  on: boolean;
  seconds: number;
  /** Names, separated by commas. */
  query: string;
  headers: string;
}

const lookup = /[ \t]*<cache-lookup\b[^>]*?(\/>|>[\s\S]*?<\/cache-lookup>)[ \t]*\n?/g;
const store = /[ \t]*<cache-store\b[^>]*?(\/>|>[\s\S]*?<\/cache-store>)[ \t]*\n?/g;

/** Reads the caching of a document; undefined where it is more than the tab can show. */
export function readCaching(document: string): Caching | undefined {
  const lookups = document.match(lookup) ?? [];
  const stores = document.match(store) ?? [];
  if (lookups.length === 0 && stores.length === 0) return { on: false, seconds: 3600, query: '', headers: '' };
  const [found] = lookups;
  const seconds = /\bduration="(\d+)"/.exec(stores[0] ?? '')?.[1];
  if (lookups.length !== 1 || stores.length !== 1 || !found || !seconds || /@[({]/.test(found + stores[0])) return undefined;
  const names = (element: string) =>
    [...found.matchAll(new RegExp(`<${element}>([^<]*)</${element}>`, 'g'))].flatMap(m => (m[1] ?? '').split(';')).join(', ');
  return { on: true, seconds: Number(seconds), query: names('vary-by-query-parameter'), headers: names('vary-by-header') };
}

/** Writes the caching into a document; everything else stays as it is. */
export function writeCaching(document: string, caching: Caching): string {
  const without = document.replace(lookup, '').replace(store, '');
  if (!caching.on) return without;
  const names = (list: string) =>
    list
      .split(',')
      .map(n => n.trim())
      .filter(n => n !== '');
  const inside = [
    ...names(caching.headers).map(n => `            <vary-by-header>${escaped(n)}</vary-by-header>\n`),
    ...names(caching.query).map(n => `            <vary-by-query-parameter>${escaped(n)}</vary-by-query-parameter>\n`),
  ].join('');
  const start = '        <cache-lookup vary-by-developer="false" vary-by-developer-groups="false"';
  const element = inside === '' ? `${start} />\n` : `${start}>\n${inside}        </cache-lookup>\n`;
  return appendTo(appendTo(without, 'inbound', element), 'outbound', `        <cache-store duration="${caching.seconds}" />\n`);
}

const escaped = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
