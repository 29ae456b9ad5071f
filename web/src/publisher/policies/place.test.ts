import { expect, test } from 'vitest';
import { placeAt } from './place';

/** The place of the | in a text. */
const at = (text: string) => placeAt(text.replace('|', ''), text.indexOf('|'));

test('between elements', () => {
  expect(at('<policies><inbound>|')).toEqual({ kind: 'text', path: ['policies', 'inbound'] });
  expect(at('<policies><inbound><base /></inbound>|')).toEqual({ kind: 'text', path: ['policies'] });
  expect(at('<policies><!-- <x> --><outbound>|')).toEqual({ kind: 'text', path: ['policies', 'outbound'] });
});

test('in the name of an element', () => {
  expect(at('<policies><inbound><rate-l|')).toEqual({ kind: 'element', path: ['policies', 'inbound'], typed: 'rate-l' });
  expect(at('<policies><inbound><|')).toMatchObject({ kind: 'element', typed: '' });
});

test('in attributes and their values', () => {
  expect(at('<inbound><rate-limit calls="5" ren|')).toEqual({
    kind: 'attribute',
    path: ['inbound'],
    element: 'rate-limit',
    present: ['calls'],
    typed: 'ren',
  });
  expect(at('<a x="1" | />')).toMatchObject({ kind: 'attribute', present: ['x'], typed: '' });
  expect(at('<set-header exists-action="over|ride">')).toEqual({
    kind: 'value',
    path: [],
    element: 'set-header',
    attribute: 'exists-action',
    typed: 'over',
  });
});

test('in expressions, with the quotes and brackets they hold', () => {
  expect(at('<when condition="@(context.Request.|Method == "GET")">')).toMatchObject({ kind: 'expression', typed: 'context.Request.' });
  expect(at('<a x="@(1 < 2 && ")".Length > 0)"><b>|')).toEqual({ kind: 'text', path: ['a', 'b'] });
  expect(at('<value>@{ return "<x>"; }</value><|')).toMatchObject({ kind: 'element', path: [] });
  expect(at('<value>@(context.|')).toMatchObject({ kind: 'expression' });
});

test('in a closing tag, and in a comment', () => {
  expect(at('<policies><inbound></in|')).toEqual({ kind: 'close', path: ['policies', 'inbound'], typed: 'in' });
  expect(at('<policies><!-- a | -->')).toEqual({ kind: 'comment' });
});

test('any text ends', () => {
  const text = '<policies><a b=\'@(x("\') <c d=>@{"}</';
  for (let i = 0; i <= text.length; i++) expect(placeAt(text, i).kind).toBeTruthy();
});
