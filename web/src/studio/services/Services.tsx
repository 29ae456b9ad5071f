import { Group, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { DataTable } from '../../kit/DataTable';
import { Empty } from '../../kit/errors';
import { useFormat } from '../../kit/format';
import { request } from '../../kit/http';
import { Icon } from '../../kit/icons';
import { PageLink, useParam } from '../../kit/links';
import { Page } from '../../kit/page';
import { fixedRows } from '../../kit/rows';
import { useKit } from '../../kit/texts';
import { inScoring, path, type WebService } from '../api';
import { useTexts } from '../texts';

/** The list of web services. */
export function Services() {
  const t = useTexts();
  const kit = useKit();
  const format = useFormat();
  const [text, setText] = useParam('find');
  const query = useQuery({
    queryKey: ['services'],
    queryFn: async () => (await request<WebService[]>('GET', inScoring('/webservices'))).value,
  });
  const wanted = text.trim().toLowerCase();
  const shown = query.data?.filter(s => s.Name.toLowerCase().includes(wanted));
  return (
    <Page title={t('services.title')} hint={t('services.hint')}>
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
        label={t('services.title')}
        rows={fixedRows(shown, query.error, () => void query.refetch())}
        rowKey={s => s.Id}
        columns={[
          { id: 'name', header: t('services.name'), width: '3fr', cell: s => <PageLink to={path`/services/${s.Id}`}>{s.Name}</PageLink> },
          { id: 'endpoints', header: t('services.endpoints'), width: '7rem', end: true, cell: s => format.number(s.EndpointCount) },
          { id: 'created', header: t('services.created'), width: '12rem', cell: s => format.dateTime(s.CreationTime) },
        ]}
        empty={
          wanted ? (
            <Empty icon="search" title={t('services.noMatch.title')}>
              {t('services.noMatch.text')}
            </Empty>
          ) : (
            <Empty icon="globe" title={t('services.empty.title')}>
              {t('services.empty.text')}
            </Empty>
          )
        }
      />
    </Page>
  );
}
