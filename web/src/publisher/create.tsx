import { Button, Group, Modal, Stack } from '@mantine/core';
import { type UseFormReturnType, useForm } from '@mantine/form';
import { type ReactNode, useState } from 'react';
import { showProblems } from '../kit/editor';
import { ErrorBox } from '../kit/errors';
import { ApiError } from '../kit/http';
import { useKit } from '../kit/texts';

export interface CreateFormProps<V extends Record<string, unknown>> {
  initial: V;
  /** Makes it; what it throws is shown, beside its fields where it names them. */
  submit: (values: V) => Promise<void>;
  check?: (values: V) => Record<string, string | null>;
  fieldOf?: (target: string) => string;
  /** The button's word; "Create" without it. */
  go?: string;
  cancel?: () => void;
  children: (form: UseFormReturnType<V>) => ReactNode;
}

/** A form that makes something new. */
export function CreateForm<V extends Record<string, unknown>>(props: CreateFormProps<V>) {
  const t = useKit();
  const [error, setError] = useState<unknown>();
  const [busy, setBusy] = useState(false);
  const form = useForm<V>({ initialValues: props.initial, validate: props.check ? values => props.check?.(values) ?? {} : undefined });
  const submit = async () => {
    setError(undefined);
    if (form.validate().hasErrors) return;
    setBusy(true);
    try {
      await props.submit(form.getValues());
    } catch (failure) {
      if (failure instanceof ApiError) showProblems(form, failure.problems, props.fieldOf);
      setError(failure);
    } finally {
      setBusy(false);
    }
  };
  return (
    <form
      noValidate
      onSubmit={e => {
        e.preventDefault();
        void submit();
      }}
    >
      <Stack gap="md">
        {props.children(form)}
        {error !== undefined && <ErrorBox error={error} />}
        <Group gap="sm">
          <Button type="submit" loading={busy}>
            {props.go ?? t('create')}
          </Button>
          {props.cancel && (
            <Button variant="default" onClick={props.cancel}>
              {t('cancel')}
            </Button>
          )}
        </Group>
      </Stack>
    </form>
  );
}

/** The same in a dialog; it opens where opened says so. */
export function CreateDialog<V extends Record<string, unknown>>({
  title,
  opened,
  close,
  ...form
}: CreateFormProps<V> & { title: string; opened: boolean; close: () => void }) {
  const t = useKit();
  return (
    <Modal opened={opened} onClose={close} title={title} closeButtonProps={{ 'aria-label': t('close') }}>
      <CreateForm {...form} cancel={close} />
    </Modal>
  );
}

/** Says of a field that it is needed. */
export function needed(text: string, message: string): string | null {
  return text.trim() === '' ? message : null;
}
