import { Group, TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { DataTable } from '../../kit/DataTable';
import { Empty } from '../../kit/errors';
import { Icon } from '../../kit/icons';
import { ButtonLink, PageLink, useParam } from '../../kit/links';
import { Page } from '../../kit/page';
import { useMay } from '../../kit/session';
import { useKit } from '../../kit/texts';
import { contains, path, type Resource, useRows } from '../arm';
import { useTexts } from '../texts';
import type { Api } from '../types';

/** The list of APIs. */
export function Apis() {
  const t = useTexts();
  const kit = useKit();
  const may = useMay();
  const [text, setText] = useParam('find');
  const [sort, setSort] = useParam('sort', 'displayName');
  const [settled] = useDebouncedValue(text, 200);
  const rows = useRows<Resource<Api>>('/apis', { $filter: contains(settled, 'displayName', 'path', 'serviceUrl'), $orderby: sort });
  const add = may('catalog.write') && (
    <ButtonLink to="/apis/new" leftSection={<Icon name="add" size={14} />}>
      {t('apis.add')}
    </ButtonLink>
  );
  return (
    <Page title={t('apis.title')} hint={t('apis.hint')} actions={add}>
      <Group mb="sm">
        <TextInput
          w={280}
          aria-label={kit('filter')}
          placeholder={kit('filter')}
          leftSection={<Icon name="search" size={14} />}
          value={text}
          onChange={e => setText(e.currentTarget.value)}
        />
      </Group>
      <DataTable
        label={t('apis.title')}
        rows={rows}
        rowKey={a => a.name}
        sort={sort}
        onSort={setSort}
        columns={[
          {
            id: 'name',
            header: t('apis.name'),
            width: '2fr',
            sort: 'displayName',
            cell: a => <PageLink to={path`/apis/${a.name}`}>{a.properties.displayName}</PageLink>,
          },
          {
            id: 'path',
            header: t('apis.suffix'),
            width: '1fr',
            sort: 'path',
            cell: a => <span className="mono">/{a.properties.path}</span>,
          },
          {
            id: 'service',
            header: t('apis.service'),
            width: '2fr',
            sort: 'serviceUrl',
            cell: a => <span className="mono">{a.properties.serviceUrl}</span>,
          },
          { id: 'version', header: t('apis.version'), width: '7rem', cell: a => a.properties.apiVersion ?? '' },
        ]}
        empty={
          settled ? (
            <Empty icon="search" title={t('apis.noMatch.title')}>
              {t('apis.noMatch.text')}
            </Empty>
          ) : (
            <Empty icon="api" title={t('apis.empty.title')} action={add}>
              {t('apis.empty.text')}
            </Empty>
          )
        }
      />
    </Page>
  );
}
