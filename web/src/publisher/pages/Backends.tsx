import { Button, Group, NumberInput, SegmentedControl, Select, Stack, Switch, Text, Textarea, TextInput, Title } from '@mantine/core';
import { Empty } from '../../kit/errors';
import { type Pair, Pairs } from '../../kit/fields';
import { PageLink, useGo, usePathNames } from '../../kit/links';
import { Loaded, Page, Panel } from '../../kit/page';
import { useKit } from '../../kit/texts';
import { toast } from '../../kit/toast';
import { DeleteButton, useAdding } from '../actions';
import { createNamed, idOf, nameOf, path, type Resource, type Stored, useAll, useChanged, useStored } from '../arm';
import { CreateDialog, needed } from '../create';
import { Listing } from '../listing';
import { StoredForm } from '../stored';
import { useTexts } from '../texts';
import type { Backend } from '../types';

const shown = (b: Resource<Backend>) => b.properties.title || b.name;
const isPool = (b: Backend) => b.type?.toLowerCase() === 'pool';

/** The list of backends. */
export function Backends() {
  const t = useTexts();
  const kit = useKit();
  const go = useGo();
  const changed = useChanged();
  const adding = useAdding(t('backends.add'));
  const backends = useAll<Resource<Backend>>('/backends');
  const singles = (backends.data ?? []).filter(b => !isPool(b.properties));
  return (
    <Page title={t('frame.pages.backends')} hint={t('backends.hint')} actions={adding.button}>
      <Listing<Backend>
        label={t('frame.pages.backends')}
        at="/backends"
        find={['title', 'url', 'name']}
        sort="name"
        columns={[
          {
            id: 'name',
            header: t('common.name'),
            width: '2fr',
            sort: 'name',
            cell: b => <PageLink to={path`/backends/${b.name}`}>{shown(b)}</PageLink>,
          },
          {
            id: 'type',
            header: t('common.type'),
            width: '7rem',
            sort: 'type',
            cell: b => t(isPool(b.properties) ? 'backends.pool' : 'backends.single'),
          },
          {
            id: 'url',
            header: t('backends.to'),
            width: '4fr',
            sort: 'url',
            cell: b => (
              <span className="mono">
                {isPool(b.properties) ? (b.properties.pool?.services ?? []).map(s => nameOf(s.id)).join(', ') : b.properties.url}
              </span>
            ),
          },
          {
            id: 'breaker',
            header: t('backends.breaker'),
            width: '9rem',
            cell: b => (b.properties.circuitBreaker?.rules?.length ? kit('yes') : '–'),
          },
        ]}
        icon="backend"
        emptyTitle={t('backends.empty')}
        emptyText={t('backends.emptyText')}
        emptyAction={adding.button}
      />
      <CreateDialog
        title={t('backends.add')}
        opened={adding.opened}
        close={adding.close}
        initial={{ title: '', type: 'Single', url: '', first: '' }}
        check={v => ({
          title: needed(v.title, kit('required')),
          url: v.type === 'Single' ? needed(v.url, kit('required')) : null,
          first: v.type === 'Pool' ? needed(v.first, kit('required')) : null,
        })}
        fieldOf={target => (target.startsWith('pool') ? 'first' : target)}
        submit={async v => {
          const rest =
            v.type === 'Pool' ? { pool: { services: [{ id: idOf(path`/backends/${v.first}`) }] } } : { url: v.url, protocol: 'http' };
          const made = await createNamed<Backend>(v.title, id => path`/backends/${id}`, { title: v.title, type: v.type, ...rest });
          await changed('/backends');
          toast(kit('created', { name: v.title }));
          adding.close();
          await go(path`/backends/${made.name}`);
        }}
      >
        {form => (
          <>
            <TextInput data-autofocus label={t('common.name')} required {...form.getInputProps('title')} />
            <SegmentedControl
              aria-label={t('common.type')}
              data={[
                { value: 'Single', label: t('backends.single') },
                { value: 'Pool', label: t('backends.pool') },
              ]}
              {...form.getInputProps('type')}
            />
            {form.getValues().type === 'Single' ? (
              <TextInput label={t('common.url')} required placeholder="https://" {...form.getInputProps('url')} />
            ) : (
              <Select
                label={t('backends.first')}
                data={singles.map(b => ({ value: b.name, label: shown(b) }))}
                {...form.getInputProps('first')}
              />
            )}
          </>
        )}
      </CreateDialog>
    </Page>
  );
}

/** One backend or pool. */
export function BackendPage() {
  const t = useTexts();
  const { backend: name = '' } = usePathNames();
  const query = useStored<Backend>(path`/backends/${name}`);
  return (
    <Page
      title={query.data ? shown(query.data) : name}
      crumbs={[{ label: t('frame.pages.backends'), to: '/backends' }]}
      actions={
        query.data && (
          <DeleteButton
            label={t('backends.delete')}
            text={`${t('common.inUse')} ${t('common.gone')}`}
            name={shown(query.data)}
            at={path`/backends/${name}`}
            list="/backends"
          />
        )
      }
    >
      <Loaded query={query}>{data => <Contents key={data.name} backend={data} />}</Loaded>
    </Page>
  );
}

interface Member {
  name: string;
  priority: number;
  weight: number;
}

interface Values extends Record<string, unknown> {
  title: string;
  description: string;
  url: string;
  headers: Pair[];
  query: Pair[];
  scheme: string;
  parameter: string;
  chain: boolean;
  certificateName: boolean;
  breaker: boolean;
  count: number;
  interval: string;
  trip: string;
  retryAfter: boolean;
  members: Member[];
}

const pairsOf = (values?: Record<string, string[]>): Pair[] =>
  Object.entries(values ?? {}).flatMap(([name, list]) => list.map(value => ({ name, value })));

function listsOf(pairs: Pair[]): Record<string, string[]> {
  const lists: Record<string, string[]> = {};
  for (const p of pairs.filter(x => x.name.trim() !== '')) lists[p.name.trim()] = [...(lists[p.name.trim()] ?? []), p.value];
  return lists;
}

function valuesOf(b: Backend): Values {
  const rule = b.circuitBreaker?.rules?.[0];
  return {
    title: b.title ?? '',
    description: b.description ?? '',
    url: b.url ?? '',
    headers: pairsOf(b.credentials?.header),
    query: pairsOf(b.credentials?.query),
    scheme: b.credentials?.authorization?.scheme ?? '',
    parameter: b.credentials?.authorization?.parameter ?? '',
    chain: b.tls?.validateCertificateChain ?? true,
    certificateName: b.tls?.validateCertificateName ?? true,
    breaker: rule !== undefined,
    count: rule?.failureCondition.count ?? 5,
    interval: rule?.failureCondition.interval ?? 'PT1M',
    trip: rule?.tripDuration ?? 'PT1M',
    retryAfter: rule?.acceptRetryAfter ?? true,
    members: (b.pool?.services ?? []).map(s => ({ name: nameOf(s.id), priority: s.priority ?? 1, weight: s.weight ?? 1 })),
  };
}

function propertiesOf(v: Values, before: Backend): unknown {
  const own = { title: v.title, description: v.description };
  if (isPool(before))
    return {
      ...own,
      pool: { services: v.members.map(m => ({ id: idOf(path`/backends/${m.name}`), priority: m.priority, weight: m.weight })) },
    };
  const rule = before.circuitBreaker?.rules?.[0];
  return {
    ...own,
    url: v.url,
    credentials: {
      ...before.credentials,
      header: listsOf(v.headers),
      query: listsOf(v.query),
      authorization: v.scheme ? { scheme: v.scheme, parameter: v.parameter } : null,
    },
    tls: { validateCertificateChain: v.chain, validateCertificateName: v.certificateName },
    circuitBreaker: v.breaker
      ? {
          rules: [
            {
              ...rule,
              name: rule?.name ?? 'rule',
              failureCondition: { ...rule?.failureCondition, count: v.count, interval: v.interval },
              tripDuration: v.trip,
              acceptRetryAfter: v.retryAfter,
            },
            ...(before.circuitBreaker?.rules?.slice(1) ?? []),
          ],
        }
      : null,
  };
}

const fieldNames: Record<string, string> = {
  'circuitBreaker.rules.0.tripDuration': 'trip',
  'circuitBreaker.rules.0.failureCondition.interval': 'interval',
  'circuitBreaker.rules.0.failureCondition.count': 'count',
  'credentials.authorization.scheme': 'scheme',
};

function Contents({ backend }: { backend: Stored<Backend> }) {
  const t = useTexts();
  const pool = isPool(backend.properties);
  return (
    <StoredForm<Backend, Values>
      at={path`/backends/${backend.name}`}
      stored={backend}
      toValues={valuesOf}
      toProperties={propertiesOf}
      shownAt={['/backends']}
      fieldOf={target => fieldNames[target] ?? target}
    >
      {form => {
        const v = form.getValues();
        return (
          <Stack gap="md">
            <Panel>
              <Stack gap="md" maw={640}>
                <TextInput label={t('common.name')} {...form.getInputProps('title')} />
                <Textarea label={t('common.description')} {...form.getInputProps('description')} />
                {!pool && <TextInput label={t('common.url')} required {...form.getInputProps('url')} />}
              </Stack>
            </Panel>
            {pool ? (
              <PoolMembers members={v.members} onChange={members => form.setFieldValue('members', members)} />
            ) : (
              <>
                <Panel title={t('backends.credentials')} hint={t('backends.credentialsHint')}>
                  <Stack gap="md" maw={640}>
                    <Group grow>
                      <TextInput label={t('backends.scheme')} placeholder="Bearer" {...form.getInputProps('scheme')} />
                      <TextInput label={t('backends.parameter')} type="password" autoComplete="off" {...form.getInputProps('parameter')} />
                    </Group>
                    <Pairs label={t('backends.headers')} pairs={v.headers} secret onChange={list => form.setFieldValue('headers', list)} />
                    <Pairs label={t('backends.query')} pairs={v.query} secret onChange={list => form.setFieldValue('query', list)} />
                  </Stack>
                </Panel>
                <Panel title="TLS">
                  <Stack gap="sm">
                    <Switch label={t('backends.chain')} {...form.getInputProps('chain', { type: 'checkbox' })} />
                    <Switch label={t('backends.certificateName')} {...form.getInputProps('certificateName', { type: 'checkbox' })} />
                  </Stack>
                </Panel>
                <Panel title={t('backends.breaker')} hint={t('backends.breakerHint')}>
                  <Switch label={t('backends.breakerOn')} mb="sm" {...form.getInputProps('breaker', { type: 'checkbox' })} />
                  <Group align="flex-end">
                    <NumberInput
                      w={130}
                      label={t('backends.count')}
                      min={1}
                      allowDecimal={false}
                      disabled={!v.breaker}
                      {...form.getInputProps('count')}
                    />
                    <TextInput w={130} label={t('backends.interval')} disabled={!v.breaker} {...form.getInputProps('interval')} />
                    <TextInput w={130} label={t('backends.trip')} disabled={!v.breaker} {...form.getInputProps('trip')} />
                    <Switch
                      mb={8}
                      label={t('backends.retryAfter')}
                      disabled={!v.breaker}
                      {...form.getInputProps('retryAfter', { type: 'checkbox' })}
                    />
                  </Group>
                </Panel>
              </>
            )}
          </Stack>
        );
      }}
    </StoredForm>
  );
}

function PoolMembers({ members, onChange }: { members: Member[]; onChange: (members: Member[]) => void }) {
  const t = useTexts();
  const kit = useKit();
  const backends = useAll<Resource<Backend>>('/backends');
  const free = (backends.data ?? []).filter(b => !isPool(b.properties) && !members.some(m => m.name === b.name));
  const set = (i: number, change: Partial<Member>) => onChange(members.map((m, n) => (n === i ? { ...m, ...change } : m)));
  return (
    <Panel title={t('backends.members')} hint={t('backends.membersHint')}>
      <Stack gap="sm">
        {members.length === 0 && <Empty icon="backend" title={t('backends.noMembers')} />}
        {members.map((m, i) => (
          <Group key={m.name} align="flex-end">
            <Title order={3} style={{ flex: 1 }}>
              {m.name}
            </Title>
            <NumberInput
              w={110}
              label={t('backends.priority')}
              min={0}
              max={100}
              allowDecimal={false}
              value={m.priority}
              onChange={n => set(i, { priority: Number(n) })}
            />
            <NumberInput
              w={110}
              label={t('backends.weight')}
              min={0}
              max={100}
              allowDecimal={false}
              value={m.weight}
              onChange={n => set(i, { weight: Number(n) })}
            />
            <Button
              variant="default"
              aria-label={`${kit('remove')}: ${m.name}`}
              onClick={() => onChange(members.filter((_, n) => n !== i))}
            >
              {kit('remove')}
            </Button>
          </Group>
        ))}
        <Select
          w={300}
          aria-label={t('backends.addMember')}
          placeholder={t('backends.addMember')}
          value={null}
          data={free.map(b => ({ value: b.name, label: shown(b) }))}
          onChange={name => name && onChange([...members, { name, priority: 1, weight: 1 }])}
        />
        {free.length === 0 && (
          <Text size="xs" c="dimmed">
            {t('backends.noFree')}
          </Text>
        )}
      </Stack>
    </Panel>
  );
}
