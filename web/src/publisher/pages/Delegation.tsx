import { Button, Group, Stack, Switch, TextInput } from '@mantine/core';
import { useState } from 'react';
import { Secret } from '../../kit/copy';
import { useAsk } from '../../kit/dialogs';
import { Loaded, Page, Panel } from '../../kit/page';
import { useMay } from '../../kit/session';
import { toast } from '../../kit/toast';
import { patch, post, useChanged, useStored } from '../arm';
import { StoredForm } from '../stored';
import { useTexts } from '../texts';

interface Settings {
  url?: string;
  subscriptions: { enabled: boolean };
  userRegistration: { enabled: boolean };
}

const at = '/portalsettings/delegation';

/** Another site that signs developers in, or handles their subscriptions. */
export function Delegation() {
  const t = useTexts();
  const query = useStored<Settings>(at);
  return (
    <Page title={t('frame.pages.delegation')} hint={t('delegation.hint')}>
      <Loaded query={query}>
        {data => (
          <Stack gap="md">
            <StoredForm<Settings, { url: string; registration: boolean; subscriptions: boolean }>
              at={at}
              stored={data}
              toValues={p => ({ url: p.url ?? '', registration: p.userRegistration.enabled, subscriptions: p.subscriptions.enabled })}
              toProperties={v => ({
                url: v.url,
                userRegistration: { enabled: v.registration },
                subscriptions: { enabled: v.subscriptions },
              })}
              fieldLabel={name => t(`delegation.${name as 'url'}`)}
            >
              {form => (
                <Panel>
                  <Stack gap="md" maw={640}>
                    <TextInput
                      label={t('delegation.url')}
                      description={t('delegation.urlHint')}
                      placeholder="https://"
                      {...form.getInputProps('url')}
                    />
                    <Switch label={t('delegation.registration')} {...form.getInputProps('registration', { type: 'checkbox' })} />
                    <Switch label={t('delegation.subscriptions')} {...form.getInputProps('subscriptions', { type: 'checkbox' })} />
                  </Stack>
                </Panel>
              )}
            </StoredForm>
            <Key />
          </Stack>
        )}
      </Loaded>
    </Page>
  );
}

function Key() {
  const t = useTexts();
  const may = useMay();
  const ask = useAsk();
  const changed = useChanged();
  const [version, setVersion] = useState(0);
  if (!may('catalog.keys')) return null;
  const renew = async () => {
    const bytes = crypto.getRandomValues(new Uint8Array(64));
    const validationKey = btoa(String.fromCharCode(...bytes));
    const done = await ask({
      title: t('delegation.newKey'),
      text: t('delegation.newKeyText'),
      go: t('delegation.newKey'),
      danger: true,
      act: () => patch(at, { validationKey }, '*'),
    });
    if (!done) return;
    toast(t('delegation.keyMade'));
    setVersion(version + 1);
    await changed(at);
  };
  return (
    <Panel title={t('delegation.key')} hint={t('delegation.keyHint')}>
      <Group>
        <Secret
          key={version}
          what={t('delegation.key')}
          load={async () => (await post<{ validationKey?: string }>(`${at}/listSecrets`)).validationKey ?? ''}
        />
        {may('catalog.write') && (
          <Button size="xs" variant="default" onClick={() => void renew()}>
            {t('delegation.newKey')}
          </Button>
        )}
      </Group>
    </Panel>
  );
}
