// Calls that somebody tries out on a page: they are described to the server,
// which makes them and sends the answer on, so that no page needs leave of
// another origin (the Go package rest/relay is the other end).

import { errorOf } from './http';

export interface TriedCall {
  method: string;
  /** On the gateway: a path with its query. */
  url: string;
  headers: [string, string][];
  body?: BodyInit;
}

export interface TriedAnswer {
  status: number;
  headers: [string, string][];
  /** Milliseconds until the answer began, and until it had ended. */
  begun: number;
  ended?: number;
  /** What of the body is here; it stops growing at the limit. */
  bytes: Uint8Array;
  /** Of the whole body so far. */
  size: number;
}

/** How much of an answer is kept, in bytes. */
export const keptBytes = 2 * 1024 * 1024;

/** Finds a header that cannot be sent: names are tokens, values Latin-1 without control characters. */
export function wrongHeader(headers: [string, string][]): { name: string; reason: 'name' | 'value' } | undefined {
  for (const [name, value] of headers) {
    if (!/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(name)) return { name, reason: 'name' };
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what a header must not have
    if (/[\x00-\x08\x0a-\x1f\x7f]|[^\x00-\xff]/.test(value)) return { name, reason: 'value' };
  }
  return undefined;
}

/** Sends a call; onProgress is told of the answer as it comes. An ApiError is the relay's own refusal. */
export async function tryOut(
  relay: string,
  call: TriedCall,
  signal: AbortSignal,
  onProgress: (answer: TriedAnswer) => void,
): Promise<TriedAnswer> {
  const start = performance.now();
  const response = await fetch(relay, {
    method: 'POST',
    headers: {
      Accept: 'application/octet-stream, application/json',
      'Content-Type': 'application/octet-stream',
      'Portico-Try-Method': call.method,
      'Portico-Try-Url': call.url,
      'Portico-Try-Headers': ascii(JSON.stringify(call.headers)),
    },
    body: call.body,
    signal,
  });
  const status = response.headers.get('Portico-Try-Status');
  if (!status) throw await errorOf(response, 'POST', relay);
  const answer: TriedAnswer = {
    status: Number(status),
    headers: JSON.parse(decodeURIComponent(response.headers.get('Portico-Try-Response') ?? '[]')),
    begun: performance.now() - start,
    bytes: new Uint8Array(),
    size: 0,
  };
  onProgress({ ...answer });
  const reader = response.body?.getReader();
  for (;;) {
    const chunk = await reader?.read();
    if (!chunk || chunk.done) break;
    answer.size += chunk.value.length;
    if (answer.bytes.length < keptBytes) answer.bytes = joined(answer.bytes, chunk.value.subarray(0, keptBytes - answer.bytes.length));
    onProgress({ ...answer });
  }
  answer.ended = performance.now() - start;
  onProgress({ ...answer });
  return answer;
}

/** JSON without a character that a header cannot hold. */
const ascii = (json: string) => json.replace(/[^\x20-\x7e]/g, c => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`);

function joined(a: Uint8Array, b: Uint8Array): Uint8Array<ArrayBuffer> {
  const both = new Uint8Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}

/** The text of an answer, or undefined for what is no text. */
export function textOf(answer: TriedAnswer): string | undefined {
  const type = answer.headers.find(([name]) => name.toLowerCase() === 'content-type')?.[1] ?? '';
  if (/^(image|audio|video|font)\/|octet-stream|zip|pdf/.test(type) && !/svg|xml/.test(type)) return undefined;
  const charset = /charset="?([\w-]+)/i.exec(type)?.[1] ?? 'utf-8';
  let decoder: TextDecoder;
  try {
    decoder = new TextDecoder(charset);
  } catch {
    decoder = new TextDecoder();
  }
  const text = decoder.decode(answer.bytes, { stream: true });
  return text.includes('\u0000') ? undefined : text;
}

/** A text as people read it: JSON with its lines broken. */
export function pretty(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}
