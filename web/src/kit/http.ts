// The one way in which pages call the server: JSON in and out, conditional
// changes, errors with the request's id, and a pause while a session is renewed.

/** One thing that the server found wrong with what was sent; target names the field. */
export interface Problem {
  code: string;
  target: string;
  message: string;
}

/** A refusal or a failure, as the server told it. Status 0: the server did not answer. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly problems: Problem[],
    readonly requestId: string,
    readonly call: string,
  ) {
    super(message);
    this.name = 'ApiError';
  }
}

/** What the server answered. */
export interface Answer<T> {
  value: T;
  status: number;
  /** The version of the resource, for ifMatch; '' where it has none. */
  etag: string;
  warnings: string[];
}

export interface RequestOptions {
  /** Sent as JSON. */
  body?: unknown;
  /** The version that is to be changed, or '*' for any. */
  ifMatch?: string;
  /** '*': only where nothing is there yet. */
  ifNoneMatch?: string;
  signal?: AbortSignal;
}

let renewSession: (() => Promise<void>) | undefined;

/** Sets what brings a session back that is over; its promise ends once somebody is signed in again. */
export function onSessionOver(renew: () => Promise<void>) {
  renewSession = renew;
}

/** Sends a request. A session that is over is renewed first and the request sent again, so nothing is lost. */
export async function request<T>(method: string, path: string, options: RequestOptions = {}): Promise<Answer<T>> {
  for (;;) {
    const response = await send(method, path, options);
    if (response.status === 401 && renewSession) {
      await renewSession();
      continue;
    }
    if (!response.ok) throw await errorOf(response, method, path);
    const text = await response.text();
    return {
      value: (text === '' ? undefined : parse(text)) as T,
      status: response.status,
      etag: response.headers.get('ETag') ?? '',
      warnings: warningsOf(response.headers.get('Warning')),
    };
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

async function send(method: string, path: string, options: RequestOptions): Promise<Response> {
  const headers: Record<string, string> = { Accept: 'application/json' };
  if (options.body !== undefined) headers['Content-Type'] = 'application/json';
  if (options.ifMatch) headers['If-Match'] = options.ifMatch;
  if (options.ifNoneMatch) headers['If-None-Match'] = options.ifNoneMatch;
  try {
    return await fetch(path, {
      method,
      headers,
      body: options.body === undefined ? undefined : JSON.stringify(options.body),
      signal: options.signal,
      credentials: 'same-origin',
      cache: 'no-store',
    });
  } catch (cause) {
    if (options.signal?.aborted) throw cause;
    throw new ApiError(0, 'Unreachable', '', [], '', `${method} ${path}`);
  }
}

/** Reads an error in the form of the management API, or whatever else there is. */
export async function errorOf(response: Response, method: string, path: string): Promise<ApiError> {
  const id = response.headers.get('X-Ms-Request-Id') ?? '';
  const call = `${method} ${path}`;
  const text = await response.text().catch(() => '');
  const body = parse(text) as { error?: { code?: string; message?: string; details?: Problem[] | null } } | string | undefined;
  if (typeof body === 'object' && body?.error) {
    return new ApiError(response.status, body.error.code ?? '', body.error.message ?? '', body.error.details ?? [], id, call);
  }
  return new ApiError(response.status, '', typeof body === 'string' && body.length < 400 ? body : '', [], id, call);
}

/** The texts of a Warning header: 299 agent "text", one after the other. */
export function warningsOf(header: string | null): string[] {
  if (!header) return [];
  return [...header.matchAll(/299 \S+ ("(?:[^"\\]|\\.)*")/g)].map(m => unquote(m[1] ?? ''));
}

function unquote(quoted: string): string {
  try {
    return JSON.parse(
      quoted.replace(/\\x([0-9a-f]{2})/g, '\\u00$1').replace(/\\U000([0-9a-f]{5})/g, (_, hex) => surrogates(hex)),
    ) as string;
  } catch {
    return quoted.slice(1, -1);
  }
}

function surrogates(hex: string): string {
  return String.fromCodePoint(Number.parseInt(hex, 16));
}
