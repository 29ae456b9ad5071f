import type { Completion, CompletionContext, CompletionResult } from '@codemirror/autocomplete';
import { placeAt } from './place';

// What policies look like, as the server declares them.

export interface AttributeOf {
  name: string;
  required?: boolean;
  kind: string;
  values?: string[];
  min?: number;
  max?: number;
  expressions: boolean;
  offered: boolean;
}

export interface FormOf {
  attributes?: AttributeOf[];
  oneOf?: string[];
  text?: boolean;
  children?: Record<string, FormOf>;
  /** Policies that may stand inside; "*" is every policy. */
  holds?: string[];
}

export interface Declaration {
  name: string;
  sections: string[];
  scopes: string[];
  form: FormOf;
  offered: boolean;
}

export const sections = ['inbound', 'backend', 'outbound', 'on-error'];

/** The policies that may stand in a scope, and in a section if one is named. */
export function allowed(all: Declaration[], scope: string, section?: string): Declaration[] {
  return all.filter(
    d =>
      d.offered &&
      (scope === 'fragment' || d.scopes.some(s => s.toLowerCase() === scope)) &&
      (section === undefined || d.sections.includes(section)),
  );
}

/** The section around a place, or undefined outside of all. */
export const sectionOf = (path: string[]) => path.find(name => sections.includes(name));

/** The forms of what may stand inside the element at a path. */
export function childrenAt(all: Declaration[], scope: string, path: string[]): Record<string, FormOf> {
  if (path.length === 0) return { policies: {}, fragment: {} };
  if (path.length === 1 && path[0] === 'policies') return Object.fromEntries(sections.map(s => [s, {}]));
  const section = sectionOf(path);
  const policies = Object.fromEntries(allowed(all, scope, section).map(d => [d.name, d.form]));
  let inside: Record<string, FormOf> = { ...policies, base: {} };
  for (const name of path.slice(section ? path.indexOf(section) + 1 : 1)) {
    const form = inside[name];
    if (!form) return {};
    inside = { ...form.children };
    for (const held of form.holds ?? []) Object.assign(inside, held === '*' ? policies : { [held]: policies[held] ?? {} });
  }
  return inside;
}

/** The names that expressions know, by what stands before the dot. */
const members: Record<string, string[]> = {
  '': ['context'],
  context: [
    'Api',
    'Deployment',
    'Elapsed',
    'LastError',
    'Operation',
    'Product',
    'Request',
    'RequestId',
    'Response',
    'Subscription',
    'Timestamp',
    'Trace',
    'Tracing',
    'User',
    'Variables',
  ],
  'context.Request': [
    'Body',
    'Certificate',
    'Headers',
    'IpAddress',
    'MatchedParameters',
    'Method',
    'OriginalUrl',
    'PrivateEndpointConnection',
    'Url',
  ],
  'context.Response': ['Body', 'Headers', 'StatusCode', 'StatusReason'],
  'context.Api': ['Id', 'IsCurrentRevision', 'Name', 'Path', 'Revision', 'ServiceUrl', 'Version'],
  'context.Operation': ['Id', 'Method', 'Name', 'UrlTemplate'],
  'context.Product': ['Apis', 'ApprovalRequired', 'Groups', 'Id', 'Name', 'State', 'SubscriptionRequired'],
  'context.Subscription': ['CreatedDate', 'EndDate', 'Id', 'Key', 'Name', 'PrimaryKey', 'SecondaryKey', 'StartDate'],
  'context.User': ['Email', 'FirstName', 'Groups', 'Id', 'Identities', 'LastName', 'Note', 'RegistrationDate'],
  'context.LastError': ['Message', 'Path', 'PolicyId', 'Reason', 'Scope', 'Section', 'Source'],
  'context.Request.Url': ['Host', 'Path', 'Port', 'Query', 'QueryString', 'Scheme'],
};

/** Completes elements, attributes, their values and the context of expressions. */
export function completer(all: Declaration[], scope: string) {
  return (context: CompletionContext): CompletionResult | null => {
    const place = placeAt(context.state.doc.toString(), context.pos);
    const offer = (typed: string, options: Completion[]): CompletionResult => ({
      from: context.pos - typed.length,
      options,
      validFor: /^[\w.-]*$/,
    });
    switch (place.kind) {
      case 'element':
        return offer(
          place.typed,
          Object.entries(childrenAt(all, scope, place.path)).map(([label, form]) => ({
            label,
            type: 'type',
            apply: skeleton(label, form, '').slice(1),
          })),
        );
      case 'close':
        return offer(place.typed, [{ label: `${place.path.at(-1) ?? ''}>` }]);
      case 'attribute':
        return offer(
          place.typed,
          (attributesAt(all, scope, place.path, place.element) ?? [])
            .filter(a => !place.present.includes(a.name))
            .map(a => ({
              label: a.name,
              type: 'property',
              detail: a.required ? '*' : undefined,
              apply: `${a.name}="${a.values?.[0] ?? ''}"`,
            })),
        );
      case 'value': {
        const attribute = attributesAt(all, scope, place.path, place.element)?.find(a => a.name === place.attribute);
        const values = attribute?.values ?? (attribute?.kind === 'boolean' ? ['true', 'false'] : []);
        return values.length === 0
          ? null
          : offer(
              place.typed,
              values.map(label => ({ label, type: 'enum' })),
            );
      }
      case 'expression': {
        const dot = place.typed.lastIndexOf('.');
        const names = members[dot < 0 ? '' : place.typed.slice(0, dot)];
        return names
          ? offer(
              place.typed.slice(dot + 1),
              names.map(label => ({ label, type: 'property' })),
            )
          : null;
      }
      default:
        return null;
    }
  };
}

const attributesAt = (all: Declaration[], scope: string, path: string[], element: string) =>
  childrenAt(all, scope, path)[element]?.attributes?.filter(a => a.offered);

/** A policy with what it cannot do without, to fill in. */
export function skeleton(name: string, form: FormOf, indent = ''): string {
  const required = (form.attributes ?? []).filter(a => a.required || form.oneOf?.[0] === a.name);
  const attributes = required
    .map(
      a => ` ${a.name}="${a.values?.[0] ?? (a.kind === 'integer' ? String(Math.max(a.min ?? 0, 1)) : a.kind === 'boolean' ? 'true' : '')}"`,
    )
    .join('');
  const children = Object.entries(form.children ?? {});
  if (children.length === 0 && !form.text && !form.holds?.length && !sections.includes(name) && name !== 'policies')
    return `${indent}<${name}${attributes} />`;
  const first = children[0];
  const inside = first
    ? `\n${skeleton(first[0], { attributes: first[1].attributes, oneOf: first[1].oneOf, text: first[1].text }, `${indent}    `)}\n${indent}`
    : form.text
      ? ''
      : `\n${indent}    \n${indent}`;
  return `${indent}<${name}${attributes}>${inside}</${name}>`;
}
