import { ActionIcon } from '@mantine/core';
import { useAsk } from '../../kit/dialogs';
import { Icon } from '../../kit/icons';
import { ButtonLink, PageLink } from '../../kit/links';
import { useMay } from '../../kit/session';
import { Method } from '../../kit/status';
import { useKit } from '../../kit/texts';
import { path, type Resource, remove, type Stored, useChanged } from '../arm';
import { Listing } from '../listing';
import { useTexts } from '../texts';
import type { Api, Operation } from '../types';
import { ApiFrame } from './ApiFrame';

/** The operations of an API. */
export function ApiOperations() {
  return <ApiFrame tab="operations">{api => <Operations api={api} />}</ApiFrame>;
}

function Operations({ api }: { api: Stored<Api> }) {
  const t = useTexts();
  const kit = useKit();
  const may = useMay()('catalog.write');
  const ask = useAsk();
  const changed = useChanged();
  const at = path`/apis/${api.name}/operations`;
  const erase = (o: Resource<Operation>) =>
    ask({
      title: t('apis.operations.delete'),
      text: t('apis.operations.deleteText'),
      go: kit('delete'),
      danger: true,
      typed: o.properties.displayName,
      act: () => remove(at + path`/${o.name}`),
    }).then(async done => {
      if (done) await changed(at);
    });
  const add = may && (
    <ButtonLink to={`${at}/new`} leftSection={<Icon name="add" size={14} />}>
      {t('apis.operations.add')}
    </ButtonLink>
  );
  return (
    <Listing<Operation>
      label={t('apis.tabs.operations')}
      at={at}
      find={['displayName', 'urlTemplate', 'method']}
      sort=""
      beside={<div style={{ marginLeft: 'auto' }}>{add}</div>}
      columns={[
        {
          id: 'method',
          header: t('apis.operations.method'),
          width: '6rem',
          sort: 'method',
          cell: o => <Method method={o.properties.method} />,
        },
        {
          id: 'name',
          header: t('common.name'),
          width: '2fr',
          sort: 'displayName',
          cell: o => <PageLink to={at + path`/${o.name}`}>{o.properties.displayName}</PageLink>,
        },
        {
          id: 'template',
          header: t('apis.operations.template'),
          width: '4fr',
          sort: 'urlTemplate',
          cell: o => (
            <span className="mono" title={o.properties.urlTemplate}>
              {o.properties.urlTemplate}
            </span>
          ),
        },
        {
          id: 'do',
          header: '',
          width: '2.5rem',
          end: true,
          cell: o =>
            may && (
              <ActionIcon
                variant="subtle"
                color="gray"
                size="sm"
                aria-label={`${kit('delete')}: ${o.properties.displayName}`}
                onClick={() => void erase(o)}
              >
                <Icon name="trash" size={14} />
              </ActionIcon>
            ),
        },
      ]}
      icon="api"
      emptyTitle={t('apis.operations.empty')}
      emptyText={t('apis.operations.emptyText')}
      emptyAction={add}
    />
  );
}
