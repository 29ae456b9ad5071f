import { Button, Group, Modal, Stack, Text } from '@mantine/core';
import { type UseFormReturnType, useForm } from '@mantine/form';
import { useHotkeys } from '@mantine/hooks';
import { useBlocker } from '@tanstack/react-router';
import { type ReactNode, useState } from 'react';
import { useAsk } from './dialogs';
import { ErrorBox } from './errors';
import { ApiError, type Problem } from './http';
import { Icon } from './icons';
import { useKit } from './texts';

export interface EditorOptions<V extends Record<string, unknown>> {
  /** What is stored, with its version; the editor begins with it. */
  stored: { values: V; etag: string };
  /** Stores the values where the version is still etag, and gives what is stored then. */
  save: (values: V, etag: string) => Promise<{ values: V; etag: string }>;
  /** Reads what is stored now, for the choice when somebody else was faster. */
  reload: () => Promise<{ values: V; etag: string }>;
  /** Stores the values under a name of their own; none where there can be no copy. */
  saveCopy?: (values: V) => Promise<void>;
  /** What is wrong with the values, by field, before they are sent. */
  check?: (values: V) => Record<string, string | null>;
  /** Turns the server's name of a field into the form's. */
  fieldOf?: (target: string) => string;
  /** How a field is called where versions are compared. */
  fieldLabel?: (name: string) => string;
}

export interface Editor<V extends Record<string, unknown>> {
  form: UseFormReturnType<V>;
  dirty: boolean;
  busy: boolean;
  save: () => Promise<boolean>;
  /** The bar with Save, and the dialogs; put it at the end of the form. */
  bar: ReactNode;
}

/**
 * Edits a stored resource: nothing is sent before Save, nothing typed is lost by
 * a conflict, an error or the end of the session, and leaving is asked about.
 */
export function useEditor<V extends Record<string, unknown>>(options: EditorOptions<V>): Editor<V> {
  const t = useKit();
  const ask = useAsk();
  const [etag, setEtag] = useState(options.stored.etag);
  const [error, setError] = useState<unknown>();
  const [busy, setBusy] = useState(false);
  const [justSaved, setJustSaved] = useState(false);
  const [theirs, setTheirs] = useState<{ values: V; etag: string }>();
  const form = useForm<V>({
    initialValues: options.stored.values,
    validate: options.check ? values => options.check?.(values) ?? {} : undefined,
  });
  const dirty = form.isDirty();
  useBlocker({
    shouldBlockFn: async () =>
      dirty && !(await ask({ title: t('leave.title'), text: t('leave.text'), go: t('leave.go'), stay: t('leave.stay'), danger: true })),
    enableBeforeUnload: () => dirty,
  });

  const take = (stored: { values: V; etag: string }) => {
    form.setInitialValues(stored.values);
    form.setValues(stored.values);
    form.resetDirty(stored.values);
    form.clearErrors();
    setEtag(stored.etag);
  };
  const send = async (version: string) => {
    setBusy(true);
    setError(undefined);
    try {
      take(await options.save(form.getValues(), version));
      setTheirs(undefined);
      setJustSaved(true);
      return true;
    } catch (failure) {
      if (failure instanceof ApiError && failure.status === 412) {
        setTheirs(await options.reload());
        return false;
      }
      if (failure instanceof ApiError) showProblems(form, failure.problems, options.fieldOf);
      setError(failure);
      return false;
    } finally {
      setBusy(false);
    }
  };
  const save = async () => {
    setJustSaved(false);
    if (form.validate().hasErrors) {
      setError(new Error(t('error.fields')));
      return false;
    }
    return send(etag);
  };
  useHotkeys([['mod+S', () => void save()]], []);

  const bar = (
    <>
      {error !== undefined && (
        <div style={{ marginTop: '1rem' }}>
          <ErrorBox error={error} />
        </div>
      )}
      <div className="save-bar">
        <Button onClick={() => void save()} loading={busy} disabled={!dirty}>
          {t('save')}
        </Button>
        <Button variant="default" disabled={!dirty || busy} onClick={() => form.reset()}>
          {t('discard')}
        </Button>
        <Text size="xs" c="dimmed" role="status">
          {busy ? t('saving') : dirty ? t('unsaved') : justSaved ? t('saved') : t('upToDate')}
        </Text>
      </div>
      {theirs && (
        <Conflict
          mine={form.getValues()}
          theirs={theirs.values}
          label={options.fieldLabel}
          takeTheirs={() => {
            take(theirs);
            setTheirs(undefined);
          }}
          takeMine={() => void send(theirs.etag)}
          copy={
            options.saveCopy &&
            (async () => {
              const mine = form.getValues();
              take(theirs); // so that nothing unsaved keeps the page from going to the copy
              setTheirs(undefined);
              try {
                await options.saveCopy?.(mine);
              } catch (failure) {
                form.setValues(mine);
                setError(failure);
              }
            })
          }
          goOn={() => setTheirs(undefined)}
        />
      )}
    </>
  );
  return { form, dirty, busy, save, bar };
}

/** Puts what the server found wrong beside its fields. */
export function showProblems<V extends Record<string, unknown>>(
  form: UseFormReturnType<V>,
  problems: Problem[],
  fieldOf?: (target: string) => string,
) {
  for (const p of problems) {
    const name = p.target.replace(/^properties\./, '').replace(/\[(\d+)\]/g, '.$1');
    form.setFieldError(fieldOf?.(name) ?? name, p.message);
  }
}

/** Compares two versions, field by field; objects are compared as their JSON. */
export function differences(
  mine: Record<string, unknown>,
  theirs: Record<string, unknown>,
): { name: string; mine: string; theirs: string }[] {
  const text = (v: unknown) => (typeof v === 'string' ? v : v === undefined || v === null ? '' : JSON.stringify(v, null, 1));
  return [...new Set([...Object.keys(mine), ...Object.keys(theirs)])]
    .map(name => ({ name, mine: text(mine[name]), theirs: text(theirs[name]) }))
    .filter(d => d.mine !== d.theirs);
}

interface ConflictProps {
  mine: Record<string, unknown>;
  theirs: Record<string, unknown>;
  label?: (name: string) => string;
  takeTheirs: () => void;
  takeMine: () => void;
  copy?: () => Promise<void>;
  goOn: () => void;
}

/** The choice when somebody else saved first. */
function Conflict(props: ConflictProps) {
  const t = useKit();
  const found = differences(props.mine, props.theirs);
  return (
    <Modal opened onClose={props.goOn} title={t('conflict.title')} size="xl" closeButtonProps={{ 'aria-label': t('close') }}>
      <Stack gap="md">
        <Text size="sm">{t('conflict.text')}</Text>
        {found.length === 0 ? (
          <Text size="sm" c="dimmed">
            {t('conflict.same')}
          </Text>
        ) : (
          <table className="plain-table">
            <thead>
              <tr>
                <th scope="col">{t('conflict.field')}</th>
                <th scope="col">{t('conflict.theirs')}</th>
                <th scope="col">{t('conflict.mine')}</th>
              </tr>
            </thead>
            <tbody>
              {found.map(d => (
                <tr key={d.name}>
                  <th scope="row">{props.label?.(d.name) ?? d.name}</th>
                  <td className="mono">{cut(d.theirs)}</td>
                  <td className="mono">{cut(d.mine)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        )}
        <Choice title={t('conflict.takeTheirs')} hint={t('conflict.takeTheirsHint')} onClick={props.takeTheirs} />
        <Choice title={t('conflict.takeMine')} hint={t('conflict.takeMineHint')} onClick={props.takeMine} />
        {props.copy && <Choice title={t('conflict.asCopy')} hint={t('conflict.asCopyHint')} onClick={() => void props.copy?.()} />}
        <Group justify="flex-end">
          <Button variant="subtle" onClick={props.goOn}>
            {t('conflict.goOn')}
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}

/** One way out of a conflict, and what it means. */
export function Choice({ title, hint, onClick }: { title: string; hint: string; onClick: () => void }) {
  return (
    <Group gap="md" wrap="nowrap">
      <Button variant="default" onClick={onClick} miw="15rem" leftSection={<Icon name="chevronRight" size={14} />} justify="flex-start">
        {title}
      </Button>
      <Text size="xs" c="dimmed">
        {hint}
      </Text>
    </Group>
  );
}

const cut = (text: string) => (text.length > 400 ? `${text.slice(0, 400)}…` : text);
