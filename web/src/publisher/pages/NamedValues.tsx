import { ActionIcon, Checkbox, Group, Stack, TagsInput, Text, Textarea, TextInput } from '@mantine/core';
import { Copyable, Secret } from '../../kit/copy';
import { useAsk, useUndoable } from '../../kit/dialogs';
import { SecretInput } from '../../kit/fields';
import { Icon } from '../../kit/icons';
import { PageLink, usePathNames } from '../../kit/links';
import { Loaded, Page, Panel } from '../../kit/page';
import { useMay } from '../../kit/session';
import { Status } from '../../kit/status';
import { useKit } from '../../kit/texts';
import { toast } from '../../kit/toast';
import { useAdding } from '../actions';
import { create, createNamed, path, post, type Resource, remove, type Stored, useChanged, useStored } from '../arm';
import { CreateDialog, needed } from '../create';
import { Listing } from '../listing';
import { StoredForm } from '../stored';
import { useTexts } from '../texts';
import type { NamedValue } from '../types';

/** The list of named values. */
export function NamedValues() {
  const t = useTexts();
  const kit = useKit();
  const changed = useChanged();
  const undoable = useUndoable();
  const ask = useAsk();
  const may = useMay();
  const adding = useAdding(t('values.add'));
  const erase = async (v: Resource<NamedValue>) => {
    const at = path`/namedValues/${v.name}`;
    const { displayName, secret, tags, value } = v.properties;
    if (secret) {
      // its value is nowhere else, so there is no way back
      const done = await ask({
        title: t('values.delete'),
        text: t('values.deleteText'),
        go: kit('delete'),
        danger: true,
        typed: displayName,
        act: () => remove(at),
      });
      if (done) await changed('/namedValues');
      return;
    }
    const undo = async () => {
      await create(at, { displayName, value, tags, secret });
      await changed('/namedValues');
    };
    await ask({
      title: `${t('values.delete')}: ${displayName}`,
      text: t('common.inUse'),
      go: kit('delete'),
      danger: true,
      act: () => undoable(kit('deleted', { name: displayName }), () => remove(at), undo),
    });
    await changed('/namedValues');
  };
  return (
    <Page title={t('frame.pages.namedValues')} hint={t('values.hint', { example: '{{name}}' })} actions={adding.button}>
      <Listing<NamedValue>
        label={t('frame.pages.namedValues')}
        at="/namedValues"
        find={['displayName']}
        sort="displayName"
        columns={[
          {
            id: 'name',
            header: t('common.name'),
            width: '2fr',
            sort: 'displayName',
            cell: v => <PageLink to={path`/namedValues/${v.name}`}>{v.properties.displayName}</PageLink>,
          },
          {
            id: 'use',
            header: t('values.use'),
            width: '2fr',
            cell: v => <Copyable text={`{{${v.properties.displayName}}}`} what={t('values.use')} />,
          },
          {
            id: 'value',
            header: t('common.value'),
            width: '3fr',
            cell: v =>
              v.properties.secret ? (
                may('catalog.keys') ? (
                  <Secret
                    what={v.properties.displayName}
                    load={async () => (await post<{ value: string }>(path`/namedValues/${v.name}/listValue`)).value}
                  />
                ) : (
                  <Status tone="plain">{t('values.secret')}</Status>
                )
              ) : (
                <span className="mono">{v.properties.value}</span>
              ),
          },
          { id: 'tags', header: t('values.tags'), width: '2fr', cell: v => (v.properties.tags ?? []).join(', ') },
          {
            id: 'do',
            header: '',
            width: '2.5rem',
            end: true,
            cell: v =>
              may('catalog.write') && (
                <ActionIcon
                  variant="subtle"
                  color="gray"
                  size="sm"
                  aria-label={`${kit('delete')}: ${v.properties.displayName}`}
                  onClick={() => void erase(v)}
                >
                  <Icon name="trash" size={14} />
                </ActionIcon>
              ),
          },
        ]}
        icon="value"
        emptyTitle={t('values.empty')}
        emptyText={t('values.emptyText')}
        emptyAction={adding.button}
      />
      <CreateDialog
        title={t('values.add')}
        opened={adding.opened}
        close={adding.close}
        initial={{ displayName: '', value: '', secret: false, tags: [] as string[] }}
        check={v => ({
          displayName: needed(v.displayName, kit('required')) ?? (/^[A-Za-z0-9._-]+$/.test(v.displayName) ? null : t('values.nameHint')),
          value: needed(v.value, kit('required')),
        })}
        submit={async v => {
          await createNamed<NamedValue>(v.displayName, id => path`/namedValues/${id}`, v);
          await changed('/namedValues');
          toast(kit('created', { name: v.displayName }));
          adding.close();
        }}
      >
        {form => (
          <>
            <TextInput
              data-autofocus
              label={t('common.name')}
              description={t('values.nameHint')}
              required
              {...form.getInputProps('displayName')}
            />
            <Checkbox label={t('values.isSecret')} {...form.getInputProps('secret', { type: 'checkbox' })} />
            {form.getValues().secret ? (
              <SecretInput label={t('common.value')} required {...form.getInputProps('value')} />
            ) : (
              <Textarea
                label={t('common.value')}
                description={t('values.valueHint')}
                required
                classNames={{ input: 'mono' }}
                {...form.getInputProps('value')}
              />
            )}
            <TagsInput label={`${t('values.tags')} (${kit('optional')})`} {...form.getInputProps('tags')} />
          </>
        )}
      </CreateDialog>
    </Page>
  );
}

/** One named value. */
export function NamedValuePage() {
  const t = useTexts();
  const { value: name = '' } = usePathNames();
  const query = useStored<NamedValue>(path`/namedValues/${name}`);
  return (
    <Page title={query.data?.properties.displayName ?? name} crumbs={[{ label: t('frame.pages.namedValues'), to: '/namedValues' }]}>
      <Loaded query={query}>{data => <Contents key={data.name} value={data} />}</Loaded>
    </Page>
  );
}

type Values = { displayName: string; value: string; secret: boolean; tags: string[] };

function Contents({ value }: { value: Stored<NamedValue> }) {
  const t = useTexts();
  return (
    <StoredForm<NamedValue, Values>
      at={path`/namedValues/${value.name}`}
      stored={value}
      toValues={p => ({ displayName: p.displayName, value: p.value ?? '', secret: p.secret, tags: p.tags ?? [] })}
      toProperties={v => ({
        displayName: v.displayName,
        secret: v.secret,
        tags: v.tags,
        ...(v.value === '' && v.secret ? {} : { value: v.value }),
      })}
      shownAt={['/namedValues']}
      fieldLabel={name =>
        name === 'value'
          ? t('common.value')
          : name === 'tags'
            ? t('values.tags')
            : name === 'secret'
              ? t('values.isSecret')
              : t('common.name')
      }
    >
      {form => (
        <Panel>
          <Stack gap="md" maw={640}>
            <TextInput label={t('common.name')} description={t('values.nameHint')} required {...form.getInputProps('displayName')} />
            <Checkbox label={t('values.isSecret')} {...form.getInputProps('secret', { type: 'checkbox' })} />
            {form.getValues().secret ? (
              <SecretInput label={t('common.value')} description={t('values.keep')} {...form.getInputProps('value')} />
            ) : (
              <Textarea
                label={t('common.value')}
                description={t('values.valueHint')}
                classNames={{ input: 'mono' }}
                {...form.getInputProps('value')}
              />
            )}
            <TagsInput label={t('values.tags')} {...form.getInputProps('tags')} />
            <Group gap="xs">
              <Text size="sm" c="dimmed">
                {t('values.use')}
              </Text>
              <Copyable text={`{{${value.properties.displayName}}}`} what={t('values.use')} />
            </Group>
          </Stack>
        </Panel>
      )}
    </StoredForm>
  );
}
