import { Group, Select } from '@mantine/core';
import { useParam } from '../../kit/links';
import { Page } from '../../kit/page';
import { path, type Resource, useAll } from '../arm';
import { PolicyPanel, type PolicyScope } from '../policies/PolicyPanel';
import { useTexts } from '../texts';
import type { Api, Operation, Product } from '../types';

/** The policy documents of every scope: choose the scope, then edit its document. */
export function Policies() {
  const t = useTexts();
  const [product, setProduct] = useParam('product');
  const [api, setApi] = useParam('api');
  const [operation, setOperation] = useParam('operation');
  const products = useAll<Resource<Product>>('/products');
  const apis = useAll<Resource<Api>>('/apis', { $orderby: 'displayName' });
  const { scope, at } = scopeOf(product, api, operation);
  return (
    <Page title={t('frame.pages.policies')} hint={t('policies.hint')} wide>
      <Group mb="md" align="flex-end">
        <Select
          label={t('frame.kinds.product')}
          w={220}
          value={product}
          disabled={api !== ''}
          onChange={v => setProduct(v ?? '')}
          data={[
            { value: '', label: t('policies.all') },
            ...(products.data ?? []).map(p => ({ value: p.name, label: p.properties.displayName })),
          ]}
        />
        <Select
          label={t('frame.kinds.api')}
          w={260}
          searchable
          value={api}
          disabled={product !== ''}
          onChange={v => setApi(v ?? '')}
          data={[{ value: '', label: t('policies.all') }, ...(apis.data ?? []).map(a => ({ value: a.name, label: labelOf(a) }))]}
        />
        {api !== '' && <OperationSelect api={api} value={operation} onChange={setOperation} />}
      </Group>
      <PolicyPanel key={at} scope={scope} at={at} />
    </Page>
  );
}

const labelOf = (a: Resource<Api>) =>
  a.properties.isCurrent === false ? `${a.properties.displayName} (${a.properties.apiRevision})` : a.properties.displayName;

function scopeOf(product: string, api: string, operation: string): { scope: PolicyScope; at: string } {
  if (product !== '') return { scope: 'product', at: path`/products/${product}` };
  if (api !== '' && operation !== '') return { scope: 'operation', at: path`/apis/${api}/operations/${operation}` };
  return api === '' ? { scope: 'global', at: '' } : { scope: 'api', at: path`/apis/${api}` };
}

function OperationSelect({ api, value, onChange }: { api: string; value: string; onChange: (value: string) => void }) {
  const t = useTexts();
  const operations = useAll<Resource<Operation>>(path`/apis/${api}/operations`);
  return (
    <Select
      label={t('policies.operation')}
      w={260}
      searchable
      value={value}
      onChange={v => onChange(v ?? '')}
      data={[
        { value: '', label: t('policies.all') },
        ...(operations.data ?? []).map(o => ({ value: o.name, label: o.properties.displayName })),
      ]}
    />
  );
}
