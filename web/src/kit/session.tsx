import { Alert, Anchor, Button, Group, Modal, Stack, Text, TextInput } from '@mantine/core';
import { createContext, type ReactNode, useContext, useEffect, useRef, useState } from 'react';
import { SecretInput } from './fields';
import { onSessionOver } from './http';
import { useKit } from './texts';

/** Who is signed in on the console, and to what. */
export interface Session {
  name: string;
  roles: string[];
  permissions: string[];
  serviceId: string;
  workspaceId: string;
  instance: { name: string; organization: string; email: string; region: string };
  urls: { gateway: string; portal: string; scoring: string; storage: string };
}

const SessionContext = createContext<Session | undefined>(undefined);

/** The staff's session; a page of the console always has one. */
export function useSession(): Session {
  const session = useContext(SessionContext);
  if (!session) throw new Error('no session');
  return session;
}

/** Whether the one who is signed in may do something, such as "catalog.write". */
export function useMay(): (permission: string) => boolean {
  const { permissions } = useSession();
  return permission => permissions.includes(permission);
}

/** Gets the session, or goes to sign in and never comes back. */
export async function requireSession(): Promise<Session> {
  const response = await fetch('/session', { headers: { Accept: 'application/json' }, cache: 'no-store' });
  if (response.status === 401) {
    location.replace(`/signin?${new URLSearchParams({ next: location.pathname + location.search })}`);
    return new Promise(() => undefined);
  }
  if (!response.ok) throw new Error(`GET /session: ${response.status}`);
  return response.json();
}

/** Provides the session, and renews it in a dialog over the page when it is over. */
export function SessionProvider({ session, children }: { session: Session; children: ReactNode }) {
  const t = useKit();
  const [expired, setExpired] = useState(false);
  const waiting = useRef<(() => void)[]>([]);
  useEffect(() => {
    onSessionOver(() => {
      setExpired(true);
      return new Promise(resolve => waiting.current.push(resolve));
    });
  }, []);
  const renewed = () => {
    setExpired(false);
    for (const resolve of waiting.current.splice(0)) resolve();
  };
  return (
    <SessionContext value={session}>
      {children}
      <Modal
        opened={expired}
        onClose={() => undefined}
        title={t('session.title')}
        withCloseButton={false}
        closeOnEscape={false}
        closeOnClickOutside={false}
        zIndex={400}
      >
        <SignInAgain name={session.name} renewed={renewed} />
      </Modal>
    </SessionContext>
  );
}

function SignInAgain({ name: before, renewed }: { name: string; renewed: () => void }) {
  const t = useKit();
  const [name, setName] = useState(before.replace(/^[a-z-]+ (?=\S+$)/, ''));
  const [password, setPassword] = useState('');
  const [error, setError] = useState('');
  const [busy, setBusy] = useState(false);
  const signIn = async () => {
    setBusy(true);
    setError('');
    try {
      const response = await fetch('/session', {
        method: 'POST',
        headers: { 'Content-Type': 'application/json', Accept: 'application/json' },
        body: JSON.stringify({ name, password }),
      });
      if (response.ok) return renewed();
      const body = await response.json().catch(() => undefined);
      setError(body?.error?.message ?? t('session.refused'));
    } catch {
      setError(t('error.unreachable'));
    } finally {
      setBusy(false);
    }
  };
  return (
    <form
      onSubmit={e => {
        e.preventDefault();
        void signIn();
      }}
    >
      <Stack gap="sm">
        <Text size="sm">{t('session.text')}</Text>
        {error && (
          <Alert color="red" role="alert">
            {error}
          </Alert>
        )}
        <TextInput label={t('session.name')} value={name} onChange={e => setName(e.currentTarget.value)} autoComplete="username" />
        <SecretInput
          label={t('session.password')}
          value={password}
          onChange={e => setPassword(e.currentTarget.value)}
          autoComplete="current-password"
          data-autofocus
        />
        <Button type="submit" loading={busy}>
          {t('session.signIn')}
        </Button>
        <Group justify="space-between">
          <Anchor href="/signin" target="_blank" rel="noopener" size="xs">
            {t('session.other')}
          </Anchor>
          <Button variant="subtle" size="xs" onClick={renewed}>
            {t('session.again')}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
