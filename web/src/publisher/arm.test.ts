import { expect, test } from 'vitest';
import { contains, idFrom, nameIn, nameOf, path } from './arm';

test('names in paths are escaped', () => {
  expect(path`/apis/${'a b/c;rev=2'}/operations/${'é'}`).toBe('/apis/a%20b%2Fc%3Brev%3D2/operations/%C3%A9');
});

test('names in ids', () => {
  const id = '/subscriptions/0/resourceGroups/portico/providers/Microsoft.ApiManagement/service/portico/products/starter';
  expect(nameOf(id)).toBe('starter');
  expect(nameIn(id, 'products')).toBe('starter');
  expect(nameIn(id, 'users')).toBe('');
  expect(nameIn('/apis', 'apis')).toBe('');
});

test('a name is made of what something is called', () => {
  expect(idFrom('AzureML Demo API')).toBe('azureml-demo-api');
  expect(idFrom('  Été — №1 ')).toBe('ete-1');
  expect(idFrom('!!!')).toBe('');
});

test('a filter asks for a text in any field, with its quotes', () => {
  expect(contains(" o'x ", 'a', 'b')).toBe("contains(a,'o''x') or contains(b,'o''x')");
  expect(contains('  ', 'a')).toBeUndefined();
});
