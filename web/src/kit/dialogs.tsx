import { Button, Group, Modal, Stack, Text, TextInput } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { createContext, type ReactNode, useCallback, useContext, useState } from 'react';
import { ErrorBox } from './errors';
import { useKit } from './texts';

interface Question {
  title: string;
  /** What happens, and to what else. */
  text: ReactNode;
  /** The button's word. */
  go: string;
  /** A name that must be typed first, for what cannot be taken back. */
  typed?: string;
  danger?: boolean;
  /** What is done; the dialog stays open with the error when it fails. */
  act?: () => Promise<unknown>;
  /** The word of the button that closes without doing it. */
  stay?: string;
}

type Ask = (question: Question) => Promise<boolean>;
const AskContext = createContext<Ask>(async () => false);

/** Asks before something is done; true once it was done. */
export const useAsk = () => useContext(AskContext);

export function Dialogs({ children }: { children: ReactNode }) {
  const t = useKit();
  const [open, setOpen] = useState<{ question: Question; done: (yes: boolean) => void }>();
  const [typed, setTyped] = useState('');
  const [error, setError] = useState<unknown>();
  const [busy, setBusy] = useState(false);
  const ask = useCallback<Ask>(
    question =>
      new Promise(done => {
        setTyped('');
        setError(undefined);
        setOpen({ question, done });
      }),
    [],
  );
  const end = (yes: boolean) => {
    open?.done(yes);
    setOpen(undefined);
  };
  const go = async () => {
    setBusy(true);
    setError(undefined);
    try {
      await open?.question.act?.();
      end(true);
    } catch (failure) {
      setError(failure);
    } finally {
      setBusy(false);
    }
  };
  const q = open?.question;
  return (
    <AskContext value={ask}>
      {children}
      <Modal opened={open !== undefined} onClose={() => end(false)} title={q?.title} closeButtonProps={{ 'aria-label': t('close') }}>
        <form
          onSubmit={e => {
            e.preventDefault();
            if (!q?.typed || typed === q.typed) void go();
          }}
        >
          <Stack gap="md">
            <Text size="sm" component="div" style={{ overflowWrap: 'anywhere' }}>
              {q?.text}
            </Text>
            {q?.typed && (
              <TextInput
                data-autofocus
                label={t('confirmName', { name: q.typed })}
                value={typed}
                onChange={e => setTyped(e.currentTarget.value)}
                autoComplete="off"
              />
            )}
            {error !== undefined && <ErrorBox error={error} />}
            <Group justify="flex-end" gap="sm">
              <Button variant="default" onClick={() => end(false)}>
                {q?.stay ?? t('cancel')}
              </Button>
              <Button
                type="submit"
                color={q?.danger ? 'red' : undefined}
                loading={busy}
                disabled={q?.typed !== undefined && typed !== q.typed}
              >
                {q?.go}
              </Button>
            </Group>
          </Stack>
        </form>
      </Modal>
    </AskContext>
  );
}

/** Does something that can be taken back, and offers to do so. */
export function useUndoable() {
  const t = useKit();
  return useCallback(
    async (message: string, act: () => Promise<unknown>, undo: () => Promise<unknown>) => {
      await act();
      const id = notifications.show({
        withBorder: true,
        autoClose: 12000,
        message: (
          <Group justify="space-between" wrap="nowrap">
            <span>{message}</span>
            <Button
              size="xs"
              variant="default"
              onClick={async () => {
                notifications.hide(id);
                try {
                  await undo();
                } catch (error) {
                  notifications.show({
                    title: t('error.title'),
                    message: error instanceof Error ? error.message : '',
                    color: 'red',
                    autoClose: false,
                  });
                }
              }}
            >
              {t('undo')}
            </Button>
          </Group>
        ),
      });
    },
    [t],
  );
}
