import type { UseFormReturnType } from '@mantine/form';
import { useQuery } from '@tanstack/react-query';
import { type ReactNode, useRef, useState } from 'react';
import { useEditor } from '../../kit/editor';
import { Loaded } from '../../kit/page';
import { useMay } from '../../kit/session';
import { find, put, type Stored, useChanged } from '../arm';
import type { Policy } from '../types';
import { blankPolicy } from './blank';

export interface PolicyPartProps<V extends Record<string, unknown>> {
  /** The path of what the document belongs to. */
  at: string;
  absent: V;
  /** Reads the part; undefined where the document has more than the form can show. */
  read: (document: string) => V | undefined;
  write: (document: string, values: V) => string;
  /** Shown then. */
  custom: ReactNode;
  label?: (name: string) => string;
  children: (form: UseFormReturnType<V>) => ReactNode;
}

/** A form over a part of a policy document; the rest of the document stays as it is. */
export function PolicyPart<V extends Record<string, unknown>>(props: PolicyPartProps<V>) {
  const document = `${props.at}/policies/policy`;
  const stored = useQuery({
    queryKey: ['arm', document, 'rawxml'],
    queryFn: async () => (await find<Policy>(document, { format: 'rawxml' })) ?? null,
  });
  return (
    <Loaded query={stored}>
      {data => (props.read(data?.properties.value ?? blankPolicy) ? <Part {...props} stored={data} /> : props.custom)}
    </Loaded>
  );
}

function Part<V extends Record<string, unknown>>({
  at,
  absent,
  read,
  write,
  label,
  children,
  stored,
}: PolicyPartProps<V> & { stored: Stored<Policy> | null }) {
  const may = useMay()('catalog.write');
  const changed = useChanged();
  const document = `${at}/policies/policy`;
  const text = useRef(stored?.properties.value ?? blankPolicy); // the document into which the form is written
  const [first] = useState({ values: read(text.current) ?? absent, etag: stored?.etag ?? '' });
  const editor = useEditor<V>({
    stored: first,
    save: async (values, etag) => {
      const kept = await put<Policy>(
        document,
        { format: 'rawxml', value: write(text.current, values) },
        etag ? { ifMatch: etag } : { ifNoneMatch: '*' },
      );
      text.current = kept.properties.value;
      await changed(at);
      return { values, etag: kept.etag };
    },
    reload: async () => {
      const now = await find<Policy>(document, { format: 'rawxml' });
      text.current = now?.properties.value ?? blankPolicy;
      return { values: read(text.current) ?? absent, etag: now?.etag ?? '' };
    },
    fieldLabel: label,
  });
  return (
    <>
      <fieldset disabled={!may} style={{ border: 0, padding: 0, margin: 0 }}>
        {children(editor.form)}
      </fieldset>
      {may && editor.bar}
    </>
  );
}
