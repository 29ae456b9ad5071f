import { Status } from '../../kit/status';
import { path } from '../arm';
import { Members } from '../Members';
import { useTexts } from '../texts';
import { ApiFrame, baseOf } from './ApiFrame';

/** The products that hold an API. */
export function ApiProducts() {
  const t = useTexts();
  return (
    <ApiFrame tab="products">
      {api => {
        const base = baseOf(api.name);
        return (
          <Members
            title={t('apis.tabs.products')}
            hint={t('apis.products.hint')}
            icon="product"
            at={path`/apis/${base}/products`}
            from="/products"
            linkAt={product => path`/products/${product}/apis/${base}`}
            nameOf={p => p.properties.displayName ?? p.name}
            pageOf={product => path`/products/${product}`}
            addLabel={t('apis.products.add')}
            emptyTitle={t('apis.products.none')}
            emptyText={t('apis.products.noneText')}
            removed={product => t('apis.products.removed', { api: api.properties.displayName, product })}
            removeLabel={product => t('apis.products.remove', { product })}
            more={p => (
              <Status tone={p.properties.state === 'published' ? 'ok' : 'plain'}>
                {t(p.properties.state === 'published' ? 'products.published' : 'products.notPublished')}
              </Status>
            )}
            changes={['/products', path`/apis/${base}`]}
          />
        );
      }}
    </ApiFrame>
  );
}
