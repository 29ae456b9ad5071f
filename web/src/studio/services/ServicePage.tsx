import { Button, Group, Select, Stack, Text } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Copyable, Secret } from '../../kit/copy';
import { useAsk } from '../../kit/dialogs';
import { Facts } from '../../kit/fields';
import { useFormat } from '../../kit/format';
import { request } from '../../kit/http';
import { Icon } from '../../kit/icons';
import { useGo, useParam, usePathNames } from '../../kit/links';
import { Loaded, Page, Panel } from '../../kit/page';
import { useMay, useSession } from '../../kit/session';
import { useKit } from '../../kit/texts';
import { get, inScoring, path, type ServiceEndpoint, type StorageAccount, type WebService, workspaceId } from '../api';
import { useTexts } from '../texts';
import { BatchTest } from './BatchTest';
import { Manage } from './Manage';
import { TestForm } from './TestForm';

/** A web service: its endpoints and keys, its help pages, its tests. */
export function ServicePage() {
  const { service: id = '' } = usePathNames();
  const query = useQuery({
    queryKey: ['services', id],
    queryFn: async () => {
      const at = inScoring(path`/webservices/${id}`);
      const [service, endpoints] = await Promise.all([
        request<WebService>('GET', at),
        request<ServiceEndpoint[]>('GET', `${at}/endpoints`),
      ]);
      return { service: service.value, endpoints: endpoints.value };
    },
  });
  return <Loaded query={query}>{data => <Contents {...data} />}</Loaded>;
}

function Contents({ service, endpoints }: { service: WebService; endpoints: ServiceEndpoint[] }) {
  const t = useTexts();
  const ask = useAsk();
  const go = useGo();
  const may = useMay();
  const [name, setName] = useParam('endpoint', service.DefaultEndpointName);
  const endpoint = endpoints.find(e => e.Name === name) ?? endpoints[0];
  return (
    <Page
      title={service.Name}
      hint={service.Description}
      crumbs={[{ label: t('services.title'), to: '/services' }]}
      actions={
        may('studio.write') && (
          <Button
            variant="default"
            leftSection={<Icon name="trash" size={14} />}
            onClick={async () => {
              const gone = await ask({
                title: t('services.deleteTitle', { name: service.Name }),
                text: t('services.deleteText'),
                go: t('services.delete'),
                typed: service.Name,
                danger: true,
                act: () => request('DELETE', inScoring(path`/webservices/${service.Id}`)),
              });
              if (gone) await go('/services', { replace: true });
            }}
          >
            {t('services.delete')}
          </Button>
        )
      }
    >
      <Stack gap="md">
        {endpoints.length > 1 && (
          <Select
            w={280}
            label={t('services.endpoint')}
            value={endpoint?.Name ?? null}
            onChange={v => setName(v ?? '')}
            data={endpoints.map(e => e.Name)}
          />
        )}
        {endpoint && <EndpointParts key={endpoint.Name} service={service} endpoint={endpoint} />}
      </Stack>
    </Page>
  );
}

function EndpointParts({ service, endpoint }: { service: WebService; endpoint: ServiceEndpoint }) {
  const t = useTexts();
  const format = useFormat();
  const session = useSession();
  const may = useMay();
  const serviceId = endpoint.ApiLocation.split('/').pop() ?? '';
  const base = `${session.urls.scoring}/workspaces/${workspaceId()}/services/${serviceId}`;
  const help = `/apihelp/workspaces/${workspaceId()}/webservices/${service.Id}/endpoints/${encodeURIComponent(endpoint.Name)}`;
  return (
    <>
      <Panel
        title={t('services.dashboard')}
        actions={
          <Group gap="xs">
            <Button
              component="a"
              size="xs"
              variant="default"
              href={`${help}/score`}
              target="_blank"
              rel="noopener"
              leftSection={<Icon name="book" size={14} />}
            >
              {t('services.help.rrs')}
            </Button>
            <Button
              component="a"
              size="xs"
              variant="default"
              href={`${help}/jobs`}
              target="_blank"
              rel="noopener"
              leftSection={<Icon name="book" size={14} />}
            >
              {t('services.help.batch')}
            </Button>
          </Group>
        }
      >
        <Facts
          facts={[
            [t('services.workspaceId'), <Copyable key="w" text={workspaceId()} what={t('services.workspaceId')} />],
            [t('services.serviceId'), <Copyable key="s" text={serviceId} what={t('services.serviceId')} />],
            [t('services.url'), <Copyable key="u" text={`${base}/execute?api-version=2.0&details=true`} what={t('services.url')} />],
            [t('services.batchUrl'), <Copyable key="b" text={`${base}/jobs?api-version=2.0`} what={t('services.batchUrl')} />],
            [t('services.primary'), <Key key="p" service={service} endpoint={endpoint} primary />],
            [t('services.secondary'), <Key key="k" service={service} endpoint={endpoint} primary={false} />],
            [t('services.created'), format.dateTime(endpoint.Version)],
          ]}
        />
      </Panel>
      <TestForm service={service} endpoint={endpoint} serviceId={serviceId} />
      <BatchTest endpoint={endpoint} serviceId={serviceId} />
      {may('catalog.write') && <Manage service={service} />}
      <Storage />
    </>
  );
}

function Key({ service, endpoint, primary }: { service: WebService; endpoint: ServiceEndpoint; primary: boolean }) {
  const t = useTexts();
  const ask = useAsk();
  const may = useMay();
  const client = useQueryClient();
  const what = primary ? t('services.primary') : t('services.secondary');
  const key = primary ? endpoint.PrimaryKey : endpoint.SecondaryKey;
  if (key === null) return <Text size="sm">{t('services.concealed')}</Text>;
  const at = inScoring(path`/webservices/${service.Id}/endpoints/${endpoint.Name}`);
  return (
    <Group gap="xs">
      <Secret load={async () => key} what={what} />
      {may('studio.write') && (
        <Button
          size="compact-xs"
          variant="default"
          aria-label={`${t('services.regenerate')}: ${what}`}
          onClick={async () => {
            const done = await ask({
              title: t('services.regenerateTitle', { which: what }),
              text: t('services.regenerateText'),
              go: t('services.regenerate'),
              danger: true,
              act: () => request('POST', `${at}/${primary ? 'regeneratePrimaryKey' : 'regenerateSecondaryKey'}`),
            });
            if (done) await client.invalidateQueries({ queryKey: ['services', service.Id] });
          }}
        >
          {t('services.regenerate')}
        </Button>
      )}
    </Group>
  );
}

/** The workspace's storage account, from which batches read. */
function Storage() {
  const t = useTexts();
  const kit = useKit();
  const query = useQuery({ queryKey: ['storage'], queryFn: () => get<StorageAccount>('/storage') });
  return (
    <Panel title={t('services.storage')}>
      <Loaded query={query}>
        {s => {
          const key = /AccountKey=([^;]+)/.exec(s.ConnectionString ?? '')?.[1];
          return (
            <Facts
              facts={[
                [t('services.account'), <Copyable key="n" text={s.AccountName} what={t('services.account')} />],
                [
                  t('services.accountKey'),
                  key ? <Secret key="k" load={async () => key} what={t('services.accountKey')} /> : t('services.concealed'),
                ],
                [t('services.containers'), s.Containers.length > 0 ? s.Containers.join(', ') : kit('none')],
              ]}
            />
          );
        }}
      </Loaded>
    </Panel>
  );
}
