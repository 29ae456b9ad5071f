import { Select, SimpleGrid, Stack, Textarea, TextInput } from '@mantine/core';
import { Facts, SecretInput } from '../../kit/fields';
import { useFormat } from '../../kit/format';
import { PageLink, useGo, usePathNames } from '../../kit/links';
import { Loaded, Page, Panel, TabBar } from '../../kit/page';
import { Status, type Tone } from '../../kit/status';
import { useKit } from '../../kit/texts';
import { toast } from '../../kit/toast';
import { DeleteButton, useAdding } from '../actions';
import { createNamed, path, type Stored, useChanged, useStored } from '../arm';
import { CreateDialog, needed } from '../create';
import { Listing } from '../listing';
import { Members } from '../Members';
import { StoredForm } from '../stored';
import { useTexts } from '../texts';
import type { User } from '../types';
import { SubscriptionListing } from './Subscriptions';

const tones: Record<User['state'], Tone> = { active: 'ok', blocked: 'bad', pending: 'warn', deleted: 'plain' };

function State({ state }: { state: User['state'] }) {
  const t = useTexts();
  return <Status tone={tones[state] ?? 'plain'}>{t(`users.states.${state}`)}</Status>;
}

/** The list of app developers. */
export function Users() {
  const t = useTexts();
  const kit = useKit();
  const format = useFormat();
  const go = useGo();
  const changed = useChanged();
  const adding = useAdding(t('users.add'));
  return (
    <Page title={t('frame.pages.users')} hint={t('users.hint')} actions={adding.button}>
      <Listing<User>
        label={t('frame.pages.users')}
        at="/users"
        find={['firstName', 'lastName', 'email']}
        sort="lastName"
        columns={[
          {
            id: 'name',
            header: t('common.name'),
            width: '2fr',
            sort: 'lastName',
            cell: u => <PageLink to={path`/users/${u.name}`}>{`${u.properties.firstName} ${u.properties.lastName}`}</PageLink>,
          },
          { id: 'email', header: t('common.email'), width: '2fr', sort: 'email', cell: u => u.properties.email },
          {
            id: 'since',
            header: t('users.since'),
            width: '10rem',
            sort: 'registrationDate',
            cell: u => format.date(u.properties.registrationDate),
          },
          { id: 'state', header: t('common.state'), width: '8rem', sort: 'state', cell: u => <State state={u.properties.state} /> },
        ]}
        icon="user"
        emptyTitle={t('users.empty')}
        emptyText={t('users.emptyText')}
        emptyAction={adding.button}
      />
      <CreateDialog
        title={t('users.add')}
        opened={adding.opened}
        close={adding.close}
        initial={{ firstName: '', lastName: '', email: '', password: '', note: '' }}
        check={v => ({
          firstName: needed(v.firstName, kit('required')),
          lastName: needed(v.lastName, kit('required')),
          email: needed(v.email, kit('required')),
        })}
        submit={async v => {
          const { password, ...rest } = v;
          const made = await createNamed<User>(v.email.replace('@', '-'), id => path`/users/${id}`, {
            ...rest,
            ...(password ? { password } : { confirmation: 'invite' }),
          });
          await changed('/users');
          toast(kit('created', { name: made.properties.email }));
          adding.close();
          await go(path`/users/${made.name}`);
        }}
      >
        {form => (
          <>
            <SimpleGrid cols={2}>
              <TextInput data-autofocus label={t('users.firstName')} required {...form.getInputProps('firstName')} />
              <TextInput label={t('users.lastName')} required {...form.getInputProps('lastName')} />
            </SimpleGrid>
            <TextInput label={t('common.email')} type="email" required {...form.getInputProps('email')} />
            <SecretInput
              label={`${t('users.password')} (${kit('optional')})`}
              description={t('users.passwordHint')}
              autoComplete="new-password"
              {...form.getInputProps('password')}
            />
            <Textarea label={`${t('users.note')} (${kit('optional')})`} {...form.getInputProps('note')} />
          </>
        )}
      </CreateDialog>
    </Page>
  );
}

const tabs = ['profile', 'groups', 'subscriptions'] as const;

/** One app developer; the tab stands in the address. */
export function UserPage({ tab = 'profile' }: { tab?: (typeof tabs)[number] }) {
  const t = useTexts();
  const { user: name = '' } = usePathNames();
  const at = path`/users/${name}`;
  const query = useStored<User>(at);
  const p = query.data?.properties;
  return (
    <Page
      title={p ? `${p.firstName} ${p.lastName}` : name}
      section={t(`users.tabs.${tab}`)}
      crumbs={[{ label: t('frame.pages.users'), to: '/users' }]}
      badge={p && <State state={p.state} />}
      actions={
        p && (
          <DeleteButton
            label={t('users.delete')}
            text={t('users.deleteText')}
            name={p.email}
            at={at}
            query={{ deleteSubscriptions: true }}
            list="/users"
            shownAt={['/subscriptions']}
          />
        )
      }
    >
      <TabBar
        label={name}
        tabs={tabs.map(id => ({ to: id === 'profile' ? at : `${at}/${id}`, label: t(`users.tabs.${id}`), exact: id === 'profile' }))}
      />
      <Loaded query={query}>
        {data =>
          tab === 'groups' ? (
            <UserGroups user={data} />
          ) : tab === 'subscriptions' ? (
            <SubscriptionListing at={`${at}/subscriptions`} user={data.name} />
          ) : (
            <Profile key={data.name} user={data} />
          )
        }
      </Loaded>
    </Page>
  );
}

export const UserGroupsPage = () => <UserPage tab="groups" />;
export const UserSubscriptionsPage = () => <UserPage tab="subscriptions" />;

function Profile({ user }: { user: Stored<User> }) {
  const t = useTexts();
  const format = useFormat();
  return (
    <StoredForm<User, { firstName: string; lastName: string; email: string; state: User['state']; note: string }>
      at={path`/users/${user.name}`}
      stored={user}
      toValues={p => ({ firstName: p.firstName, lastName: p.lastName, email: p.email, state: p.state, note: p.note ?? '' })}
      toProperties={v => v}
      shownAt={['/users']}
      fieldLabel={name => (name === 'email' ? t('common.email') : name === 'state' ? t('common.state') : t(`users.${name as 'note'}`))}
    >
      {form => (
        <Stack gap="md">
          <Panel>
            <Stack gap="md" maw={640}>
              <SimpleGrid cols={2}>
                <TextInput label={t('users.firstName')} required {...form.getInputProps('firstName')} />
                <TextInput label={t('users.lastName')} required {...form.getInputProps('lastName')} />
              </SimpleGrid>
              <TextInput label={t('common.email')} type="email" required {...form.getInputProps('email')} />
              <Select
                label={t('common.state')}
                description={t('users.stateHint')}
                data={(['active', 'blocked', 'pending'] as const).map(s => ({ value: s, label: t(`users.states.${s}`) }))}
                {...form.getInputProps('state')}
              />
              <Textarea label={t('users.note')} description={t('users.noteHint')} {...form.getInputProps('note')} />
            </Stack>
          </Panel>
          <Panel>
            <Facts
              facts={[
                [
                  t('common.id'),
                  <span key="i" className="mono">
                    {user.name}
                  </span>,
                ],
                [t('users.since'), format.dateTime(user.properties.registrationDate)],
                [t('users.identities'), (user.properties.identities ?? []).map(i => `${i.provider}: ${i.id}`).join(', ') || '–'],
              ]}
            />
          </Panel>
        </Stack>
      )}
    </StoredForm>
  );
}

const builtIn = ['developers', 'guests'];

function UserGroups({ user }: { user: Stored<User> }) {
  const t = useTexts();
  const at = path`/users/${user.name}/groups`;
  return (
    <Members
      title={t('users.tabs.groups')}
      icon="group"
      at={at}
      from="/groups"
      linkAt={group => path`/groups/${group}/users/${user.name}`}
      nameOf={g => g.properties.displayName ?? g.name}
      pageOf={group => path`/groups/${group}`}
      addLabel={t('users.addGroup')}
      emptyTitle={t('users.noGroups')}
      emptyText={t('users.noGroupsText')}
      removed={group => t('groups.removed', { user: user.properties.email, group })}
      removeLabel={group => t('users.removeGroup', { group })}
      fixed={g => builtIn.includes(g.name)}
      more={g => g.properties.description}
      changes={['/groups']}
    />
  );
}
