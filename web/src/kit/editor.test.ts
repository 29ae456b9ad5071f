import { expect, test } from 'vitest';
import { differences } from './editor';

test('versions differ in the fields that do, whatever their kind', () => {
  const mine = { name: 'a', list: [1], gone: undefined, same: { x: 1 } };
  const theirs = { name: 'b', list: [1, 2], gone: null, same: { x: 1 }, more: 'new' };
  expect(differences(mine, theirs).map(d => d.name)).toEqual(['name', 'list', 'more']);
});
