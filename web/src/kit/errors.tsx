import { Alert, Button, Group, List, Stack, Text, Title } from '@mantine/core';
import { Component, type ReactNode } from 'react';
import { CopyButton } from './copy';
import { ApiError } from './http';
import { Icon, type IconName } from './icons';
import { PageLink } from './links';
import { useKit } from './texts';

/** What a person can read of an error: what happened, and what to do. */
export function useErrorText(): (error: unknown) => { title: string; text: string } {
  const t = useKit();
  return error => {
    if (!(error instanceof ApiError)) return { title: t('error.title'), text: error instanceof Error ? error.message : String(error) };
    if (error.status === 0) return { title: t('error.title'), text: t('error.unreachable') };
    if (error.status === 403) return { title: t('error.forbidden'), text: error.message };
    if (error.status === 404) return { title: t('error.notFound'), text: error.message };
    if (error.status === 429) return { title: t('error.tooMany'), text: error.message };
    if (error.status >= 500) return { title: t('error.title'), text: error.message || t('error.internal') };
    return { title: t('error.title'), text: error.message || `${error.status} ${error.code}` };
  };
}

/** An error beside what failed, with the request's id to copy. */
export function ErrorBox({ error, retry, children }: { error: unknown; retry?: () => void; children?: ReactNode }) {
  const t = useKit();
  const { title, text } = useErrorText()(error);
  const problems = error instanceof ApiError ? error.problems : [];
  return (
    <Alert color="red" title={title} icon={<Icon name="alert" />} role="alert">
      <Stack gap="xs">
        <Text size="sm" style={{ overflowWrap: 'anywhere' }}>
          {text}
        </Text>
        {problems.length > 0 && (
          <List size="sm">
            {problems.map((p, i) => (
              <List.Item key={i}>
                {p.target && <b>{p.target}: </b>}
                {p.message}
              </List.Item>
            ))}
          </List>
        )}
        {children}
        {error instanceof ApiError && error.requestId && (
          <Group gap="xs">
            <Text size="xs" c="dimmed">
              {t('error.requestId')}: <span className="mono">{error.requestId}</span>
            </Text>
            <CopyButton text={error.requestId} what={t('error.requestId')} />
          </Group>
        )}
        {retry && (
          <Group>
            <Button size="xs" variant="default" onClick={retry} leftSection={<Icon name="refresh" size={14} />}>
              {t('retry')}
            </Button>
          </Group>
        )}
      </Stack>
    </Alert>
  );
}

/** What a list shows that has nothing: what it is for, and one thing to do. */
export function Empty({ icon, title, children, action }: { icon: IconName; title: string; children?: ReactNode; action?: ReactNode }) {
  return (
    <Stack align="center" gap="xs" py="xl" px="md" ta="center">
      <span className="muted">
        <Icon name={icon} size={32} />
      </span>
      <Title order={2} size="h3">
        {title}
      </Title>
      <Text size="sm" c="dimmed" maw="34rem">
        {children}
      </Text>
      {action}
    </Stack>
  );
}

/** Keeps a part of the page that failed from taking the rest with it. */
export class Boundary extends Component<{ children: ReactNode }, { error?: unknown }> {
  override state: { error?: unknown } = {};
  static getDerivedStateFromError(error: unknown) {
    return { error };
  }
  override render() {
    if (this.state.error === undefined) return this.props.children;
    return (
      <div className="page">
        <Crash error={this.state.error} retry={() => this.setState({ error: undefined })} />
      </div>
    );
  }
}

/** A part of the page that failed. */
export function Crash({ error, retry }: { error: unknown; retry: () => void }) {
  const t = useKit();
  if (error instanceof ApiError) return <ErrorBox error={error} retry={retry} />;
  return (
    <Alert color="red" title={t('error.crash')} icon={<Icon name="alert" />} role="alert">
      <Stack gap="xs">
        <Text size="sm">{t('error.crashText')}</Text>
        <Text size="xs" className="mono">
          {error instanceof Error ? error.message : String(error)}
        </Text>
        <Group>
          <Button size="xs" variant="default" onClick={retry}>
            {t('retry')}
          </Button>
        </Group>
      </Stack>
    </Alert>
  );
}

/** The page of an address that has none. */
export function NoSuchPage() {
  const t = useKit();
  return (
    <div className="page">
      <Empty icon="search" title={t('error.page')} action={<PageLink to="/">{t('error.home')}</PageLink>}>
        {t('error.pageText', { path: location.pathname })}
      </Empty>
    </div>
  );
}
