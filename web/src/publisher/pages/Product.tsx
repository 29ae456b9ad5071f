import { Button, Checkbox, Group, NumberInput, Stack, TextInput } from '@mantine/core';
import type { ReactNode } from 'react';
import { useAsk } from '../../kit/dialogs';
import { useGo, usePathNames } from '../../kit/links';
import { Loaded, Page, Panel, TabBar } from '../../kit/page';
import { useMay } from '../../kit/session';
import { DeleteButton } from '../actions';
import { createNamed, patch, path, type Stored, useChanged, useStored } from '../arm';
import { MarkdownField } from '../MarkdownField';
import { Members } from '../Members';
import { PolicyPanel } from '../policies/PolicyPanel';
import { StoredForm } from '../stored';
import { useTexts } from '../texts';
import type { Product } from '../types';
import { PlanPanel } from './PlanPanel';
import { ProductState } from './Products';
import { SubscriptionListing } from './Subscriptions';

const tabs = ['settings', 'apis', 'plan', 'visibility', 'subscriptions', 'policies'] as const;

function ProductFrame({ tab, children }: { tab: (typeof tabs)[number]; children: (product: Stored<Product>, at: string) => ReactNode }) {
  const t = useTexts();
  const { product: name = '' } = usePathNames();
  const at = path`/products/${name}`;
  const product = useStored<Product>(at);
  return (
    <Page
      title={product.data?.properties.displayName ?? name}
      section={t(`products.tabs.${tab}`)}
      crumbs={[{ label: t('frame.pages.products'), to: '/products' }]}
      badge={product.data && <ProductState product={product.data.properties} />}
      actions={product.data && <Actions product={product.data} />}
    >
      <TabBar
        label={product.data?.properties.displayName ?? name}
        tabs={tabs.map(id => ({ to: id === 'settings' ? at : `${at}/${id}`, label: t(`products.tabs.${id}`), exact: id === 'settings' }))}
      />
      <Loaded query={product}>{data => children(data, at)}</Loaded>
    </Page>
  );
}

function Actions({ product }: { product: Stored<Product> }) {
  const t = useTexts();
  const ask = useAsk();
  const changed = useChanged();
  const p = product.properties;
  const at = path`/products/${product.name}`;
  const publish = async () => {
    const published = p.state === 'published';
    const done = await ask({
      title: t(published ? 'products.unpublish' : 'products.publish'),
      text: t(published ? 'products.unpublishText' : 'products.publishText', { name: p.displayName }),
      go: t(published ? 'products.unpublish' : 'products.publish'),
      act: () => patch(at, { state: published ? 'notPublished' : 'published' }, '*'),
    });
    if (done) await changed('/products');
  };
  if (!useMay()('catalog.write')) return null;
  return (
    <>
      <Button variant={p.state === 'published' ? 'default' : 'filled'} onClick={() => void publish()}>
        {t(p.state === 'published' ? 'products.unpublish' : 'products.publish')}
      </Button>
      <DeleteButton
        label={t('products.delete')}
        text={t('products.deleteText')}
        name={p.displayName}
        at={at}
        query={{ deleteSubscriptions: true }}
        list="/products"
        shownAt={['/subscriptions']}
      />
    </>
  );
}

const valuesOf = (p: Product) => ({
  displayName: p.displayName,
  description: p.description ?? '',
  terms: p.terms ?? '',
  subscriptionRequired: p.subscriptionRequired ?? true,
  approvalRequired: p.approvalRequired ?? false,
  limited: p.subscriptionsLimit !== undefined && p.subscriptionsLimit !== null,
  subscriptionsLimit: p.subscriptionsLimit ?? 1,
});

const propertiesOf = (v: ReturnType<typeof valuesOf>) => ({
  displayName: v.displayName,
  description: v.description,
  terms: v.terms,
  subscriptionRequired: v.subscriptionRequired,
  approvalRequired: v.subscriptionRequired ? v.approvalRequired : null,
  subscriptionsLimit: v.subscriptionRequired && v.limited ? v.subscriptionsLimit : null,
});

/** What a product is, and who may subscribe to it. */
export function ProductSettings() {
  const t = useTexts();
  const go = useGo();
  const texts = t as unknown as (key: string) => string;
  return (
    <ProductFrame tab="settings">
      {(product, at) => (
        <StoredForm
          key={product.name}
          at={at}
          stored={product}
          toValues={valuesOf}
          toProperties={propertiesOf}
          shownAt={['/products']}
          fieldLabel={name => texts(`products.${name}`)}
          saveCopy={async v => {
            const copy = await createNamed<Product>(v.displayName, id => path`/products/${id}`, propertiesOf(v));
            await go(path`/products/${copy.name}`);
          }}
        >
          {form => (
            <Panel>
              <Stack gap="md" maw={640}>
                <TextInput label={t('products.displayName')} required {...form.getInputProps('displayName')} />
                <MarkdownField label={t('common.description')} {...form.getInputProps('description')} />
                <MarkdownField label={t('products.terms')} description={t('products.termsHint')} {...form.getInputProps('terms')} />
                <Checkbox
                  label={t('products.subscriptionRequired')}
                  {...form.getInputProps('subscriptionRequired', { type: 'checkbox' })}
                />
                <Checkbox
                  label={t('products.approvalRequired')}
                  disabled={!form.getValues().subscriptionRequired}
                  {...form.getInputProps('approvalRequired', { type: 'checkbox' })}
                />
                <Group align="flex-end">
                  <Checkbox
                    mb={8}
                    label={t('products.limited')}
                    disabled={!form.getValues().subscriptionRequired}
                    {...form.getInputProps('limited', { type: 'checkbox' })}
                  />
                  <NumberInput
                    w={110}
                    min={1}
                    allowDecimal={false}
                    aria-label={t('products.subscriptionsLimit')}
                    disabled={!form.getValues().limited || !form.getValues().subscriptionRequired}
                    {...form.getInputProps('subscriptionsLimit')}
                  />
                </Group>
              </Stack>
            </Panel>
          )}
        </StoredForm>
      )}
    </ProductFrame>
  );
}

/** The APIs of a product. */
export function ProductApis() {
  const t = useTexts();
  return (
    <ProductFrame tab="apis">
      {(product, at) => (
        <Members
          title={t('products.tabs.apis')}
          hint={t('products.apisHint')}
          icon="api"
          at={`${at}/apis`}
          from="/apis"
          linkAt={api => at + path`/apis/${api}`}
          nameOf={a => a.properties.displayName ?? a.name}
          pageOf={api => path`/apis/${api}`}
          addLabel={t('products.addApi')}
          emptyTitle={t('products.noApis')}
          emptyText={t('products.noApisText')}
          removed={api => t('apis.products.removed', { api, product: product.properties.displayName })}
          removeLabel={api => t('products.removeApi', { api })}
          changes={['/apis']}
        />
      )}
    </ProductFrame>
  );
}

/** Which groups see a product. */
export function ProductVisibility() {
  const t = useTexts();
  return (
    <ProductFrame tab="visibility">
      {(product, at) => (
        <Members
          title={t('products.tabs.visibility')}
          hint={t('products.visibilityHint')}
          icon="group"
          at={`${at}/groups`}
          from="/groups"
          linkAt={group => at + path`/groups/${group}`}
          nameOf={g => g.properties.displayName ?? g.name}
          pageOf={group => path`/groups/${group}`}
          addLabel={t('products.addGroup')}
          emptyTitle={t('products.noGroups')}
          emptyText={t('products.noGroupsText')}
          removed={group => t('products.hidden', { group, product: product.properties.displayName })}
          removeLabel={group => t('products.hide', { group })}
          more={g => g.properties.description}
        />
      )}
    </ProductFrame>
  );
}

/** The subscriptions to a product. */
export function ProductSubscriptions() {
  return (
    <ProductFrame tab="subscriptions">
      {(product, at) => <SubscriptionListing at={`${at}/subscriptions`} product={product.name} />}
    </ProductFrame>
  );
}

/** The limits of a product, as a plan. */
export function ProductPlan() {
  return <ProductFrame tab="plan">{(_, at) => <PlanPanel at={at} />}</ProductFrame>;
}

/** The policy document of a product. */
export function ProductPolicies() {
  return <ProductFrame tab="policies">{(_, at) => <PolicyPanel key={at} scope="product" at={at} />}</ProductFrame>;
}
