import { Button, Stack, Text, TextInput } from '@mantine/core';
import { useState } from 'react';
import { useAsk } from '../../kit/dialogs';
import { ErrorBox } from '../../kit/errors';
import { ApiError, request } from '../../kit/http';
import { Icon } from '../../kit/icons';
import { idFrom } from '../../kit/names';
import { Panel } from '../../kit/page';
import { useSession } from '../../kit/session';
import type { WebService } from '../api';
import { useTexts } from '../texts';

const nameOf = (text: string) => idFrom(text) || 'web-service';

/** Puts the web service behind an API with its five operations. */
export function Manage({ service }: { service: WebService }) {
  const t = useTexts();
  const ask = useAsk();
  const session = useSession();
  const [path, setPath] = useState(nameOf(service.Name));
  const [made, setMade] = useState('');
  const [error, setError] = useState<unknown>();
  const make = async () => {
    setError(undefined);
    const id = nameOf(path);
    const at = `${session.serviceId}/apis/${encodeURIComponent(id)}?api-version=2024-05-01`;
    const properties = {
      displayName: service.Name,
      path,
      protocols: ['https', 'http'],
      format: 'web-service',
      value: session.urls.scoring,
    };
    const done = await ask({
      title: t('services.manageTitle'),
      text: t('services.manageText', { name: service.Name, path }),
      go: t('services.manageGo'),
      act: async () => {
        try {
          await request('PUT', at, { body: { properties }, ifNoneMatch: '*' });
        } catch (failure) {
          // It was made before: then there is nothing to do but to open it.
          if (!(failure instanceof ApiError && failure.status === 412)) throw failure;
        }
      },
    });
    if (!done) return;
    setMade(id);
    location.assign(`/publisher/apis/${encodeURIComponent(id)}`);
  };
  return (
    <Panel title={t('services.manage')} hint={t('services.manageHint')}>
      <Stack gap="sm" align="flex-start">
        <TextInput w={320} label={`${session.urls.gateway}/`} value={path} onChange={e => setPath(e.currentTarget.value)} />
        {error !== undefined && <ErrorBox error={error} />}
        {made ? (
          <Text size="sm">
            <a href={`/publisher/apis/${encodeURIComponent(made)}`}>{t('services.open')}</a>
          </Text>
        ) : (
          <Button disabled={path.trim() === ''} leftSection={<Icon name="api" size={14} />} onClick={() => void make().catch(setError)}>
            {t('services.manage')}
          </Button>
        )}
      </Stack>
    </Panel>
  );
}
