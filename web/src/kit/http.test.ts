import { afterEach, expect, test, vi } from 'vitest';
import { ApiError, onSessionOver, request, warningsOf } from './http';

const answers = (...all: Response[]) =>
  vi.stubGlobal(
    'fetch',
    vi.fn(async () => all.shift()),
  );
afterEach(() => vi.unstubAllGlobals());

test('an answer has its value, version and warnings', async () => {
  answers(new Response('{"name":"echo"}', { headers: { ETag: '"7"', Warning: '299 portico "it is \\"old\\"", 299 portico "\\u00e9"' } }));
  expect(await request('GET', '/x')).toEqual({ value: { name: 'echo' }, status: 200, etag: '"7"', warnings: ['it is "old"', 'é'] });
});

test('a refusal says what, where and under which id', async () => {
  const body = {
    error: { code: 'ValidationError', message: 'Wrong', details: [{ code: 'ValidationError', target: 'path', message: 'taken' }] },
  };
  answers(new Response(JSON.stringify(body), { status: 400, headers: { 'X-Ms-Request-Id': 'r1' } }));
  const error = await request('PUT', '/x', { body: {} }).catch(e => e);
  expect(error).toBeInstanceOf(ApiError);
  expect(error).toMatchObject({ status: 400, code: 'ValidationError', message: 'Wrong', requestId: 'r1', problems: [{ target: 'path' }] });
});

test('what is no JSON is an error too', async () => {
  answers(new Response('<html>', { status: 502 }));
  await expect(request('GET', '/x')).rejects.toMatchObject({ status: 502, message: '<html>' });
});

test('a server that does not answer is status 0', async () => {
  vi.stubGlobal('fetch', async () => Promise.reject(new TypeError('no')));
  await expect(request('GET', '/x')).rejects.toMatchObject({ status: 0, code: 'Unreachable' });
});

test('a session that is over is renewed and the request repeated', async () => {
  answers(new Response('', { status: 401 }), new Response('1'));
  const renew = vi.fn(async () => undefined);
  onSessionOver(renew);
  expect((await request('GET', '/x')).value).toBe(1);
  expect(renew).toHaveBeenCalledOnce();
});

test('texts of a Warning header', () => {
  expect(warningsOf(null)).toEqual([]);
  expect(warningsOf('199 other "no"')).toEqual([]);
  expect(warningsOf('299 portico "a \\\\ b"')).toEqual(['a \\ b']);
});
