import { expect, test } from 'vitest';
import { readCaching, writeCaching } from './caching';

const plain = '<policies>\n    <inbound>\n        <base />\n    </inbound>\n    <outbound />\n</policies>\n';
const on = { on: true, seconds: 60, query: 'page, size', headers: 'Accept' };

test('caching is written into a document and read from it', () => {
  const written = writeCaching(plain, on);
  expect(readCaching(written)).toEqual(on);
  expect(written).toContain('<base />\n        <cache-lookup');
  expect(written).toContain('<outbound>\n        <cache-store duration="60" />');
  expect(writeCaching(written, { ...on, seconds: 61 }).match(/cache-store/g)).toHaveLength(1);
  expect(readCaching(writeCaching(written, { ...on, on: false }))?.on).toBe(false);
});

test('a section that is missing is made, and inherits', () => {
  expect(writeCaching('<policies></policies>', { ...on, query: '', headers: '' })).toContain(
    '<outbound>\n        <base />\n        <cache-store',
  );
});

test('what the tab cannot show is left alone', () => {
  expect(
    readCaching('<policies><inbound><cache-lookup vary-by-developer="false" vary-by-developer-groups="false" /></inbound></policies>'),
  ).toBeUndefined();
  expect(
    readCaching('<policies><inbound><cache-lookup /></inbound><outbound><cache-store duration="@(1)" /></outbound></policies>'),
  ).toBeUndefined();
});
