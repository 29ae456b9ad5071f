import { expect, test } from 'vitest';
import { offsetOf } from './PolicyEditor';

test('the offset of a place in a message', () => {
  const text = '<policies>\n<inbound><x/></inbound>';
  expect(text.slice(offsetOf(text, "Error in element 'x' on line 2, column 11: no"))).toBe('x/></inbound>');
  expect(offsetOf(text, 'no place')).toBe(0);
  expect(offsetOf(text, 'line 99, column 1')).toBe(11);
});
