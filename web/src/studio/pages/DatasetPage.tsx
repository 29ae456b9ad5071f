import { Alert, Button, Stack } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Facts } from '../../kit/fields';
import { useFormat } from '../../kit/format';
import { Icon } from '../../kit/icons';
import { usePathNames } from '../../kit/links';
import { Loaded, Page, Panel } from '../../kit/page';
import { type Dataset, get, inStudio, iso, path } from '../api';
import { useTexts } from '../texts';
import { Visualize } from '../visualize/Visualize';
import { DatasetState, useTypeText } from './Datasets';

/** A dataset: what it is, and what it holds. */
export function DatasetPage() {
  const t = useTexts();
  const format = useFormat();
  const typeText = useTypeText();
  const { dataset = '' } = usePathNames();
  const query = useQuery({
    queryKey: ['datasets', dataset],
    queryFn: () => get<Dataset>(path`/datasources/${dataset}`),
    refetchInterval: q => (q.state.data?.SchemaStatus === 'Pending' ? 700 : false),
  });
  return (
    <Loaded query={query}>
      {d => (
        <Page
          wide
          title={d.Name}
          hint={d.Description}
          badge={<DatasetState dataset={d} />}
          crumbs={[{ label: t('datasets.title'), to: '/datasets' }]}
          actions={
            <Button
              component="a"
              variant="default"
              href={inStudio(path`/datasources/${d.Id}/content`)}
              download
              leftSection={<Icon name="download" size={14} />}
            >
              {t('datasets.download')}
            </Button>
          }
        >
          <Stack gap="md">
            <Panel>
              <Facts
                facts={[
                  [t('datasets.type'), typeText(d.DataTypeId)],
                  [t('datasets.size'), format.bytes(d.Size)],
                  [t('datasets.created'), format.dateTime(iso(d.CreatedDate))],
                  [t('datasets.file'), d.UploadedFromFilename || '–'],
                ]}
              />
            </Panel>
            {d.SchemaStatus === 'Failed' && (
              <Alert color="red" icon={<Icon name="alert" />} title={t('datasets.failed')} role="alert">
                {d.SchemaMessage}
              </Alert>
            )}
            {d.SchemaStatus === 'Complete' && <Visualize at={path`/datasources/${d.Id}/visualization`} id={d.Id} />}
          </Stack>
        </Page>
      )}
    </Loaded>
  );
}
