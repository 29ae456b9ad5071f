import { ActionIcon, Button, Group, Menu, Select, Stack, Text, Textarea, TextInput } from '@mantine/core';
import { useState } from 'react';
import { Secret } from '../../kit/copy';
import { useAsk } from '../../kit/dialogs';
import { Facts } from '../../kit/fields';
import { useFormat } from '../../kit/format';
import { Icon } from '../../kit/icons';
import { PageLink, useParam, usePathNames } from '../../kit/links';
import { Loaded, Page, Panel } from '../../kit/page';
import { useMay } from '../../kit/session';
import { Status, type Tone } from '../../kit/status';
import { useKit } from '../../kit/texts';
import { toast } from '../../kit/toast';
import { createNamed, idOf, nameIn, patch, path, post, type Resource, remove, useAll, useChanged, useStored } from '../arm';
import { CreateDialog, needed } from '../create';
import { Listing } from '../listing';
import { useTexts } from '../texts';
import type { Api, Product, Subscription, SubscriptionState, User } from '../types';

const tones: Record<SubscriptionState, Tone> = {
  active: 'ok',
  submitted: 'warn',
  suspended: 'warn',
  rejected: 'bad',
  cancelled: 'plain',
  expired: 'plain',
};
const states = Object.keys(tones) as SubscriptionState[];

function State({ state }: { state: SubscriptionState }) {
  const t = useTexts();
  return <Status tone={tones[state] ?? 'plain'}>{t(`subscriptions.states.${state}`)}</Status>;
}

/** The list of subscriptions. */
export function Subscriptions() {
  const t = useTexts();
  return (
    <Page title={t('frame.pages.subscriptions')} hint={t('subscriptions.hint')}>
      <SubscriptionListing at="/subscriptions" />
    </Page>
  );
}

/** Subscriptions, all or those of a product, with what can be done with each. */
export function SubscriptionListing({ at, product, user }: { at: string; product?: string; user?: string }) {
  const t = useTexts();
  const format = useFormat();
  const may = useMay()('catalog.write');
  const [state, setState] = useParam('state');
  const [adding, setAdding] = useState(false);
  const add = may && (
    <Button ml="auto" leftSection={<Icon name="add" size={14} />} onClick={() => setAdding(true)}>
      {t('subscriptions.add')}
    </Button>
  );
  return (
    <>
      <Listing<Subscription>
        label={t('frame.pages.subscriptions')}
        at={at}
        find={['displayName', 'ownerId', 'scope']}
        sort="createdDate desc"
        filter={state ? `state eq '${state}'` : undefined}
        narrowed={state !== ''}
        beside={
          <>
            <Select
              w={190}
              aria-label={t('common.state')}
              value={state}
              onChange={v => setState(v ?? '')}
              data={[
                { value: '', label: t('subscriptions.anyState') },
                ...states.map(s => ({ value: s, label: t(`subscriptions.states.${s}`) })),
              ]}
            />
            {add}
          </>
        }
        columns={[
          {
            id: 'name',
            header: t('common.name'),
            width: '2fr',
            sort: 'displayName',
            cell: s => <PageLink to={path`/subscriptions/${s.name}`}>{s.properties.displayName || s.name}</PageLink>,
          },
          { id: 'scope', header: t('subscriptions.scope'), width: '2fr', sort: 'scope', cell: s => <Scope scope={s.properties.scope} /> },
          { id: 'owner', header: t('subscriptions.owner'), width: '2fr', cell: s => <Owner owner={s.properties.ownerId} /> },
          {
            id: 'created',
            header: t('common.created'),
            width: '10rem',
            sort: 'createdDate',
            cell: s => format.dateTime(s.properties.createdDate),
          },
          { id: 'state', header: t('common.state'), width: '8rem', sort: 'state', cell: s => <State state={s.properties.state} /> },
          { id: 'do', header: '', width: '2.5rem', end: true, cell: s => may && <Actions subscription={s} /> },
        ]}
        icon="ticket"
        emptyTitle={t('subscriptions.empty')}
        emptyText={t('subscriptions.emptyText')}
        emptyAction={add}
      />
      <AddSubscription opened={adding} close={() => setAdding(false)} product={product} user={user} />
    </>
  );
}

/** What a subscription gives access to, by name. */
export function Scope({ scope }: { scope: string }) {
  const t = useTexts();
  const product = nameIn(scope, 'products');
  if (product) return <PageLink to={path`/products/${product}`}>{product}</PageLink>;
  const api = nameIn(scope, 'apis');
  return api ? <PageLink to={path`/apis/${api}`}>{api}</PageLink> : <span>{t('subscriptions.allApis')}</span>;
}

function Owner({ owner }: { owner?: string }) {
  const name = owner ? nameIn(owner, 'users') : '';
  return name ? <PageLink to={path`/users/${name}`}>{name}</PageLink> : <span className="muted">–</span>;
}

interface Step {
  label: 'approve' | 'reject' | 'suspend' | 'resume' | 'cancel';
  to: SubscriptionState;
}

/** What can be done with a subscription in a state. */
function stepsFrom(state: SubscriptionState): Step[] {
  switch (state) {
    case 'submitted':
      return [
        { label: 'approve', to: 'active' },
        { label: 'reject', to: 'rejected' },
      ];
    case 'active':
      return [
        { label: 'suspend', to: 'suspended' },
        { label: 'cancel', to: 'cancelled' },
      ];
    case 'suspended':
      return [
        { label: 'resume', to: 'active' },
        { label: 'cancel', to: 'cancelled' },
      ];
    default:
      return [{ label: 'resume', to: 'active' }];
  }
}

function useSteps(subscription: Resource<Subscription>) {
  const t = useTexts();
  const kit = useKit();
  const ask = useAsk();
  const changed = useChanged();
  const at = path`/subscriptions/${subscription.name}`;
  const name = subscription.properties.displayName || subscription.name;
  const refresh = () => changed('/subscriptions', '/products', '/users', at);
  const take = async (step: Step) => {
    let comment = '';
    const done = await ask({
      title: `${t(`subscriptions.${step.label}`)}: ${name}`,
      text: (
        <Stack gap="sm">
          {t(`subscriptions.${step.label}Text`)}
          {step.to !== 'active' && <Textarea label={t('subscriptions.comment')} onChange={e => (comment = e.currentTarget.value)} />}
        </Stack>
      ),
      go: t(`subscriptions.${step.label}`),
      danger: step.to !== 'active',
      act: () => patch(at, { state: step.to, stateComment: comment || undefined }, '*'),
    });
    if (done) await refresh();
  };
  const erase = async () => {
    const done = await ask({
      title: t('subscriptions.delete'),
      text: t('subscriptions.deleteText'),
      go: kit('delete'),
      danger: true,
      typed: name,
      act: () => remove(at),
    });
    if (done) {
      toast(kit('deleted', { name }));
      await refresh();
    }
    return done;
  };
  return { take, erase, refresh, steps: subscription.name === 'master' ? [] : stepsFrom(subscription.properties.state) };
}

function Actions({ subscription }: { subscription: Resource<Subscription> }) {
  const t = useTexts();
  const kit = useKit();
  const { take, erase, steps } = useSteps(subscription);
  if (subscription.name === 'master') return null;
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <ActionIcon
          variant="subtle"
          color="gray"
          size="sm"
          aria-label={`${kit('actions')}: ${subscription.properties.displayName || subscription.name}`}
        >
          <Icon name="more" size={14} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        {steps.map(step => (
          <Menu.Item key={step.label} onClick={() => void take(step)}>
            {t(`subscriptions.${step.label}`)}
          </Menu.Item>
        ))}
        <Menu.Divider />
        <Menu.Item c="var(--p-bad)" onClick={() => void erase()}>
          {kit('delete')}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}

function AddSubscription({ opened, close, product, user }: { opened: boolean; close: () => void; product?: string; user?: string }) {
  const t = useTexts();
  const kit = useKit();
  const changed = useChanged();
  const products = useAll<Resource<Product>>('/products');
  const apis = useAll<Resource<Api>>('/apis', { $filter: 'isCurrent ne false', $orderby: 'displayName' });
  const users = useAll<Resource<User>>('/users', { $orderby: 'email' });
  return (
    <CreateDialog
      title={t('subscriptions.add')}
      opened={opened}
      close={close}
      initial={{ displayName: '', scope: product ? path`/products/${product}` : '', owner: user ?? '' }}
      check={v => ({ displayName: needed(v.displayName, kit('required')), scope: needed(v.scope, kit('required')) })}
      fieldOf={target => (target === 'ownerId' ? 'owner' : target)}
      submit={async v => {
        await createNamed<Subscription>(v.displayName, id => path`/subscriptions/${id}`, {
          displayName: v.displayName,
          scope: idOf(v.scope),
          ownerId: v.owner ? idOf(path`/users/${v.owner}`) : undefined,
          state: 'active',
        });
        await changed('/subscriptions', '/products', '/users');
        toast(kit('created', { name: v.displayName }));
        close();
      }}
    >
      {form => (
        <>
          <TextInput data-autofocus label={t('common.name')} required {...form.getInputProps('displayName')} />
          <Select
            label={t('subscriptions.scope')}
            searchable
            disabled={product !== undefined}
            data={[
              {
                group: t('common.products'),
                items: (products.data ?? []).map(p => ({ value: path`/products/${p.name}`, label: p.properties.displayName })),
              },
              {
                group: t('common.apis'),
                items: [
                  { value: '/apis', label: t('subscriptions.allApis') },
                  ...(apis.data ?? []).map(a => ({ value: path`/apis/${a.name}`, label: a.properties.displayName })),
                ],
              },
            ]}
            {...form.getInputProps('scope')}
          />
          <Select
            label={`${t('subscriptions.owner')} (${kit('optional')})`}
            searchable
            clearable
            disabled={user !== undefined}
            data={(users.data ?? []).map(u => ({
              value: u.name,
              label: `${u.properties.firstName} ${u.properties.lastName} (${u.properties.email})`,
            }))}
            {...form.getInputProps('owner')}
          />
        </>
      )}
    </CreateDialog>
  );
}

/** One subscription: whose it is, its keys, what can be done with it. */
export function SubscriptionPage() {
  const t = useTexts();
  const { subscription: name = '' } = usePathNames();
  const query = useStored<Subscription>(path`/subscriptions/${name}`);
  const shown = query.data?.properties.displayName || name;
  return (
    <Page
      title={shown}
      crumbs={[{ label: t('frame.pages.subscriptions'), to: '/subscriptions' }]}
      badge={query.data && <State state={query.data.properties.state} />}
    >
      <Loaded query={query}>{data => <Contents subscription={data} />}</Loaded>
    </Page>
  );
}

function Contents({ subscription }: { subscription: Resource<Subscription> }) {
  const t = useTexts();
  const format = useFormat();
  const ask = useAsk();
  const may = useMay();
  const { take, steps } = useSteps(subscription);
  const p = subscription.properties;
  const at = path`/subscriptions/${subscription.name}`;
  const [version, setVersion] = useState(0); // a new key takes the place of the one that is shown
  const keys = () => post<{ primaryKey: string; secondaryKey: string }>(`${at}/listSecrets`);
  const regenerate = async (which: 'Primary' | 'Secondary') => {
    const title = t(which === 'Primary' ? 'subscriptions.newPrimary' : 'subscriptions.newSecondary');
    const done = await ask({
      title,
      text: t('subscriptions.newText'),
      go: t('subscriptions.regenerate'),
      danger: true,
      act: () => post(`${at}/regenerate${which}Key`),
    });
    if (done) setVersion(version + 1);
  };
  const key = (which: 'Primary' | 'Secondary') => (
    <Group gap="sm" key={`${which}${version}`}>
      <Secret
        what={t(which === 'Primary' ? 'subscriptions.primary' : 'subscriptions.secondary')}
        load={async () => (await keys())[which === 'Primary' ? 'primaryKey' : 'secondaryKey']}
      />
      {may('catalog.write') && (
        <Button
          size="compact-xs"
          variant="default"
          aria-label={t(which === 'Primary' ? 'subscriptions.newPrimary' : 'subscriptions.newSecondary')}
          onClick={() => void regenerate(which)}
        >
          {t('subscriptions.regenerate')}
        </Button>
      )}
    </Group>
  );
  return (
    <Stack gap="md">
      <Panel
        actions={
          may('catalog.write') && (
            <Group gap="xs" ml="auto">
              {steps.map(step => (
                <Button key={step.label} size="xs" variant={step.to === 'active' ? 'filled' : 'default'} onClick={() => void take(step)}>
                  {t(`subscriptions.${step.label}`)}
                </Button>
              ))}
            </Group>
          )
        }
      >
        <Facts
          facts={[
            [
              t('common.id'),
              <span key="i" className="mono">
                {subscription.name}
              </span>,
            ],
            [t('subscriptions.scope'), <Scope key="s" scope={p.scope} />],
            [t('subscriptions.owner'), <Owner key="o" owner={p.ownerId} />],
            [t('common.created'), format.dateTime(p.createdDate)],
            [t('subscriptions.started'), format.dateTime(p.startDate)],
            [t('subscriptions.expires'), p.expirationDate ? format.dateTime(p.expirationDate) : t('common.never')],
            [t('subscriptions.comment'), p.stateComment || '–'],
          ]}
        />
      </Panel>
      {may('catalog.keys') && (
        <Panel title={t('subscriptions.keys')} hint={t('subscriptions.keysHint')}>
          <Facts
            facts={[
              [t('subscriptions.primary'), key('Primary')],
              [t('subscriptions.secondary'), key('Secondary')],
            ]}
          />
        </Panel>
      )}
      <Text size="sm">
        <PageLink to="/analytics/activity" search={{ subscription: subscription.name }}>
          {t('subscriptions.calls')}
        </PageLink>
      </Text>
    </Stack>
  );
}
