import { Button, Group, Loader, MultiSelect, SegmentedControl, Stack, Text, Textarea, TextInput } from '@mantine/core';
import type { UseFormReturnType } from '@mantine/form';
import { useQuery } from '@tanstack/react-query';
import { useRef, useState } from 'react';
import { Empty, ErrorBox } from '../../kit/errors';
import { FileField } from '../../kit/fields';
import { useFormat } from '../../kit/format';
import { request } from '../../kit/http';
import { Icon } from '../../kit/icons';
import { useGo, useParam } from '../../kit/links';
import { Loaded, Page, Panel } from '../../kit/page';
import { useSession } from '../../kit/session';
import { useKit } from '../../kit/texts';
import { notice, toast } from '../../kit/toast';
import { call, createNamed, idFrom, type Kept, link, path, type Resource, useAll, useChanged } from '../arm';
import { CreateForm, needed } from '../create';
import { ProtocolsField } from '../ProtocolsField';
import { useTexts } from '../texts';
import type { Api, Operation, Product } from '../types';

/** Adds an API: by hand, from an OpenAPI document, or from a published web service. */
export function ApiNew() {
  const t = useTexts();
  const [from, setFrom] = useParam('from', 'blank');
  return (
    <Page title={t('apis.new.title')} hint={t('apis.new.hint')} crumbs={[{ label: t('apis.title'), to: '/apis' }]}>
      <SegmentedControl
        mb="md"
        aria-label={t('apis.new.title')}
        value={from}
        onChange={setFrom}
        data={[
          { value: 'blank', label: t('apis.new.blank') },
          { value: 'openapi', label: t('apis.new.openapi') },
          { value: 'service', label: t('apis.new.service') },
        ]}
      />
      {from === 'service' ? <FromService /> : <Panel>{from === 'openapi' ? <FromOpenAPI /> : <Blank />}</Panel>}
    </Page>
  );
}

/** Where an API is made known once it exists. */
function useFinish() {
  const go = useGo();
  const kit = useKit();
  const changed = useChanged();
  return async (api: Kept<Api>, products: string[], page = '') => {
    for (const product of products) await link(path`/products/${product}/apis/${api.name}`);
    await changed('/apis', '/products');
    toast(kit('created', { name: api.properties.displayName }));
    if (api.warnings.length > 0) notice(kit('warned'), api.warnings.join('\n'));
    await go(path`/apis/${api.name}` + page);
  };
}

function ProductsField<V extends { products: string[] }>({ form }: { form: UseFormReturnType<V> }) {
  const t = useTexts();
  const products = useAll<Resource<Product>>('/products');
  return (
    <MultiSelect
      label={t('apis.fields.products')}
      data={(products.data ?? []).map(p => ({ value: p.name, label: p.properties.displayName }))}
      searchable
      clearable
      {...form.getInputProps('products')}
    />
  );
}

function SuffixField<V extends { path: string }>({ form }: { form: UseFormReturnType<V> }) {
  const t = useTexts();
  const { urls } = useSession();
  const suffix = form.getValues().path.replace(/^\/+/, '');
  return (
    <TextInput
      label={t('apis.fields.path')}
      description={t('apis.fields.pathHint', { url: `${urls.gateway}/${suffix}` })}
      {...form.getInputProps('path')}
    />
  );
}

const blank = { displayName: '', serviceUrl: '', path: '', http: false, https: true, products: [] as string[], description: '' };

function Blank() {
  const t = useTexts();
  const kit = useKit();
  const finish = useFinish();
  return (
    <CreateForm
      initial={blank}
      go={kit('save')}
      check={v => ({
        displayName: needed(v.displayName, kit('required')),
        serviceUrl: null,
        path: null,
        https: v.http || v.https ? null : t('apis.problems.scheme'),
      })}
      fieldOf={target => (target === 'protocols' ? 'https' : target)}
      submit={async v => {
        const protocols = [...(v.http ? ['http'] : []), ...(v.https ? ['https'] : [])];
        const { displayName, serviceUrl, path: suffix, description } = v;
        await finish(
          await createNamed<Api>(displayName, id => path`/apis/${id}`, { displayName, serviceUrl, path: suffix, description, protocols }),
          v.products,
          '/operations',
        );
      }}
    >
      {form => (
        <Stack gap="md" maw={640}>
          <TextInput label={t('apis.fields.displayName')} required {...form.getInputProps('displayName')} />
          <TextInput
            label={t('apis.fields.serviceUrl')}
            description={t('apis.fields.serviceUrlHint')}
            type="url"
            {...form.getInputProps('serviceUrl')}
          />
          <SuffixField form={form} />
          <ProtocolsField form={form} />
          <ProductsField form={form} />
          <Textarea label={t('apis.fields.description')} description={t('common.descriptionHint')} {...form.getInputProps('description')} />
        </Stack>
      )}
    </CreateForm>
  );
}

const openapi = { displayName: '', path: '', products: [] as string[], link: '', text: '', fileName: '', fileText: '' };

function FromOpenAPI() {
  const t = useTexts();
  const kit = useKit();
  const format = useFormat();
  const finish = useFinish();
  const stop = useRef<AbortController>(undefined);
  const [running, setRunning] = useState(false);
  return (
    <CreateForm
      initial={openapi}
      go={kit('create')}
      check={v => ({ fileText: v.fileText || v.link.trim() || v.text.trim() ? null : t('apis.new.needsDocument') })}
      fieldOf={target => (target === 'value' || target === 'format' ? 'fileText' : target)}
      submit={async v => {
        const value = v.fileText || v.link.trim() || v.text;
        const definition = { format: v.fileText || !v.link.trim() ? 'openapi' : 'openapi-link', value };
        const name = v.displayName || v.fileName.replace(/\.[^.]*$/, '') || v.path || 'api';
        stop.current = new AbortController();
        setRunning(true);
        try {
          const properties = { ...definition, path: v.path || idFrom(name), ...(v.displayName ? { displayName: v.displayName } : {}) };
          await finish(await createStoppable(name, properties, stop.current.signal), v.products, '/operations');
        } catch (error) {
          if (stop.current.signal.aborted) throw new Error(t('apis.new.stopped'));
          throw error;
        } finally {
          setRunning(false);
        }
      }}
    >
      {form => (
        <Stack gap="md" maw={640}>
          <Text size="sm" c="dimmed">
            {t('apis.new.openapiHint')}
          </Text>
          <FileField
            label={t('apis.new.file')}
            accept=".json,.yaml,.yml"
            limit={32 * 1024 * 1024}
            onFile={async file => form.setValues({ fileName: file.name, fileText: await file.text() })}
          >
            {form.getValues().fileText && (
              <Text size="sm" mt="xs">
                {t('apis.new.chosen', { name: form.getValues().fileName, size: format.bytes(form.getValues().fileText.length) })}
              </Text>
            )}
          </FileField>
          <TextInput label={t('apis.new.link')} description={t('apis.new.linkHint')} type="url" {...form.getInputProps('link')} />
          <Textarea label={t('apis.new.text')} spellCheck={false} classNames={{ input: 'mono' }} {...form.getInputProps('text')} />
          {form.errors.fileText && (
            <Text size="sm" c="var(--mantine-color-error)" role="alert">
              {form.errors.fileText}
            </Text>
          )}
          <TextInput label={`${t('apis.fields.displayName')} (${kit('optional')})`} {...form.getInputProps('displayName')} />
          <SuffixField form={form} />
          <ProductsField form={form} />
          {running && (
            <Group role="status">
              <Loader />
              <Text size="sm">{t('apis.new.importing')}</Text>
              <Button size="xs" variant="default" leftSection={<Icon name="stop" size={12} />} onClick={() => stop.current?.abort()}>
                {t('apis.new.stop')}
              </Button>
            </Group>
          )}
        </Stack>
      )}
    </CreateForm>
  );
}

/** Creates an API under a name made of text; it may take long, so it can be stopped. */
async function createStoppable(text: string, properties: unknown, signal: AbortSignal): Promise<Kept<Api>> {
  const answer = await call<Resource<Api>>('PUT', path`/apis/${idFrom(text) || 'api'}`, { body: { properties }, ifNoneMatch: '*', signal });
  return { ...answer.value, etag: answer.etag, warnings: answer.warnings };
}

interface WebService {
  Id: string;
  Name: string;
  Description: string;
}

interface Endpoint {
  Name: string;
  ApiLocation: string;
}

function FromService() {
  const t = useTexts();
  const { workspaceId } = useSession();
  const services = useQuery({
    queryKey: ['webservices'],
    queryFn: async () => (await request<WebService[]>('GET', path`/workspaces/${workspaceId}/webservices`)).value,
  });
  return (
    <Panel title={t('apis.new.services')} hint={t('apis.new.serviceHint')}>
      <Loaded query={services}>
        {all =>
          all.length === 0 ? (
            <Empty icon="flask" title={t('apis.new.noServices')}>
              {t('apis.new.noServicesText')}
            </Empty>
          ) : (
            <Stack gap="sm">
              {all.map(s => (
                <Service key={s.Id} service={s} />
              ))}
            </Stack>
          )
        }
      </Loaded>
    </Panel>
  );
}

function Service({ service }: { service: WebService }) {
  const t = useTexts();
  const { workspaceId, urls } = useSession();
  const finish = useFinish();
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  const publish = async () => {
    setBusy(true);
    setError(undefined);
    try {
      const endpoints = (await request<Endpoint[]>('GET', path`/workspaces/${workspaceId}/webservices/${service.Id}/endpoints`)).value;
      const location = endpoints.find(e => e.Name === 'default')?.ApiLocation ?? endpoints[0]?.ApiLocation ?? '';
      const api = await createNamed<Api>(service.Name, id => path`/apis/${id}`, {
        displayName: service.Name,
        description: service.Description,
        path: await freeSuffix(idFrom(service.Name) || 'service'),
        protocols: ['https'],
        format: 'web-service',
        value: urls.scoring,
      });
      await fillIn(api.name, workspaceId, location.slice(location.lastIndexOf('/') + 1));
      await finish(api, ['starter']);
    } catch (failure) {
      setError(failure);
    } finally {
      setBusy(false);
    }
  };
  return (
    <div>
      <Group justify="space-between" wrap="nowrap">
        <div style={{ minWidth: 0 }}>
          <Text fw={600}>{service.Name}</Text>
          <Text size="sm" c="dimmed">
            {service.Description}
          </Text>
        </div>
        <Button onClick={() => void publish()} loading={busy} aria-label={`${t('apis.new.publish')}: ${service.Name}`}>
          {t('apis.new.publish')}
        </Button>
      </Group>
      {error !== undefined && <ErrorBox error={error} />}
    </div>
  );
}

/** A URL suffix that no API has yet. */
async function freeSuffix(wanted: string): Promise<string> {
  const taken = new Set(
    (await call<{ value: Resource<Api>[] }>('GET', '/apis', { query: { $top: 1000 } })).value.value.map(a =>
      a.properties.path.toLowerCase(),
    ),
  );
  for (let n = 1; ; n++) {
    const suffix = n === 1 ? wanted : `${wanted}-${n}`;
    if (!taken.has(suffix)) return suffix;
  }
}

/** Gives the operations of a web service the values with which they call it. */
async function fillIn(api: string, workspace: string, service: string) {
  const values: Record<string, string> = { workspace, service, apiversion: '2.0', details: 'true' };
  const { value } = await call<{ value: Resource<Operation>[] }>('GET', path`/apis/${api}/operations`);
  for (const o of value.value) {
    const templateParameters = o.properties.templateParameters?.map(p => ({ ...p, defaultValue: values[p.name] ?? p.defaultValue }));
    await call('PATCH', path`/apis/${api}/operations/${o.name}`, { body: { properties: { templateParameters } }, ifMatch: '*' });
  }
}
