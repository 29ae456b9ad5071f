// Where a cursor stands in a policy document. Documents are not well-formed XML
// (an expression may hold quotes and angle brackets), so an XML parser will not do.

export type Place =
  | { kind: 'text'; path: string[] } // between elements
  | { kind: 'element'; path: string[]; typed: string } // in the name of an element
  | { kind: 'attribute'; path: string[]; element: string; present: string[]; typed: string }
  | { kind: 'value'; path: string[]; element: string; attribute: string; typed: string }
  | { kind: 'close'; path: string[]; typed: string }
  | { kind: 'expression'; typed: string }
  | { kind: 'comment' };

/** Finds the place of a position; path are the elements around it, from the root. */
export function placeAt(text: string, position: number): Place {
  const path: string[] = [];
  let i = 0;
  while (i < position) {
    if (text.startsWith('<!--', i)) {
      const end = text.indexOf('-->', i + 4);
      if (end < 0 || end + 3 > position) return { kind: 'comment' };
      i = end + 3;
    } else if (text.startsWith('</', i)) {
      const end = text.indexOf('>', i);
      if (end < 0 || end >= position) return { kind: 'close', path, typed: text.slice(i + 2, position) };
      path.pop();
      i = end + 1;
    } else if (text[i] === '<') {
      const tag = readTag(text, i, position, path);
      if (typeof tag === 'object') return tag;
      i = tag;
    } else if (text.startsWith('@(', i) || text.startsWith('@{', i)) {
      const end = expressionEnd(text, i);
      if (end >= position) return { kind: 'expression', typed: wordBefore(text, position) };
      i = end;
    } else {
      i++;
    }
  }
  return { kind: 'text', path };
}

/** Reads a start tag at i: the place, if the position is in it, else where it ends; path gets its name. */
function readTag(text: string, i: number, position: number, path: string[]): Place | number {
  const name = /^[\w.:-]*/.exec(text.slice(i + 1, i + 200))?.[0] ?? '';
  let at = i + 1 + name.length;
  if (at >= position) return { kind: 'element', path, typed: text.slice(i + 1, position) };
  const present: string[] = [];
  for (;;) {
    const space = at;
    while (/\s/.test(text[at] ?? '')) at++;
    if (at >= position && (position > space || at >= text.length)) return { kind: 'attribute', path, element: name, present, typed: '' };
    if (text.startsWith('/>', at)) return at + 2;
    if (text[at] === '>') {
      path.push(name);
      return at + 1;
    }
    const attribute = /^[\w.:-]+/.exec(text.slice(at, at + 200))?.[0] ?? '';
    if (attribute === '') return at + 1; // no markup: go on behind it
    if (at + attribute.length >= position) return { kind: 'attribute', path, element: name, present, typed: text.slice(at, position) };
    present.push(attribute);
    at += attribute.length;
    const quote = /^\s*=\s*(["'])/.exec(text.slice(at, at + 20));
    if (!quote) continue;
    const begin = at + quote[0].length;
    if (begin > position) return { kind: 'attribute', path, element: name, present, typed: '' };
    const isExpression = text.startsWith('@(', begin) || text.startsWith('@{', begin);
    const from = isExpression ? expressionEnd(text, begin) : begin;
    const end = text.indexOf(quote[1] ?? '"', from);
    if (end < 0 || end >= position) {
      if (isExpression && from >= position) return { kind: 'expression', typed: wordBefore(text, position) };
      return { kind: 'value', path, element: name, attribute, typed: text.slice(begin, position) };
    }
    at = end + 1;
  }
}

/** Where the expression that begins at i ends: behind the bracket that closes it, strings left alone. */
function expressionEnd(text: string, i: number): number {
  const open = text[i + 1];
  const close = open === '(' ? ')' : '}';
  let depth = 0;
  for (let at = i + 1; at < text.length; at++) {
    const c = text[at];
    if (c === '"' || c === "'") {
      const end = stringEnd(text, at);
      if (end < 0) return text.length;
      at = end;
    } else if (c === open) depth++;
    else if (c === close && --depth === 0) return at + 1;
  }
  return text.length;
}

function stringEnd(text: string, at: number): number {
  for (let i = at + 1; i < text.length; i++) {
    if (text[i] === '\\') i++;
    else if (text[i] === text[at]) return i;
  }
  return -1;
}

const wordBefore = (text: string, position: number) => /[\w.]*$/.exec(text.slice(Math.max(0, position - 80), position))?.[0] ?? '';
