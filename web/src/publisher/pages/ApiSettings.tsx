import { Select, SimpleGrid, Stack, Switch, TextInput } from '@mantine/core';
import { useGo } from '../../kit/links';
import { Panel } from '../../kit/page';
import { useSession } from '../../kit/session';
import { createNamed, idOf, nameOf, path, type Resource, type Stored, useAll } from '../arm';
import { MarkdownField } from '../MarkdownField';
import { ProtocolsField } from '../ProtocolsField';
import { StoredForm } from '../stored';
import { useTexts } from '../texts';
import type { Api } from '../types';
import { ApiFrame } from './ApiFrame';

/** Changes an API. */
export function ApiSettings() {
  return <ApiFrame tab="settings">{api => <Settings key={api.name} api={api} />}</ApiFrame>;
}

const valuesOf = (p: Api) => ({
  displayName: p.displayName ?? '',
  serviceUrl: p.serviceUrl ?? '',
  path: p.path,
  http: p.protocols?.includes('http') ?? false,
  https: p.protocols?.includes('https') ?? false,
  description: p.description ?? '',
  subscriptionRequired: p.subscriptionRequired ?? true,
  keyHeader: p.subscriptionKeyParameterNames?.header ?? 'Ocp-Apim-Subscription-Key',
  keyQuery: p.subscriptionKeyParameterNames?.query ?? 'subscription-key',
  authorization: authorizationOf(p),
  termsOfServiceUrl: p.termsOfServiceUrl ?? '',
  contactName: p.contact?.name ?? '',
  contactEmail: p.contact?.email ?? '',
  licenseName: p.license?.name ?? '',
  licenseUrl: p.license?.url ?? '',
  apiRevisionDescription: p.apiRevisionDescription ?? '',
});

type Values = ReturnType<typeof valuesOf>;

/** Which server users of the API sign in at: "oauth2 name", "openid name", or "". */
function authorizationOf(p: Api): string {
  const { oAuth2, openid } = p.authenticationSettings ?? {};
  if (oAuth2?.authorizationServerId) return `oauth2 ${nameOf(oAuth2.authorizationServerId)}`;
  return openid?.openidProviderId ? `openid ${nameOf(openid.openidProviderId)}` : '';
}

function propertiesOf(v: Values): unknown {
  const [kind, server] = v.authorization.split(' ');
  return {
    displayName: v.displayName,
    serviceUrl: v.serviceUrl,
    path: v.path,
    protocols: [...(v.http ? ['http'] : []), ...(v.https ? ['https'] : [])],
    description: v.description,
    subscriptionRequired: v.subscriptionRequired,
    subscriptionKeyParameterNames: { header: v.keyHeader, query: v.keyQuery },
    authenticationSettings: {
      oAuth2: kind === 'oauth2' ? { authorizationServerId: server } : null,
      openid: kind === 'openid' ? { openidProviderId: server } : null,
    },
    termsOfServiceUrl: v.termsOfServiceUrl,
    contact: v.contactName || v.contactEmail ? { name: v.contactName, email: v.contactEmail } : null,
    license: v.licenseName || v.licenseUrl ? { name: v.licenseName, url: v.licenseUrl } : null,
    apiRevisionDescription: v.apiRevisionDescription,
  };
}

const fieldNames: Record<string, string> = {
  protocols: 'https',
  'subscriptionKeyParameterNames.header': 'keyHeader',
  'subscriptionKeyParameterNames.query': 'keyQuery',
};

function Settings({ api }: { api: Stored<Api> }) {
  const t = useTexts();
  const go = useGo();
  const { urls } = useSession();
  const servers = useAll<Resource<{ displayName: string }>>('/authorizationServers');
  const providers = useAll<Resource<{ displayName: string }>>('/openidConnectProviders');
  const isRevision = api.properties.isCurrent === false;
  const fields = t as unknown as (key: string) => string;
  return (
    <StoredForm<Api, Values>
      at={path`/apis/${api.name}`}
      stored={api}
      toValues={valuesOf}
      toProperties={propertiesOf}
      shownAt={['/apis']}
      fieldOf={target => fieldNames[target] ?? target}
      fieldLabel={name => fields(`apis.fields.${name}`)}
      check={v => ({ https: v.http || v.https ? null : t('apis.problems.scheme') })}
      saveCopy={
        isRevision
          ? undefined
          : async v => {
              const copy = await createNamed<Api>(v.displayName, id => path`/apis/${id}`, {
                ...(propertiesOf(v) as object),
                sourceApiId: idOf(path`/apis/${api.name}`),
                path: `${v.path}-copy`,
              });
              await go(path`/apis/${copy.name}/settings`);
            }
      }
    >
      {form => (
        <Stack gap="md">
          <Panel>
            <Stack gap="md" maw={640}>
              <TextInput label={t('apis.fields.displayName')} required {...form.getInputProps('displayName')} />
              <TextInput
                label={t('apis.fields.serviceUrl')}
                description={t('apis.fields.serviceUrlHint')}
                {...form.getInputProps('serviceUrl')}
              />
              <TextInput
                label={t('apis.fields.path')}
                description={t('apis.fields.pathHint', { url: `${urls.gateway}/${form.getValues().path.replace(/^\/+/, '')}` })}
                disabled={isRevision}
                {...form.getInputProps('path')}
              />
              <ProtocolsField form={form} />
              <MarkdownField label={t('apis.fields.description')} {...form.getInputProps('description')} />
            </Stack>
          </Panel>
          <Panel>
            <Stack gap="md" maw={640}>
              <Switch label={t('apis.fields.subscriptionRequired')} {...form.getInputProps('subscriptionRequired', { type: 'checkbox' })} />
              <SimpleGrid cols={{ base: 1, sm: 2 }}>
                <TextInput label={t('apis.fields.keyHeader')} {...form.getInputProps('keyHeader')} />
                <TextInput label={t('apis.fields.keyQuery')} {...form.getInputProps('keyQuery')} />
              </SimpleGrid>
              <Select
                label={t('apis.fields.authorization')}
                description={t('apis.fields.authorizationHint')}
                data={[
                  { value: '', label: t('apis.fields.noAuthorization') },
                  ...(servers.data ?? []).map(s => ({ value: `oauth2 ${s.name}`, label: `OAuth 2.0: ${s.properties.displayName}` })),
                  ...(providers.data ?? []).map(s => ({ value: `openid ${s.name}`, label: `OpenID Connect: ${s.properties.displayName}` })),
                ]}
                {...form.getInputProps('authorization')}
              />
            </Stack>
          </Panel>
          <Panel>
            <SimpleGrid cols={{ base: 1, sm: 2 }} maw={640}>
              <TextInput label={t('apis.fields.termsOfServiceUrl')} {...form.getInputProps('termsOfServiceUrl')} />
              <TextInput label={t('apis.fields.revisionDescription')} {...form.getInputProps('apiRevisionDescription')} />
              <TextInput label={t('apis.fields.contactName')} {...form.getInputProps('contactName')} />
              <TextInput label={t('apis.fields.contactEmail')} {...form.getInputProps('contactEmail')} />
              <TextInput label={t('apis.fields.licenseName')} {...form.getInputProps('licenseName')} />
              <TextInput label={t('apis.fields.licenseUrl')} {...form.getInputProps('licenseUrl')} />
            </SimpleGrid>
          </Panel>
        </Stack>
      )}
    </StoredForm>
  );
}
