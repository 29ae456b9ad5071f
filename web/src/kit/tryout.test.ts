import { expect, test } from 'vitest';
import { pretty, textOf, wrongHeader } from './tryout';

test('headers that cannot be sent are named', () => {
  expect(wrongHeader([['X-Ok', 'é']])).toBeUndefined();
  expect(
    wrongHeader([
      ['X-A', 'fine'],
      ['X-B', '…'],
    ]),
  ).toEqual({ name: 'X-B', reason: 'value' });
  expect(wrongHeader([['X B', '1']])).toEqual({ name: 'X B', reason: 'name' });
  expect(wrongHeader([['X', 'a\r\nb']])).toMatchObject({ reason: 'value' });
});

test('the text of an answer', () => {
  const answer = (type: string, bytes: number[]) => ({
    status: 200,
    headers: [['Content-Type', type]] as [string, string][],
    begun: 0,
    bytes: new Uint8Array(bytes),
    size: bytes.length,
  });
  expect(textOf(answer('application/json', [123, 125]))).toBe('{}');
  expect(textOf(answer('text/plain; charset=iso-8859-1', [233]))).toBe('é');
  expect(textOf(answer('text/plain; charset=nothing', [65]))).toBe('A');
  expect(textOf(answer('image/png', [1]))).toBeUndefined();
  expect(textOf(answer('text/plain', [65, 0, 66]))).toBeUndefined();
  expect(pretty('{"a":1}')).toBe('{\n  "a": 1\n}');
  expect(pretty('<a>')).toBe('<a>');
});
