import { ActionIcon, Button, Group, NumberInput, Select, SimpleGrid, Stack, Text, Textarea, TextInput, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import { useAsk, useUndoable } from '../../kit/dialogs';
import { Empty, ErrorBox } from '../../kit/errors';
import { SecretInput } from '../../kit/fields';
import { useFormat } from '../../kit/format';
import { Icon } from '../../kit/icons';
import { PageLink, usePathNames } from '../../kit/links';
import { Markdown } from '../../kit/Markdown';
import { Loaded, Page, Panel, TabBar } from '../../kit/page';
import { useMay } from '../../kit/session';
import { Status } from '../../kit/status';
import { useKit } from '../../kit/texts';
import { toast } from '../../kit/toast';
import { all, call, find, link, path, put, type Resource, remove, type Stored, useChanged, useStored } from '../arm';
import { Listing } from '../listing';
import { StoredForm } from '../stored';
import { useTexts } from '../texts';
import type { Notification, Template } from '../types';

const tabs = ['recipients', 'templates', 'mail', 'outbox'] as const;

function Frame({ tab, children }: { tab: (typeof tabs)[number]; children: ReactNode }) {
  const t = useTexts();
  return (
    <Page title={t('frame.pages.notifications')} section={t(`notifications.tabs.${tab}`)} hint={t('notifications.hint')}>
      <TabBar
        label={t('frame.pages.notifications')}
        tabs={tabs.map(id => ({
          to: id === 'recipients' ? '/notifications' : `/notifications/${id}`,
          label: t(`notifications.tabs.${id}`),
          exact: id !== 'templates',
        }))}
      />
      {children}
    </Page>
  );
}

/** Who is told of what. */
export function Notifications() {
  const query = useQuery({ queryKey: ['arm', '/notifications', 'all'], queryFn: () => all<Resource<Notification>>('/notifications') });
  return (
    <Frame tab="recipients">
      <Loaded query={query}>
        {list => (
          <Stack gap="md">
            {list.map(n => (
              <Recipients key={n.name} notification={n} />
            ))}
          </Stack>
        )}
      </Loaded>
    </Frame>
  );
}

function Recipients({ notification }: { notification: Resource<Notification> }) {
  const t = useTexts();
  const kit = useKit();
  const may = useMay()('catalog.write');
  const changed = useChanged();
  const undoable = useUndoable();
  const [email, setEmail] = useState('');
  const [error, setError] = useState<unknown>();
  const { title, description, recipients } = notification.properties;
  const at = (address: string) => path`/notifications/${notification.name}/recipientEmails/${address}`;
  const run = async (act: () => Promise<unknown>) => {
    setError(undefined);
    try {
      await act();
      await changed('/notifications');
      return true;
    } catch (failure) {
      setError(failure);
      return false;
    }
  };
  const add = async () => {
    if (!/^[^@\s]+@[^@\s]+$/.test(email.trim())) return setError(new Error(t('notifications.badEmail')));
    if (await run(() => link(at(email.trim())))) setEmail('');
  };
  const drop = (address: string) =>
    run(() =>
      undoable(
        t('notifications.removed', { email: address, what: title }),
        () => remove(at(address)),
        () => link(at(address)).then(() => changed('/notifications')),
      ),
    );
  return (
    <Panel title={title} hint={description}>
      <Stack gap="xs">
        {recipients.emails.length === 0 && recipients.users.length === 0 && (
          <Text size="sm" c="dimmed">
            {t('notifications.nobody')}
          </Text>
        )}
        {recipients.emails.map(address => (
          <Group key={address} gap="xs">
            <Icon name="mail" size={14} />
            {address}
            {may && (
              <ActionIcon
                variant="subtle"
                color="gray"
                size="sm"
                aria-label={t('notifications.removeEmail', { email: address, what: title })}
                onClick={() => void drop(address)}
              >
                <Icon name="close" size={14} />
              </ActionIcon>
            )}
          </Group>
        ))}
        {recipients.users.map(user => (
          <Group key={user} gap="xs">
            <Icon name="user" size={14} />
            <PageLink to={path`/users/${user}`}>{user}</PageLink>
          </Group>
        ))}
        {error !== undefined && <ErrorBox error={error} />}
        {may && (
          <form
            noValidate
            onSubmit={e => {
              e.preventDefault();
              void add();
            }}
          >
            <Group gap="xs">
              <TextInput
                w={280}
                type="email"
                aria-label={`${t('notifications.addEmail')}: ${title}`}
                placeholder={t('notifications.addEmail')}
                value={email}
                onChange={e => setEmail(e.currentTarget.value)}
              />
              <Button type="submit" variant="default" disabled={email.trim() === ''} aria-label={`${kit('add')}: ${title}`}>
                {kit('add')}
              </Button>
            </Group>
          </form>
        )}
      </Stack>
    </Panel>
  );
}

/** The messages that developers get. */
export function Templates() {
  const t = useTexts();
  return (
    <Frame tab="templates">
      <Listing<Template>
        label={t('notifications.tabs.templates')}
        at="/templates"
        find={['title', 'subject']}
        sort="title"
        columns={[
          {
            id: 'title',
            header: t('notifications.kind'),
            width: '2fr',
            sort: 'title',
            cell: m => <PageLink to={path`/notifications/templates/${m.name}`}>{m.properties.title}</PageLink>,
          },
          { id: 'subject', header: t('notifications.subject'), width: '3fr', sort: 'subject', cell: m => m.properties.subject },
          {
            id: 'state',
            header: t('common.state'),
            width: '8rem',
            cell: m => (
              <Status tone={m.properties.isDefault ? 'plain' : 'ok'}>
                {t(m.properties.isDefault ? 'notifications.standard' : 'notifications.changed')}
              </Status>
            ),
          },
        ]}
        icon="mail"
        emptyTitle={t('noMatch.title')}
        emptyText={t('noMatch.text')}
      />
    </Frame>
  );
}

/** One message that developers get. */
export function TemplatePage() {
  const { template: name = '' } = usePathNames();
  const query = useStored<Template>(path`/templates/${name}`);
  return (
    <Frame tab="templates">
      <Loaded query={query}>{data => <TemplateForm key={`${data.name}${data.properties.isDefault}`} template={data} />}</Loaded>
    </Frame>
  );
}

function TemplateForm({ template }: { template: Stored<Template> }) {
  const t = useTexts();
  const ask = useAsk();
  const changed = useChanged();
  const at = path`/templates/${template.name}`;
  const p = template.properties;
  const reset = async () => {
    const done = await ask({
      title: t('notifications.reset'),
      text: t('notifications.resetText'),
      go: t('notifications.reset'),
      danger: true,
      act: () => remove(at),
    });
    if (done) await changed('/templates');
  };
  return (
    <StoredForm<Template, { subject: string; body: string }>
      at={at}
      stored={template}
      toValues={m => ({ subject: m.subject, body: m.body })}
      toProperties={v => v}
      shownAt={['/templates']}
      fieldLabel={name => t(name === 'subject' ? 'notifications.subject' : 'notifications.body')}
    >
      {form => {
        const v = form.getValues();
        return (
          <Stack gap="md">
            <Panel
              title={p.title}
              hint={p.description}
              actions={
                !p.isDefault && (
                  <Button size="xs" variant="default" leftSection={<Icon name="undo" size={14} />} onClick={() => void reset()}>
                    {t('notifications.reset')}
                  </Button>
                )
              }
            >
              <Stack gap="md">
                <TextInput label={t('notifications.subject')} required {...form.getInputProps('subject')} />
                <Textarea
                  label={t('notifications.body')}
                  classNames={{ input: 'mono' }}
                  spellCheck={false}
                  {...form.getInputProps('body')}
                />
                <div>
                  <Text size="sm" fw={500}>
                    {t('notifications.parameters')}
                  </Text>
                  <Text size="xs" c="dimmed" mb={4}>
                    {t('notifications.parametersHint')}
                  </Text>
                  <Group gap={6}>
                    {(p.parameters ?? []).map(x => (
                      <Button
                        key={x.name}
                        size="compact-xs"
                        variant="default"
                        title={x.description}
                        onClick={() => form.setFieldValue('body', `${form.getValues().body}$${x.name}`)}
                      >
                        ${x.name}
                      </Button>
                    ))}
                  </Group>
                </div>
              </Stack>
            </Panel>
            <Preview at={at} subject={v.subject} body={v.body} />
            <SendTest at={at} />
          </Stack>
        );
      }}
    </StoredForm>
  );
}

interface Rendered {
  subject: string;
  body: string;
}

function Preview({ at, subject, body }: { at: string; subject: string; body: string }) {
  const t = useTexts();
  const query = useQuery({
    queryKey: ['preview', at, subject, body],
    queryFn: async () => (await call<Rendered>('POST', `${at}/preview`, { body: { properties: { subject, body } } })).value,
    retry: false,
    placeholderData: old => old,
  });
  return (
    <Panel title={t('notifications.preview')} hint={t('notifications.previewHint')}>
      {query.isError ? (
        <ErrorBox error={query.error} />
      ) : (
        query.data && (
          <>
            <Title order={3}>{query.data.subject}</Title>
            <Markdown text={query.data.body} />
          </>
        )
      )}
    </Panel>
  );
}

function SendTest({ at }: { at: string }) {
  const t = useTexts();
  const [email, setEmail] = useState('');
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  const send = async () => {
    setBusy(true);
    setError(undefined);
    try {
      await call('POST', `${at}/sendTest`, { body: { email: email.trim() } });
      toast(t('notifications.sent', { email }));
    } catch (failure) {
      setError(failure);
    } finally {
      setBusy(false);
    }
  };
  return (
    <Panel>
      <Group align="flex-end" gap="xs">
        <TextInput w={280} type="email" label={t('notifications.sendTest')} value={email} onChange={e => setEmail(e.currentTarget.value)} />
        <Button
          variant="default"
          loading={busy}
          disabled={email.trim() === ''}
          leftSection={<Icon name="send" size={14} />}
          onClick={() => void send()}
        >
          {t('notifications.send')}
        </Button>
      </Group>
      {error !== undefined && <ErrorBox error={error} />}
    </Panel>
  );
}

interface MailServer {
  host: string;
  port?: number;
  security?: string;
  userName?: string;
  from?: string;
  caCertificate?: string;
}

const serverAt = '/mailServers/default';

/** How mail leaves. */
export function MailServerPage() {
  const t = useTexts();
  const may = useMay()('service.write');
  const changed = useChanged();
  const query = useQuery({ queryKey: ['arm', serverAt], queryFn: async () => (await find<MailServer>(serverAt)) ?? null });
  const [host, setHost] = useState('');
  const [error, setError] = useState<unknown>();
  const make = async () => {
    setError(undefined);
    try {
      await put(serverAt, { host: host.trim() }, { ifNoneMatch: '*' });
      await changed(serverAt);
    } catch (failure) {
      setError(failure);
    }
  };
  return (
    <Frame tab="mail">
      <Loaded query={query}>
        {server =>
          server ? (
            <Stack gap="md">
              <ServerForm server={server} />
              {may && <SendTest at={serverAt} />}
            </Stack>
          ) : (
            <div className="panel">
              <Empty
                icon="mail"
                title={t('notifications.noServer')}
                action={
                  may && (
                    <Group align="flex-end" gap="xs">
                      <TextInput
                        label={t('notifications.host')}
                        placeholder="smtp.example.com"
                        value={host}
                        onChange={e => setHost(e.currentTarget.value)}
                      />
                      <Button disabled={host.trim() === ''} onClick={() => void make()}>
                        {t('notifications.setUp')}
                      </Button>
                    </Group>
                  )
                }
              >
                {t('notifications.noServerText')}
              </Empty>
              {error !== undefined && <ErrorBox error={error} />}
            </div>
          )
        }
      </Loaded>
    </Frame>
  );
}

function ServerForm({ server }: { server: Stored<MailServer> }) {
  const t = useTexts();
  return (
    <StoredForm<
      MailServer,
      { host: string; port: number | string; security: string; userName: string; password: string; from: string; caCertificate: string }
    >
      at={serverAt}
      stored={server}
      permission="service.write"
      toValues={p => ({
        host: p.host,
        port: p.port ?? '',
        security: p.security ?? 'starttls',
        userName: p.userName ?? '',
        password: '',
        from: p.from ?? '',
        caCertificate: p.caCertificate ?? '',
      })}
      toProperties={({ password, port, ...v }) => ({ ...v, port: Number(port) || 0, ...(password ? { password } : {}) })}
    >
      {form => (
        <Panel>
          <Stack gap="md" maw={640}>
            <Group grow align="flex-start">
              <TextInput label={t('notifications.host')} required {...form.getInputProps('host')} />
              <NumberInput label={t('notifications.port')} min={1} max={65535} allowDecimal={false} {...form.getInputProps('port')} />
            </Group>
            <Select
              label={t('notifications.security')}
              data={(['starttls', 'tls', 'none'] as const).map(s => ({ value: s, label: t(`notifications.securities.${s}`) }))}
              {...form.getInputProps('security')}
            />
            <SimpleGrid cols={{ base: 1, sm: 2 }}>
              <TextInput label={t('notifications.userName')} autoComplete="off" {...form.getInputProps('userName')} />
              <SecretInput
                label={t('notifications.password')}
                description={t('notifications.passwordKeep')}
                autoComplete="new-password"
                {...form.getInputProps('password')}
              />
            </SimpleGrid>
            <TextInput label={t('notifications.from')} description={t('notifications.fromHint')} {...form.getInputProps('from')} />
            <Textarea label={t('notifications.ca')} classNames={{ input: 'mono' }} {...form.getInputProps('caCertificate')} />
          </Stack>
        </Panel>
      )}
    </StoredForm>
  );
}

interface Waiting {
  template?: string;
  notification?: string;
  recipients?: string[];
  state: string;
  createdDateTime: string;
  attempts?: number;
  problem?: string;
}

/** Messages that wait, and those that could not be delivered. */
export function Outbox() {
  const t = useTexts();
  const kit = useKit();
  const format = useFormat();
  const ask = useAsk();
  const changed = useChanged();
  const may = useMay()('service.write');
  const drop = async (m: Resource<Waiting>) => {
    const done = await ask({
      title: t('notifications.drop'),
      text: t('notifications.dropText'),
      go: kit('delete'),
      danger: true,
      act: () => remove(path`/outbox/${m.name}`),
    });
    if (done) await changed('/outbox');
  };
  return (
    <Frame tab="outbox">
      <Listing<Waiting>
        label={t('notifications.tabs.outbox')}
        at="/outbox"
        find={['state']}
        sort=""
        columns={[
          { id: 'kind', header: t('notifications.kind'), width: '2fr', cell: m => m.properties.template ?? m.properties.notification },
          { id: 'to', header: t('notifications.to'), width: '2fr', cell: m => (m.properties.recipients ?? []).join(', ') },
          { id: 'since', header: t('common.created'), width: '10rem', cell: m => format.dateTime(m.properties.createdDateTime) },
          {
            id: 'state',
            header: t('common.state'),
            width: '7rem',
            cell: m => (
              <Status tone={m.properties.state === 'failed' ? 'bad' : 'warn'}>
                {t(m.properties.state === 'failed' ? 'notifications.states.failed' : 'notifications.states.waiting')}
              </Status>
            ),
          },
          {
            id: 'attempts',
            header: t('notifications.attempts'),
            width: '6rem',
            end: true,
            cell: m => format.number(m.properties.attempts ?? 0),
          },
          { id: 'error', header: t('notifications.answer'), width: '3fr', cell: m => m.properties.problem ?? '' },
          {
            id: 'do',
            header: '',
            width: '2.5rem',
            end: true,
            cell: m =>
              may && (
                <ActionIcon
                  variant="subtle"
                  color="gray"
                  size="sm"
                  aria-label={`${t('notifications.drop')}: ${(m.properties.recipients ?? []).join(', ')}`}
                  onClick={() => void drop(m)}
                >
                  <Icon name="trash" size={14} />
                </ActionIcon>
              ),
          },
        ]}
        icon="mail"
        emptyTitle={t('notifications.outboxEmpty')}
        emptyText={t('notifications.outboxEmptyText')}
      />
    </Frame>
  );
}
