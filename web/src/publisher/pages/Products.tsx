import { Checkbox, Textarea, TextInput } from '@mantine/core';
import { PageLink, useGo } from '../../kit/links';
import { Page } from '../../kit/page';
import { Status } from '../../kit/status';
import { useKit } from '../../kit/texts';
import { toast } from '../../kit/toast';
import { useAdding } from '../actions';
import { createNamed, path, useChanged } from '../arm';
import { CreateDialog, needed } from '../create';
import { Listing } from '../listing';
import { useTexts } from '../texts';
import type { Product } from '../types';

/** The list of products. */
export function Products() {
  const t = useTexts();
  const kit = useKit();
  const go = useGo();
  const changed = useChanged();
  const adding = useAdding(t('products.add'));
  return (
    <Page title={t('frame.pages.products')} hint={t('products.hint')} actions={adding.button}>
      <Listing<Product>
        label={t('frame.pages.products')}
        at="/products"
        find={['displayName', 'description']}
        sort="displayName"
        columns={[
          {
            id: 'name',
            header: t('products.title'),
            width: '2fr',
            sort: 'displayName',
            cell: p => <PageLink to={path`/products/${p.name}`}>{p.properties.displayName}</PageLink>,
          },
          { id: 'description', header: t('common.description'), width: '4fr', cell: p => p.properties.description },
          {
            id: 'access',
            header: t('products.access'),
            width: '2fr',
            cell: p =>
              t(
                p.properties.subscriptionRequired === false
                  ? 'products.open'
                  : p.properties.approvalRequired
                    ? 'products.approved'
                    : 'products.protected',
              ),
          },
          { id: 'state', header: t('common.state'), width: '9rem', sort: 'state', cell: p => <ProductState product={p.properties} /> },
        ]}
        icon="product"
        emptyTitle={t('products.empty')}
        emptyText={t('products.emptyText')}
        emptyAction={adding.button}
      />
      <CreateDialog
        title={t('products.add')}
        opened={adding.opened}
        close={adding.close}
        initial={{ displayName: '', description: '', subscriptionRequired: true, approvalRequired: false, multiple: false }}
        check={v => ({ displayName: needed(v.displayName, kit('required')) })}
        submit={async v => {
          const made = await createNamed<Product>(v.displayName, id => path`/products/${id}`, {
            displayName: v.displayName,
            description: v.description,
            subscriptionRequired: v.subscriptionRequired,
            ...(v.subscriptionRequired ? { approvalRequired: v.approvalRequired, subscriptionsLimit: v.multiple ? null : 1 } : {}),
            state: 'notPublished',
          });
          await changed('/products');
          toast(kit('created', { name: made.properties.displayName }));
          adding.close();
          await go(path`/products/${made.name}/apis`);
        }}
      >
        {form => (
          <>
            <TextInput data-autofocus label={t('products.title')} required {...form.getInputProps('displayName')} />
            <Textarea label={t('common.description')} {...form.getInputProps('description')} />
            <Checkbox label={t('products.subscriptionRequired')} {...form.getInputProps('subscriptionRequired', { type: 'checkbox' })} />
            <Checkbox
              label={t('products.approvalRequired')}
              disabled={!form.getValues().subscriptionRequired}
              {...form.getInputProps('approvalRequired', { type: 'checkbox' })}
            />
            <Checkbox
              label={t('products.multiple')}
              disabled={!form.getValues().subscriptionRequired}
              {...form.getInputProps('multiple', { type: 'checkbox' })}
            />
          </>
        )}
      </CreateDialog>
    </Page>
  );
}

/** Whether developers see a product. */
export function ProductState({ product }: { product: Product }) {
  const t = useTexts();
  return product.state === 'published' ? (
    <Status tone="ok">{t('products.published')}</Status>
  ) : (
    <Status tone="plain">{t('products.notPublished')}</Status>
  );
}
