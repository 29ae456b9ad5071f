import { Stack, Textarea, TextInput } from '@mantine/core';
import { PageLink, useGo, usePathNames } from '../../kit/links';
import { Loaded, Page, Panel } from '../../kit/page';
import { Status } from '../../kit/status';
import { useKit } from '../../kit/texts';
import { toast } from '../../kit/toast';
import { DeleteButton, useAdding } from '../actions';
import { createNamed, path, type Stored, useChanged, useStored } from '../arm';
import { CreateDialog, needed } from '../create';
import { Listing } from '../listing';
import { Members } from '../Members';
import { StoredForm } from '../stored';
import { useTexts } from '../texts';
import type { Group } from '../types';

/** The list of groups. */
export function Groups() {
  const t = useTexts();
  const kit = useKit();
  const go = useGo();
  const changed = useChanged();
  const adding = useAdding(t('groups.add'));
  return (
    <Page title={t('frame.pages.groups')} hint={t('groups.hint')} actions={adding.button}>
      <Listing<Group>
        label={t('frame.pages.groups')}
        at="/groups"
        find={['displayName', 'description']}
        sort="displayName"
        columns={[
          {
            id: 'name',
            header: t('common.name'),
            width: '2fr',
            sort: 'displayName',
            cell: g => <PageLink to={path`/groups/${g.name}`}>{g.properties.displayName}</PageLink>,
          },
          { id: 'description', header: t('common.description'), width: '4fr', cell: g => g.properties.description },
          {
            id: 'type',
            header: t('common.type'),
            width: '8rem',
            cell: g => (g.properties.builtIn ? <Status tone="plain">{t('groups.system')}</Status> : t('groups.custom')),
          },
        ]}
        icon="group"
        emptyTitle={t('groups.empty')}
        emptyText={t('groups.emptyText')}
        emptyAction={adding.button}
      />
      <CreateDialog
        title={t('groups.add')}
        opened={adding.opened}
        close={adding.close}
        initial={{ displayName: '', description: '' }}
        check={v => ({ displayName: needed(v.displayName, kit('required')) })}
        submit={async v => {
          const made = await createNamed<Group>(v.displayName, id => path`/groups/${id}`, v);
          await changed('/groups');
          toast(kit('created', { name: made.properties.displayName }));
          adding.close();
          await go(path`/groups/${made.name}`);
        }}
      >
        {form => (
          <>
            <TextInput data-autofocus label={t('common.name')} required {...form.getInputProps('displayName')} />
            <Textarea label={t('common.description')} {...form.getInputProps('description')} />
          </>
        )}
      </CreateDialog>
    </Page>
  );
}

/** One group: what it is, and who is in it. */
export function GroupPage() {
  const t = useTexts();
  const { group: name = '' } = usePathNames();
  const query = useStored<Group>(path`/groups/${name}`);
  const p = query.data?.properties;
  return (
    <Page
      title={query.data?.properties.displayName ?? name}
      crumbs={[{ label: t('frame.pages.groups'), to: '/groups' }]}
      actions={
        p &&
        !p.builtIn && (
          <DeleteButton
            label={t('groups.delete')}
            text={t('groups.deleteText')}
            name={p.displayName}
            at={path`/groups/${name}`}
            list="/groups"
            shownAt={['/products']}
          />
        )
      }
    >
      <Loaded query={query}>{data => <Contents key={data.name} group={data} />}</Loaded>
    </Page>
  );
}

function Contents({ group }: { group: Stored<Group> }) {
  const t = useTexts();
  const p = group.properties;
  return (
    <Stack gap="md">
      {p.builtIn ? (
        <Panel>{p.description || t('groups.system')}</Panel>
      ) : (
        <StoredForm<Group, { displayName: string; description: string }>
          at={path`/groups/${group.name}`}
          stored={group}
          toValues={g => ({ displayName: g.displayName, description: g.description ?? '' })}
          toProperties={v => v}
          shownAt={['/groups']}
          fieldLabel={name => (name === 'displayName' ? t('common.name') : t('common.description'))}
        >
          {form => (
            <Panel>
              <Stack gap="md" maw={640}>
                <TextInput label={t('common.name')} required {...form.getInputProps('displayName')} />
                <Textarea label={t('common.description')} {...form.getInputProps('description')} />
              </Stack>
            </Panel>
          )}
        </StoredForm>
      )}
      <Members
        title={t('groups.members')}
        icon="user"
        at={path`/groups/${group.name}/users`}
        from="/users"
        linkAt={user => path`/groups/${group.name}/users/${user}`}
        nameOf={u => `${u.properties.firstName} ${u.properties.lastName}`}
        pageOf={user => path`/users/${user}`}
        addLabel={t('groups.addMember')}
        emptyTitle={t('groups.nobody')}
        emptyText={group.name === 'guests' ? t('groups.guests') : t('groups.nobodyText')}
        removed={user => t('groups.removed', { user, group: p.displayName })}
        removeLabel={user => t('groups.removeMember', { user })}
        fixed={() => group.name === 'developers' || group.name === 'guests'}
        more={u => u.properties.email}
        changes={['/users']}
      />
    </Stack>
  );
}
