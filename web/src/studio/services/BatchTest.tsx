import { Button, Group, Progress, Stack, Text } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useAsk } from '../../kit/dialogs';
import { ErrorBox } from '../../kit/errors';
import { FileField } from '../../kit/fields';
import { useFormat } from '../../kit/format';
import { ApiError, errorOf } from '../../kit/http';
import { Panel } from '../../kit/page';
import { get, inScoring, type Job, path, post, remove, type ServiceEndpoint, type UploadPlace } from '../api';
import { JobState } from '../pages/Jobs';
import { useTexts } from '../texts';

const largest = 2_000_000_000; // bytes of a file that a page sends in one request
const over = (j: Job) => ['Finished', 'Failed', 'Cancelled'].includes(j.State);

/** A file through the service: uploaded, scored with its progress shown, downloaded. */
export function BatchTest({ endpoint, serviceId }: { endpoint: ServiceEndpoint; serviceId: string }) {
  const t = useTexts();
  const [file, setFile] = useState<File>();
  const [sending, setSending] = useState(false);
  const [job, setJob] = useState('');
  const [error, setError] = useState<unknown>();
  const run = async () => {
    if (!file) return;
    setSending(true);
    setError(undefined);
    setJob('');
    try {
      setJob(await submit(file, serviceId, endpoint.PrimaryKey ?? ''));
    } catch (failure) {
      setError(failure);
    } finally {
      setSending(false);
    }
  };
  return (
    <Panel title={t('services.batch')} hint={t('services.batchHint')}>
      {endpoint.PrimaryKey === null ? (
        <Text size="sm">{t('services.batchNeedsKeys')}</Text>
      ) : (
        <Stack gap="sm">
          <FileField label={t('services.batchFile')} accept=".csv,.tsv" limit={largest} onFile={setFile}>
            {file && (
              <Text size="sm" mt={4}>
                {file.name}
              </Text>
            )}
          </FileField>
          <Group>
            <Button disabled={!file} loading={sending} onClick={() => void run()}>
              {sending ? t('services.batchUploading') : t('services.batchBegin')}
            </Button>
          </Group>
          {error !== undefined && <ErrorBox error={error} />}
          {job && <Following id={job} />}
        </Stack>
      )}
    </Panel>
  );
}

/** Puts the file into the storage account, then submits and starts a job, as any program does. */
async function submit(file: File, serviceId: string, key: string): Promise<string> {
  const { value: place } = await post<UploadPlace>('/storage/uploads', { Name: file.name });
  await send('PUT', place.Address, file, {
    'x-ms-blob-type': 'BlockBlob',
    'x-ms-version': '2021-08-06',
    'Content-Type': 'application/octet-stream',
  });
  const jobs = inScoring(`/services/${serviceId}/jobs`);
  const headers = { Authorization: `Bearer ${key}`, 'Content-Type': 'application/json' };
  const id = JSON.parse(
    await send('POST', `${jobs}?api-version=2.0`, JSON.stringify({ Input: place.Input, GlobalParameters: {} }), headers),
  ) as string;
  await send('POST', `${jobs}/${id}/start?api-version=2.0`, '', headers);
  return id;
}

async function send(method: string, at: string, body: BodyInit, headers: Record<string, string>): Promise<string> {
  const response = await fetch(at, { method, body, headers, credentials: 'omit' }).catch(() => {
    throw new ApiError(0, 'Unreachable', '', [], '', `${method} ${at}`);
  });
  if (!response.ok) throw await errorOf(response, method, at.split('?')[0] ?? at);
  return response.text();
}

function Following({ id }: { id: string }) {
  const t = useTexts();
  const format = useFormat();
  const ask = useAsk();
  const client = useQueryClient();
  const query = useQuery({
    queryKey: ['jobs', id],
    queryFn: () => get<Job>(`${path`/jobs/${id}`}?signed=true`),
    refetchInterval: q => (q.state.data && over(q.state.data) ? false : 500),
  });
  const j = query.data;
  if (query.isError) return <ErrorBox error={query.error} retry={() => void query.refetch()} />;
  if (!j) return null;
  return (
    <Stack gap="xs" role="status">
      <Group gap="sm">
        <JobState job={j} />
        <Text size="sm">{t('services.batchRows', { rows: format.number(j.Rows) })}</Text>
        {!over(j) && (
          <Button
            size="compact-xs"
            variant="default"
            onClick={async () => {
              await ask({
                title: t('jobs.cancelTitle'),
                text: t('jobs.cancelText'),
                go: t('jobs.cancel'),
                danger: true,
                act: () => remove(path`/jobs/${id}`),
              });
              await client.invalidateQueries({ queryKey: ['jobs'] });
            }}
          >
            {t('jobs.cancel')}
          </Button>
        )}
      </Group>
      {!over(j) && <Progress value={j.InputBytes > 0 ? (100 * j.BytesRead) / j.InputBytes : 0} animated aria-label={t('services.batch')} />}
      {j.State === 'Failed' && <ErrorBox error={new Error(j.Details)} />}
      {j.State === 'Finished' &&
        Object.entries(j.Results ?? {}).map(([name, url]) => (
          <Button key={name} component="a" variant="default" href={url} download style={{ alignSelf: 'flex-start' }}>
            {t('services.batchResult', { name })}
          </Button>
        ))}
    </Stack>
  );
}
