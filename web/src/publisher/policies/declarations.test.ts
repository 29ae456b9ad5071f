import { expect, test } from 'vitest';
import { allowed, childrenAt, type Declaration, skeleton } from './declarations';

const attribute = (name: string, more = {}) => ({ name, kind: 'text', expressions: true, offered: true, ...more });
const all: Declaration[] = [
  {
    name: 'rate-limit',
    sections: ['inbound'],
    scopes: ['product', 'api', 'operation'],
    offered: true,
    form: {
      attributes: [attribute('calls', { required: true, kind: 'integer', min: 1 })],
      children: { api: { attributes: [attribute('name')] } },
    },
  },
  {
    name: 'set-header',
    sections: ['inbound', 'outbound'],
    scopes: ['global', 'api'],
    offered: true,
    form: { attributes: [attribute('name', { required: true })], children: { value: { text: true } } },
  },
  {
    name: 'choose',
    sections: ['inbound', 'outbound'],
    scopes: ['global', 'api'],
    offered: true,
    form: { children: { when: { attributes: [attribute('condition', { required: true })], holds: ['*'] } } },
  },
  { name: 'later', sections: ['inbound'], scopes: ['global'], offered: false, form: {} },
];

test('policies by scope and section', () => {
  expect(allowed(all, 'global').map(d => d.name)).toEqual(['set-header', 'choose']);
  expect(allowed(all, 'api', 'outbound').map(d => d.name)).toEqual(['set-header', 'choose']);
  expect(allowed(all, 'product', 'inbound').map(d => d.name)).toEqual(['rate-limit']);
});

test('what may stand inside', () => {
  expect(Object.keys(childrenAt(all, 'api', []))).toContain('policies');
  expect(Object.keys(childrenAt(all, 'api', ['policies']))).toEqual(['inbound', 'backend', 'outbound', 'on-error']);
  expect(Object.keys(childrenAt(all, 'api', ['policies', 'inbound']))).toEqual(['rate-limit', 'set-header', 'choose', 'base']);
  expect(Object.keys(childrenAt(all, 'api', ['policies', 'inbound', 'choose', 'when']))).toContain('set-header');
  expect(Object.keys(childrenAt(all, 'api', ['policies', 'inbound', 'set-header']))).toEqual(['value']);
  expect(childrenAt(all, 'api', ['policies', 'inbound', 'nothing'])).toEqual({});
});

test('a skeleton has what is required', () => {
  expect(skeleton('set-header', all[1]!.form)).toBe('<set-header name="">\n    <value></value>\n</set-header>');
  expect(skeleton('base', {})).toBe('<base />');
});
