import { expect, test } from 'vitest';
import { templateNames, templateParameters } from './template';

test('the names in a template, in its path and query', () => {
  expect(templateNames('/workspaces/{workspace}/services/{service}/execute?api-version={apiversion}&details={details}')).toEqual([
    'workspace',
    'service',
    'apiversion',
    'details',
  ]);
  expect(templateNames('/files/{*rest}')).toEqual(['rest']);
  expect(templateNames('/{a}/{A}')).toEqual(['a']);
  expect(templateNames('/plain')).toEqual([]);
  for (const wrong of ['/{a', '/a}', '/{{a}}', '/{}']) expect(templateNames(wrong)).toBeUndefined();
});

test('known parameters keep what is said of them', () => {
  const known = [{ name: 'id', type: 'integer', description: 'The number' }];
  expect(templateParameters('/x/{ID}/{other}', known)).toEqual([known[0], { name: 'other', type: 'string', required: true }]);
});
