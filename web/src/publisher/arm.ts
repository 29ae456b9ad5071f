import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useCallback } from 'react';
import { type Answer, ApiError, type RequestOptions, request } from '../kit/http';
import { idFrom } from '../kit/names';
import { type Page, type Rows, usePagedRows } from '../kit/rows';

export { idFrom, path } from '../kit/names';

// The management API, bound to the instance of this console.

const version = '2024-05-01';

/** A resource as the management API speaks of it. */
export interface Resource<P> {
  id: string;
  type: string;
  name: string;
  properties: P;
}

/** A resource with its version. */
export type Stored<P> = Resource<P> & { etag: string };

export type Query = Record<string, string | number | boolean | undefined>;

let service = '';

/** Says which instance the calls below are for. */
export function connect(serviceId: string) {
  service = serviceId;
}

/** The whole id of what stands at a path. */
export const idOf = (at: string) => service + at;

/** The name at the end of an id, as it is typed: without escapes. */
export const nameOf = (id: string) => id.slice(id.lastIndexOf('/') + 1);

/** The name behind a collection in an id: nameIn('/products/starter/apis/echo', 'products') is starter. */
export function nameIn(id: string, collection: string): string {
  const parts = id.split('/');
  const at = parts.findLastIndex((p, i) => i < parts.length - 1 && p.toLowerCase() === collection.toLowerCase());
  return at < 0 ? '' : (parts[at + 1] ?? '');
}

function address(at: string, query: Query = {}): string {
  const search = new URLSearchParams({ 'api-version': version });
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined && value !== '') search.set(name, String(value));
  }
  return `${service}${at}?${search}`;
}

/** A call below the instance; '' is the instance itself. */
export function call<T>(method: string, at: string, options: RequestOptions & { query?: Query } = {}): Promise<Answer<T>> {
  return request<T>(method, address(at, options.query), options);
}

export async function get<P>(at: string, query?: Query): Promise<Stored<P>> {
  const answer = await call<Resource<P>>('GET', at, { query });
  return { ...answer.value, etag: answer.etag };
}

/** Like get, but undefined where there is nothing. */
export async function find<P>(at: string, query?: Query): Promise<Stored<P> | undefined> {
  try {
    return await get<P>(at, query);
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return undefined;
    throw error;
  }
}

export interface Kept<P> extends Stored<P> {
  warnings: string[];
}

/** Creates, or replaces the version that etag names. */
export async function put<P>(
  at: string,
  properties: unknown,
  conditions: { ifMatch?: string; ifNoneMatch?: string } = {},
): Promise<Kept<P>> {
  const answer = await call<Resource<P>>('PUT', at, { body: { properties }, ...conditions });
  return { ...answer.value, etag: answer.etag, warnings: answer.warnings };
}

/** Makes something new; an ApiError with status 412 where the name is taken. */
export const create = <P>(at: string, properties: unknown) => put<P>(at, properties, { ifNoneMatch: '*' });

/** Changes some properties, then reads the whole: not every kind answers a change with it. */
export async function patch<P>(at: string, properties: unknown, ifMatch: string): Promise<Kept<P>> {
  const answer = await call('PATCH', at, { body: { properties }, ifMatch });
  return { ...(await get<P>(at)), warnings: answer.warnings };
}

export async function remove(at: string, query?: Query): Promise<void> {
  await call('DELETE', at, { ifMatch: '*', query });
}

/** Puts a link, such as an API into a product. */
export const link = (at: string) => call('PUT', at, { body: {} });

export async function post<T>(at: string, body: unknown = {}): Promise<T> {
  return (await call<T>('POST', at, { body })).value;
}

export async function list<T>(at: string, query: Query = {}): Promise<Page<T>> {
  const { value } = await call<Page<T>>('GET', at, { query });
  return { value: value.value, count: value.count ?? value.value.length };
}

const largest = 1000;

/** All of a list that is known to be short; at most ten pages of it. */
export async function all<T>(at: string, query: Query = {}): Promise<T[]> {
  const found: T[] = [];
  for (let page = 0; page < 10; page++) {
    const { value, count } = await list<T>(at, { ...query, $top: largest, $skip: found.length });
    found.push(...value);
    if (found.length >= count || value.length === 0) break;
  }
  return found;
}

/** A text in a $filter expression. */
export const quoted = (text: string) => `'${text.replaceAll("'", "''")}'`;

/** A filter for a text in any of some fields; undefined for no text. */
export function contains(text: string, ...fields: string[]): string | undefined {
  const wanted = text.trim();
  return wanted === '' ? undefined : fields.map(f => `contains(${f},${quoted(wanted)})`).join(' or ');
}

/** A resource, kept up to date. */
export function useStored<P>(at: string, query?: Query) {
  return useQuery({ queryKey: ['arm', at, query], queryFn: () => get<P>(at, query) });
}

/** All of a short list. */
export function useAll<T>(at: string, query?: Query) {
  return useQuery({ queryKey: ['arm', at, 'all', query], queryFn: () => all<T>(at, query) });
}

/** A list of any length for a table. */
export function useRows<T>(at: string, query: Query = {}): Rows<T> {
  return usePagedRows<T>(['arm', at, query], 200, (skip, top) => list<T>(at, { ...query, $skip: skip, $top: top }));
}

/** Says that what stands at these paths, or below, has changed. */
export function useChanged() {
  const client = useQueryClient();
  return useCallback(
    (...paths: string[]) =>
      Promise.all(
        paths.map(p => client.invalidateQueries({ predicate: q => q.queryKey[0] === 'arm' && String(q.queryKey[1]).startsWith(p) })),
      ),
    [client],
  );
}

/** Creates under a name made of text; where it is taken, with a number behind it. */
export async function createNamed<P>(text: string, at: (id: string) => string, properties: unknown): Promise<Kept<P>> {
  const base = idFrom(text) || 'item';
  for (let n = 1; ; n++) {
    try {
      return await create<P>(at(n === 1 ? base : `${base}-${n}`), properties);
    } catch (error) {
      if (!(error instanceof ApiError && error.status === 412) || n >= 50) throw error;
    }
  }
}
