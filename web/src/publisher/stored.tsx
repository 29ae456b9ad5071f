import type { UseFormReturnType } from '@mantine/form';
import { type ReactNode, useMemo } from 'react';
import { type Editor, useEditor } from '../kit/editor';
import { useMay } from '../kit/session';
import { useKit } from '../kit/texts';
import { notice } from '../kit/toast';
import { get, type Kept, patch, put, type Query, type Stored, useChanged } from './arm';

export interface StoredFormProps<P, V extends Record<string, unknown>> {
  at: string;
  stored: Stored<P>;
  toValues: (properties: P) => V;
  /** What is sent: with PATCH only what the form has, with PUT the whole. */
  toProperties: (values: V, before: P) => unknown;
  method?: 'PATCH' | 'PUT';
  query?: Query;
  /** Lists and pages that show it too; its own page is always read again. */
  shownAt?: string[];
  check?: (values: V) => Record<string, string | null>;
  fieldOf?: (target: string) => string;
  fieldLabel?: (name: string) => string;
  saveCopy?: (values: V) => Promise<void>;
  permission?: string;
  children: (form: UseFormReturnType<V>, editor: Editor<V>) => ReactNode;
}

/** A form over a stored resource. Who may not change it sees it, and cannot type. */
export function StoredForm<P, V extends Record<string, unknown>>(props: StoredFormProps<P, V>) {
  const { at, stored, toValues } = props;
  const t = useKit();
  const changed = useChanged();
  const may = useMay()(props.permission ?? 'catalog.write');
  // biome-ignore lint/correctness/useExhaustiveDependencies: the form begins with what was stored when it opened, and keeps what is typed
  const first = useMemo(() => ({ values: toValues(stored.properties), etag: stored.etag }), [at]);
  const editor = useEditor<V>({
    stored: first,
    save: async (values, etag) => {
      const properties = props.toProperties(values, stored.properties);
      const kept: Kept<P> = props.method === 'PUT' ? await put<P>(at, properties, { ifMatch: etag }) : await patch<P>(at, properties, etag);
      if (kept.warnings.length > 0) notice(t('warned'), kept.warnings.join('\n'));
      await changed(at, ...(props.shownAt ?? []));
      return { values: toValues(kept.properties), etag: kept.etag };
    },
    reload: async () => {
      const now = await get<P>(at, props.query);
      return { values: toValues(now.properties), etag: now.etag };
    },
    saveCopy: props.saveCopy,
    check: props.check,
    fieldOf: props.fieldOf,
    fieldLabel: props.fieldLabel,
  });
  return (
    <form
      onSubmit={e => {
        e.preventDefault();
        void editor.save();
      }}
    >
      <fieldset disabled={!may} style={{ border: 0, padding: 0, margin: 0, minWidth: 0 }}>
        {props.children(editor.form, editor)}
      </fieldset>
      {may && editor.bar}
    </form>
  );
}
