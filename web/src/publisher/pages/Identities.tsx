import { ActionIcon, MultiSelect, Select, Stack, Switch, TagsInput, TextInput } from '@mantine/core';
import type { ReactNode } from 'react';
import { useAsk } from '../../kit/dialogs';
import { SecretInput } from '../../kit/fields';
import { Icon } from '../../kit/icons';
import { Loaded, Page, Panel, TabBar } from '../../kit/page';
import { useMay } from '../../kit/session';
import { useKit } from '../../kit/texts';
import { toast } from '../../kit/toast';
import { useAdding } from '../actions';
import { create, createNamed, path, type Resource, remove, useAll, useChanged, useStored } from '../arm';
import { CreateDialog, needed } from '../create';
import { Listing } from '../listing';
import { MarkdownField } from '../MarkdownField';
import { StoredForm } from '../stored';
import { useTexts } from '../texts';

const tabs = ['settings', 'providers', 'oauth', 'openid'] as const;

function Frame({ tab, actions, children }: { tab: (typeof tabs)[number]; actions?: ReactNode; children: ReactNode }) {
  const t = useTexts();
  return (
    <Page title={t('frame.pages.identities')} section={t(`identities.tabs.${tab}`)} hint={t('identities.hint')} actions={actions}>
      <TabBar
        label={t('frame.pages.identities')}
        tabs={tabs.map(id => ({
          to: id === 'settings' ? '/identities' : `/identities/${id}`,
          label: t(`identities.tabs.${id}`),
          exact: true,
        }))}
      />
      {children}
    </Page>
  );
}

interface SignUp {
  enabled: boolean;
  termsOfService: { text: string; enabled: boolean; consentRequired: boolean };
}

/** Whether people must sign in, and may sign up. */
export function Identities() {
  const t = useTexts();
  const signIn = useStored<{ enabled: boolean }>('/portalsettings/signin');
  const signUp = useStored<SignUp>('/portalsettings/signup');
  return (
    <Frame tab="settings">
      <Stack gap="md">
        <Loaded query={signIn}>
          {data => (
            <StoredForm<{ enabled: boolean }, { enabled: boolean }>
              at="/portalsettings/signin"
              stored={data}
              toValues={p => ({ enabled: p.enabled })}
              toProperties={v => v}
            >
              {form => (
                <Panel>
                  <Switch label={t('identities.requireSignIn')} {...form.getInputProps('enabled', { type: 'checkbox' })} />
                </Panel>
              )}
            </StoredForm>
          )}
        </Loaded>
        <Loaded query={signUp}>
          {data => (
            <StoredForm<SignUp, { enabled: boolean; text: string; show: boolean; consent: boolean }>
              at="/portalsettings/signup"
              stored={data}
              toValues={p => ({
                enabled: p.enabled,
                text: p.termsOfService.text,
                show: p.termsOfService.enabled,
                consent: p.termsOfService.consentRequired,
              })}
              toProperties={v => ({ enabled: v.enabled, termsOfService: { text: v.text, enabled: v.show, consentRequired: v.consent } })}
              fieldOf={target =>
                ({ 'termsOfService.text': 'text', 'termsOfService.consentRequired': 'consent', termsOfService: 'consent' })[target] ??
                target
              }
            >
              {form => (
                <Panel>
                  <Stack gap="md" maw={640}>
                    <Switch label={t('identities.signUp')} {...form.getInputProps('enabled', { type: 'checkbox' })} />
                    <MarkdownField label={t('identities.terms')} {...form.getInputProps('text')} />
                    <Switch label={t('identities.termsShow')} {...form.getInputProps('show', { type: 'checkbox' })} />
                    <Switch label={t('identities.termsConsent')} {...form.getInputProps('consent', { type: 'checkbox' })} />
                  </Stack>
                </Panel>
              )}
            </StoredForm>
          )}
        </Loaded>
      </Stack>
    </Frame>
  );
}

function RemoveButton({ at, list, name }: { at: string; list: string; name: string }) {
  const t = useTexts();
  const kit = useKit();
  const ask = useAsk();
  const changed = useChanged();
  if (!useMay()('catalog.write')) return null;
  const erase = async () => {
    const title = t('identities.remove', { name });
    const done = await ask({
      title,
      text: t('identities.removeText'),
      go: kit('remove'),
      danger: true,
      typed: name,
      act: () => remove(at),
    });
    if (done) await changed(list);
  };
  return (
    <ActionIcon variant="subtle" color="gray" size="sm" aria-label={t('identities.remove', { name })} onClick={() => void erase()}>
      <Icon name="trash" size={14} />
    </ActionIcon>
  );
}

interface Provider {
  type: string;
  clientId: string;
  authority?: string;
  allowedTenants?: string[];
}

const providers = {
  aad: 'Microsoft Entra ID',
  aadB2C: 'Azure AD B2C',
  facebook: 'Facebook',
  google: 'Google',
  microsoft: 'Microsoft',
  twitter: 'Twitter',
};

/** Where developers can sign in with an account of theirs. */
export function IdentityProviders() {
  const t = useTexts();
  const kit = useKit();
  const changed = useChanged();
  const adding = useAdding(t('identities.addProvider'));
  const existing = useAll<Resource<Provider>>('/identityProviders');
  const free = Object.entries(providers).filter(([id]) => !existing.data?.some(p => p.name === id));
  return (
    <Frame tab="providers" actions={adding.button}>
      <Listing<Provider>
        label={t('identities.tabs.providers')}
        at="/identityProviders"
        find={['type', 'clientId']}
        sort=""
        columns={[
          { id: 'type', header: t('identities.provider'), width: '2fr', cell: p => providers[p.name as 'aad'] ?? p.name },
          {
            id: 'client',
            header: t('identities.clientId'),
            width: '3fr',
            cell: p => <span className="mono">{p.properties.clientId}</span>,
          },
          { id: 'tenants', header: t('identities.tenants'), width: '2fr', cell: p => (p.properties.allowedTenants ?? []).join(', ') },
          {
            id: 'do',
            header: '',
            width: '2.5rem',
            end: true,
            cell: p => <RemoveButton at={path`/identityProviders/${p.name}`} list="/identityProviders" name={p.name} />,
          },
        ]}
        icon="identity"
        emptyTitle={t('identities.noProviders')}
        emptyText={t('identities.noProvidersText')}
        emptyAction={adding.button}
      />
      <CreateDialog
        title={t('identities.addProvider')}
        opened={adding.opened}
        close={adding.close}
        initial={{
          type: 'aad',
          clientId: '',
          clientSecret: '',
          authority: '',
          allowedTenants: [] as string[],
          signupPolicyName: '',
          signinPolicyName: '',
        }}
        check={v => ({ clientId: needed(v.clientId, kit('required')), clientSecret: needed(v.clientSecret, kit('required')) })}
        submit={async v => {
          const { type, ...rest } = v;
          await create(path`/identityProviders/${type}`, rest);
          await changed('/identityProviders');
          toast(kit('created', { name: type }));
          adding.close();
        }}
      >
        {form => (
          <>
            <Select
              label={t('identities.provider')}
              data={free.map(([value, label]) => ({ value, label }))}
              {...form.getInputProps('type')}
            />
            <TextInput label={t('identities.clientId')} required {...form.getInputProps('clientId')} />
            <SecretInput label={t('identities.clientSecret')} required {...form.getInputProps('clientSecret')} />
            {form.getValues().type.startsWith('aad') && (
              <>
                <TextInput
                  label={`${t('identities.authority')} (${kit('optional')})`}
                  placeholder="login.microsoftonline.com"
                  {...form.getInputProps('authority')}
                />
                <TagsInput
                  label={t('identities.tenants')}
                  description={t('identities.tenantsHint')}
                  {...form.getInputProps('allowedTenants')}
                />
              </>
            )}
            {form.getValues().type === 'aadB2C' && (
              <>
                <TextInput label={t('identities.signupPolicy')} required {...form.getInputProps('signupPolicyName')} />
                <TextInput label={t('identities.signinPolicy')} required {...form.getInputProps('signinPolicyName')} />
              </>
            )}
          </>
        )}
      </CreateDialog>
    </Frame>
  );
}

interface Server {
  displayName: string;
  authorizationEndpoint: string;
  tokenEndpoint?: string;
  grantTypes: string[];
  clientId: string;
}

const grants = ['authorizationCode', 'implicit', 'resourceOwnerPassword', 'clientCredentials'];

/** Where users of APIs sign in, by OAuth 2.0. */
export function AuthorizationServers() {
  const t = useTexts();
  const kit = useKit();
  const changed = useChanged();
  const adding = useAdding(t('identities.addServer'));
  return (
    <Frame tab="oauth" actions={adding.button}>
      <Listing<Server>
        label={t('identities.tabs.oauth')}
        at="/authorizationServers"
        find={['displayName']}
        sort="displayName"
        columns={[
          { id: 'name', header: t('common.name'), width: '2fr', sort: 'displayName', cell: s => s.properties.displayName },
          {
            id: 'authorization',
            header: t('identities.authorization'),
            width: '3fr',
            cell: s => <span className="mono">{s.properties.authorizationEndpoint}</span>,
          },
          { id: 'grants', header: t('identities.grants'), width: '2fr', cell: s => (s.properties.grantTypes ?? []).join(', ') },
          {
            id: 'do',
            header: '',
            width: '2.5rem',
            end: true,
            cell: s => (
              <RemoveButton at={path`/authorizationServers/${s.name}`} list="/authorizationServers" name={s.properties.displayName} />
            ),
          },
        ]}
        icon="key"
        emptyTitle={t('identities.noServers')}
        emptyText={t('identities.noServersText')}
        emptyAction={adding.button}
      />
      <CreateDialog
        title={t('identities.addServer')}
        opened={adding.opened}
        close={adding.close}
        initial={{
          displayName: '',
          clientRegistrationEndpoint: '',
          authorizationEndpoint: '',
          tokenEndpoint: '',
          grantTypes: ['authorizationCode'],
          clientId: '',
          clientSecret: '',
          defaultScope: '',
        }}
        check={v => ({
          displayName: needed(v.displayName, kit('required')),
          authorizationEndpoint: needed(v.authorizationEndpoint, kit('required')),
          clientId: needed(v.clientId, kit('required')),
        })}
        submit={async v => {
          await createNamed<Server>(v.displayName, id => path`/authorizationServers/${id}`, {
            ...v,
            clientRegistrationEndpoint: v.clientRegistrationEndpoint || v.authorizationEndpoint,
            clientAuthenticationMethod: ['Body'],
            bearerTokenSendingMethods: ['authorizationHeader'],
          });
          await changed('/authorizationServers');
          toast(kit('created', { name: v.displayName }));
          adding.close();
        }}
      >
        {form => (
          <>
            <TextInput data-autofocus label={t('common.name')} required {...form.getInputProps('displayName')} />
            <TextInput
              label={t('identities.authorization')}
              required
              placeholder="https://"
              {...form.getInputProps('authorizationEndpoint')}
            />
            <TextInput label={t('identities.token')} placeholder="https://" {...form.getInputProps('tokenEndpoint')} />
            <TextInput
              label={`${t('identities.registration')} (${kit('optional')})`}
              {...form.getInputProps('clientRegistrationEndpoint')}
            />
            <MultiSelect label={t('identities.grants')} data={grants} {...form.getInputProps('grantTypes')} />
            <TextInput label={t('identities.clientId')} required {...form.getInputProps('clientId')} />
            <SecretInput label={t('identities.clientSecret')} {...form.getInputProps('clientSecret')} />
            <TextInput label={t('identities.scope')} {...form.getInputProps('defaultScope')} />
          </>
        )}
      </CreateDialog>
    </Frame>
  );
}

interface OpenID {
  displayName: string;
  metadataEndpoint: string;
  clientId: string;
}

/** Where users of APIs sign in, by OpenID Connect. */
export function OpenIDProviders() {
  const t = useTexts();
  const kit = useKit();
  const changed = useChanged();
  const adding = useAdding(t('identities.addOpenid'));
  return (
    <Frame tab="openid" actions={adding.button}>
      <Listing<OpenID>
        label={t('identities.tabs.openid')}
        at="/openidConnectProviders"
        find={['displayName']}
        sort="displayName"
        columns={[
          { id: 'name', header: t('common.name'), width: '2fr', sort: 'displayName', cell: o => o.properties.displayName },
          {
            id: 'metadata',
            header: t('identities.metadata'),
            width: '4fr',
            cell: o => <span className="mono">{o.properties.metadataEndpoint}</span>,
          },
          {
            id: 'client',
            header: t('identities.clientId'),
            width: '2fr',
            cell: o => <span className="mono">{o.properties.clientId}</span>,
          },
          {
            id: 'do',
            header: '',
            width: '2.5rem',
            end: true,
            cell: o => (
              <RemoveButton at={path`/openidConnectProviders/${o.name}`} list="/openidConnectProviders" name={o.properties.displayName} />
            ),
          },
        ]}
        icon="identity"
        emptyTitle={t('identities.noOpenid')}
        emptyText={t('identities.noServersText')}
        emptyAction={adding.button}
      />
      <CreateDialog
        title={t('identities.addOpenid')}
        opened={adding.opened}
        close={adding.close}
        initial={{ displayName: '', metadataEndpoint: '', clientId: '', clientSecret: '' }}
        check={v => ({
          displayName: needed(v.displayName, kit('required')),
          metadataEndpoint: needed(v.metadataEndpoint, kit('required')),
          clientId: needed(v.clientId, kit('required')),
        })}
        submit={async v => {
          await createNamed<OpenID>(v.displayName, id => path`/openidConnectProviders/${id}`, v);
          await changed('/openidConnectProviders');
          toast(kit('created', { name: v.displayName }));
          adding.close();
        }}
      >
        {form => (
          <>
            <TextInput data-autofocus label={t('common.name')} required {...form.getInputProps('displayName')} />
            <TextInput
              label={t('identities.metadata')}
              required
              placeholder="https://…/.well-known/openid-configuration"
              {...form.getInputProps('metadataEndpoint')}
            />
            <TextInput label={t('identities.clientId')} required {...form.getInputProps('clientId')} />
            <SecretInput label={t('identities.clientSecret')} {...form.getInputProps('clientSecret')} />
          </>
        )}
      </CreateDialog>
    </Frame>
  );
}
