import { ActionIcon, Alert, Button, Group, Modal, MultiSelect, Select, Stack, Text, TextInput } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import { Copyable } from '../../kit/copy';
import { DataTable } from '../../kit/DataTable';
import { useAsk } from '../../kit/dialogs';
import { Empty } from '../../kit/errors';
import { Facts } from '../../kit/fields';
import { useFormat } from '../../kit/format';
import { request } from '../../kit/http';
import { Icon } from '../../kit/icons';
import { Page, Panel, TabBar } from '../../kit/page';
import { fixedRows } from '../../kit/rows';
import { useMay, useSession } from '../../kit/session';
import { Status } from '../../kit/status';
import { useKit } from '../../kit/texts';
import { path } from '../arm';
import { CreateDialog, needed } from '../create';
import { useTexts } from '../texts';
import { InstanceForm } from './InstanceForm';

const tabs = ['instance', 'staff', 'tokens'] as const;
const roles = ['administrator', 'publisher', 'data-scientist', 'viewer'] as const;
type Role = (typeof roles)[number];

function Frame({ tab, actions, children }: { tab: (typeof tabs)[number]; actions?: ReactNode; children: ReactNode }) {
  const t = useTexts();
  return (
    <Page title={t('frame.pages.settings')} section={t(`settings.tabs.${tab}`)} hint={t('settings.hint')} actions={actions}>
      <TabBar
        label={t('frame.pages.settings')}
        tabs={tabs.map(id => ({ to: id === 'instance' ? '/settings' : `/settings/${id}`, label: t(`settings.tabs.${id}`), exact: true }))}
      />
      {children}
    </Page>
  );
}

/** The instance: its particulars, and what programs need. */
export function Settings() {
  const t = useTexts();
  const { serviceId, workspaceId } = useSession();
  return (
    <Frame tab="instance">
      <Stack gap="md">
        <InstanceForm />
        <Panel title={t('settings.ids')}>
          <Facts
            facts={[
              [t('settings.managementUrl'), <Copyable key="u" text={location.origin} what={t('settings.managementUrl')} />],
              [t('settings.serviceId'), <Copyable key="s" text={serviceId} what={t('settings.serviceId')} />],
              [t('settings.apiVersion'), <Copyable key="v" text="2024-05-01" what={t('settings.apiVersion')} />],
              [t('settings.workspaceId'), <Copyable key="w" text={workspaceId} what={t('settings.workspaceId')} />],
            ]}
          />
        </Panel>
      </Stack>
    </Frame>
  );
}

interface Member {
  name: string;
  roles: Role[];
  hasPassword: boolean;
  invited?: string | boolean;
}

/** Whether the reader may see members and tokens; a note in their place. */
function ForAdministrators({ children }: { children: ReactNode }) {
  const t = useTexts();
  return useMay()('people.write') ? children : <Alert color="yellow">{t('settings.mayNot')}</Alert>;
}

/** Who of the staff may do what. */
export function Staff() {
  const t = useTexts();
  const may = useMay()('people.write');
  const [adding, setAdding] = useState(false);
  return (
    <Frame
      tab="staff"
      actions={
        may && (
          <Button leftSection={<Icon name="add" size={14} />} onClick={() => setAdding(true)}>
            {t('settings.addStaff')}
          </Button>
        )
      }
    >
      <ForAdministrators>
        <Members adding={adding} close={() => setAdding(false)} />
      </ForAdministrators>
    </Frame>
  );
}

interface Link {
  name: string;
  setupUrl: string;
}

function Members({ adding, close }: { adding: boolean; close: () => void }) {
  const t = useTexts();
  const kit = useKit();
  const ask = useAsk();
  const client = useQueryClient();
  const [link, setLink] = useState<Link>();
  const [editing, setEditing] = useState<Member>();
  const query = useQuery({ queryKey: ['staff'], queryFn: async () => (await request<{ value: Member[] }>('GET', '/staff')).value.value });
  const refresh = () => client.invalidateQueries({ queryKey: ['staff'] });
  const at = (name: string) => path`/staff/${name}`;
  const confirm = async (title: string, text: string, typed: string | undefined, act: () => Promise<unknown>) => {
    if (await ask({ title, text, go: title, danger: true, typed, act })) await refresh();
  };
  return (
    <>
      <Text size="sm" c="dimmed" mb="sm">
        {t('settings.staffHint')}
      </Text>
      <DataTable
        label={t('settings.tabs.staff')}
        rows={fixedRows(query.data, query.error ?? undefined, () => void query.refetch())}
        rowKey={m => m.name}
        columns={[
          { id: 'name', header: t('common.name'), width: '3fr', cell: m => m.name },
          {
            id: 'roles',
            header: t('settings.roles'),
            width: '3fr',
            cell: m => (
              <button
                type="button"
                className="table-sort"
                style={{ color: 'var(--mantine-color-anchor)' }}
                aria-label={`${t('settings.changeRoles', { name: m.name })}: ${m.roles.map(r => t(`settings.roleName.${r}`)).join(', ')}`}
                onClick={() => setEditing(m)}
              >
                {m.roles.map(r => t(`settings.roleName.${r}`)).join(', ')}
              </button>
            ),
          },
          {
            id: 'state',
            header: t('common.state'),
            width: '7rem',
            cell: m => !m.hasPassword && <Status tone="warn">{t('settings.invited')}</Status>,
          },
          {
            id: 'do',
            header: '',
            width: '7rem',
            end: true,
            cell: m => (
              <Group gap={4} justify="flex-end" wrap="nowrap">
                <ActionIcon
                  variant="subtle"
                  color="gray"
                  size="sm"
                  aria-label={t('settings.newLink', { name: m.name })}
                  onClick={async () => setLink((await request<Link>('POST', `${at(m.name)}/setupLink`)).value)}
                >
                  <Icon name="link" size={14} />
                </ActionIcon>
                <ActionIcon
                  variant="subtle"
                  color="gray"
                  size="sm"
                  aria-label={t('settings.sessions', { name: m.name })}
                  onClick={() =>
                    void confirm(t('settings.sessions', { name: m.name }), t('settings.sessionsText', { name: m.name }), undefined, () =>
                      request('DELETE', `${at(m.name)}/sessions`),
                    )
                  }
                >
                  <Icon name="signOut" size={14} />
                </ActionIcon>
                <ActionIcon
                  variant="subtle"
                  color="gray"
                  size="sm"
                  aria-label={t('settings.removeStaff', { name: m.name })}
                  onClick={() =>
                    void confirm(t('settings.removeStaff', { name: m.name }), t('settings.removeStaffText'), m.name, () =>
                      request('DELETE', at(m.name)),
                    )
                  }
                >
                  <Icon name="trash" size={14} />
                </ActionIcon>
              </Group>
            ),
          },
        ]}
        empty={<Empty icon="user" title={t('settings.tabs.staff')} />}
      />
      <CreateDialog
        title={t('settings.addStaff')}
        opened={adding}
        close={close}
        initial={{ name: '', roles: ['publisher'] as string[] }}
        check={v => ({ name: needed(v.name, kit('required')), roles: v.roles.length > 0 ? null : kit('required') })}
        submit={async v => {
          const made = (await request<Link>('PUT', at(v.name.trim()), { body: { roles: v.roles } })).value;
          await refresh();
          close();
          setLink(made);
        }}
      >
        {form => (
          <>
            <TextInput data-autofocus label={t('settings.signInName')} type="email" required {...form.getInputProps('name')} />
            <MultiSelect
              label={t('settings.roles')}
              data={roles.map(r => ({ value: r, label: t(`settings.role.${r}`) }))}
              {...form.getInputProps('roles')}
            />
          </>
        )}
      </CreateDialog>
      <CreateDialog
        key={editing?.name}
        title={t('settings.changeRoles', { name: editing?.name ?? '' })}
        go={kit('save')}
        opened={editing !== undefined}
        close={() => setEditing(undefined)}
        initial={{ roles: (editing?.roles ?? []) as string[] }}
        check={v => ({ roles: v.roles.length > 0 ? null : kit('required') })}
        submit={async v => {
          await request('PUT', at(editing?.name ?? ''), { body: { roles: v.roles } });
          await refresh();
          setEditing(undefined);
        }}
      >
        {form => (
          <MultiSelect
            label={t('settings.roles')}
            data={roles.map(r => ({ value: r, label: t(`settings.role.${r}`) }))}
            {...form.getInputProps('roles')}
          />
        )}
      </CreateDialog>
      <Modal
        opened={link?.setupUrl !== undefined}
        onClose={() => setLink(undefined)}
        title={t('settings.setupLink')}
        closeButtonProps={{ 'aria-label': kit('close') }}
      >
        <Stack gap="sm">
          <Text size="sm">{t('settings.setupLinkText', { name: link?.name ?? '' })}</Text>
          <Copyable text={link?.setupUrl ?? ''} what={t('settings.setupLink')} />
        </Stack>
      </Modal>
    </>
  );
}

interface Token {
  name: string;
  role: Role;
  created: string;
  expires?: string;
}

/** The tokens of programs. */
export function AccessTokens() {
  const t = useTexts();
  const may = useMay()('people.write');
  const [adding, setAdding] = useState(false);
  return (
    <Frame
      tab="tokens"
      actions={
        may && (
          <Button leftSection={<Icon name="add" size={14} />} onClick={() => setAdding(true)}>
            {t('settings.addToken')}
          </Button>
        )
      }
    >
      <ForAdministrators>
        <Tokens adding={adding} close={() => setAdding(false)} />
      </ForAdministrators>
    </Frame>
  );
}

function Tokens({ adding, close }: { adding: boolean; close: () => void }) {
  const t = useTexts();
  const kit = useKit();
  const format = useFormat();
  const ask = useAsk();
  const client = useQueryClient();
  const [made, setMade] = useState<{ name: string; token: string }>();
  const query = useQuery({
    queryKey: ['tokens'],
    queryFn: async () => (await request<{ value: Token[] | null }>('GET', '/tokens')).value.value ?? [],
  });
  const refresh = () => client.invalidateQueries({ queryKey: ['tokens'] });
  const revoke = async (name: string) => {
    const title = t('settings.revoke', { name });
    if (
      await ask({
        title,
        text: t('settings.revokeText'),
        go: title,
        danger: true,
        typed: name,
        act: () => request('DELETE', path`/tokens/${name}`),
      })
    )
      await refresh();
  };
  return (
    <>
      <Text size="sm" c="dimmed" mb="sm">
        {t('settings.tokensHint')}
      </Text>
      <DataTable
        label={t('settings.tabs.tokens')}
        rows={fixedRows(query.data, query.error ?? undefined, () => void query.refetch())}
        rowKey={x => x.name}
        columns={[
          { id: 'name', header: t('common.name'), width: '3fr', cell: x => x.name },
          { id: 'role', header: t('settings.roles'), width: '2fr', cell: x => t(`settings.roleName.${x.role}`) },
          { id: 'created', header: t('common.created'), width: '11rem', cell: x => format.dateTime(x.created) },
          {
            id: 'expires',
            header: t('settings.expires'),
            width: '11rem',
            cell: x => (x.expires ? format.dateTime(x.expires) : t('common.never')),
          },
          {
            id: 'do',
            header: '',
            width: '2.5rem',
            end: true,
            cell: x => (
              <ActionIcon
                variant="subtle"
                color="gray"
                size="sm"
                aria-label={t('settings.revoke', { name: x.name })}
                onClick={() => void revoke(x.name)}
              >
                <Icon name="trash" size={14} />
              </ActionIcon>
            ),
          },
        ]}
        empty={
          <Empty icon="key" title={t('settings.noTokens')}>
            {t('settings.noTokensText')}
          </Empty>
        }
      />
      <CreateDialog
        title={t('settings.addToken')}
        opened={adding}
        close={close}
        initial={{ name: '', role: 'publisher' as string, expires: '' }}
        check={v => ({ name: needed(v.name, kit('required')) })}
        submit={async v => {
          const answer = await request<{ token: string }>('PUT', path`/tokens/${v.name.trim()}`, {
            body: { role: v.role, expires: v.expires ? new Date(v.expires).toISOString() : undefined },
          });
          await refresh();
          close();
          setMade({ name: v.name, token: answer.value.token });
        }}
      >
        {form => (
          <>
            <TextInput data-autofocus label={t('settings.tokenName')} required {...form.getInputProps('name')} />
            <Select
              label={t('settings.roles')}
              data={roles.map(r => ({ value: r, label: t(`settings.role.${r}`) }))}
              {...form.getInputProps('role')}
            />
            <TextInput type="date" label={`${t('settings.expires')} (${kit('optional')})`} {...form.getInputProps('expires')} />
          </>
        )}
      </CreateDialog>
      <Modal
        opened={made !== undefined}
        onClose={() => setMade(undefined)}
        title={t('settings.tokenMade', { name: made?.name ?? '' })}
        closeButtonProps={{ 'aria-label': kit('close') }}
      >
        <Stack gap="sm">
          <Text size="sm">{t('settings.tokenOnce')}</Text>
          <Copyable text={made?.token ?? ''} what={t('settings.tokenMade', { name: made?.name ?? '' })} />
        </Stack>
      </Modal>
    </>
  );
}
