import { ActionIcon, Button, Group, Stack, Text, Textarea, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useAsk } from '../../kit/dialogs';
import { useFormat } from '../../kit/format';
import { Icon } from '../../kit/icons';
import { PageLink } from '../../kit/links';
import { Loaded, Panel } from '../../kit/page';
import { useMay } from '../../kit/session';
import { Status } from '../../kit/status';
import { useKit } from '../../kit/texts';
import { toast } from '../../kit/toast';
import { all, create, idOf, path, put, type Resource, remove, type Stored, useChanged } from '../arm';
import { CreateDialog } from '../create';
import { useTexts } from '../texts';
import type { Api, Release, Revision } from '../types';
import { ApiFrame, baseOf } from './ApiFrame';

/** The revisions of an API, and which is the current one. */
export function ApiRevisions() {
  return <ApiFrame tab="revisions">{api => <Revisions api={api} />}</ApiFrame>;
}

function Revisions({ api }: { api: Stored<Api> }) {
  const t = useTexts();
  const kit = useKit();
  const format = useFormat();
  const may = useMay()('catalog.write');
  const ask = useAsk();
  const changed = useChanged();
  const base = baseOf(api.name);
  const at = path`/apis/${base}`;
  const [adding, setAdding] = useState(false);
  const [making, setMaking] = useState<Revision>();
  const query = useQuery({ queryKey: ['arm', `${at}/revisions`], queryFn: () => all<Revision>(`${at}/revisions`) });
  const pageOf = (r: Revision) => (r.isCurrent ? at : path`/apis/${`${base};rev=${r.apiRevision}`}`);
  const erase = async (r: Revision) => {
    const title = t('apis.revisions.delete', { revision: r.apiRevision });
    const done = await ask({
      title,
      text: t('common.gone'),
      go: kit('delete'),
      danger: true,
      typed: r.apiRevision,
      act: () => remove(pageOf(r)),
    });
    if (done) await changed('/apis');
  };
  return (
    <Stack gap="md">
      <Panel
        title={t('apis.tabs.revisions')}
        hint={t('apis.revisions.hint')}
        actions={
          may && (
            <Button leftSection={<Icon name="add" size={14} />} onClick={() => setAdding(true)}>
              {t('apis.revisions.add')}
            </Button>
          )
        }
      >
        <Loaded query={query}>
          {revisions => (
            <table className="plain-table">
              <tbody>
                {revisions.map(r => (
                  <tr key={r.apiRevision}>
                    <th scope="row">
                      <PageLink to={pageOf(r)} aria-label={t('apis.revisions.open', { revision: r.apiRevision })}>
                        {r.apiRevision}
                      </PageLink>
                    </th>
                    <td>{r.isCurrent && <Status tone="ok">{t('apis.summary.current')}</Status>}</td>
                    <td>{r.description}</td>
                    <td className="mono">{r.privateUrl}</td>
                    <td>{format.dateTime(r.updatedDateTime)}</td>
                    <td className="end">
                      {may && !r.isCurrent && (
                        <Group gap="xs" justify="flex-end" wrap="nowrap">
                          <Button
                            size="compact-xs"
                            variant="default"
                            aria-label={`${t('apis.revisions.make')}: ${r.apiRevision}`}
                            onClick={() => setMaking(r)}
                          >
                            {t('apis.revisions.make')}
                          </Button>
                          <ActionIcon
                            variant="subtle"
                            color="gray"
                            size="sm"
                            aria-label={t('apis.revisions.delete', { revision: r.apiRevision })}
                            onClick={() => void erase(r)}
                          >
                            <Icon name="trash" size={14} />
                          </ActionIcon>
                        </Group>
                      )}
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          )}
        </Loaded>
      </Panel>
      <ChangeLog at={at} />
      <CreateDialog
        title={t('apis.revisions.add')}
        opened={adding}
        close={() => setAdding(false)}
        initial={{ what: '' }}
        submit={async v => {
          const next = String(Math.max(0, ...(query.data ?? []).map(r => Number(r.apiRevision))) + 1);
          await create<Api>(path`/apis/${`${base};rev=${next}`}`, {
            sourceApiId: idOf(path`/apis/${api.name}`),
            apiRevisionDescription: v.what,
          });
          await changed('/apis');
          toast(t('apis.revisions.made', { revision: next }));
          setAdding(false);
        }}
      >
        {form => (
          <>
            <Text size="sm">{t('apis.revisions.copy', { revision: api.properties.apiRevision ?? '1' })}</Text>
            <TextInput data-autofocus label={t('apis.revisions.what')} {...form.getInputProps('what')} />
          </>
        )}
      </CreateDialog>
      <CreateDialog
        title={t('apis.revisions.make')}
        go={t('apis.revisions.make')}
        opened={making !== undefined}
        close={() => setMaking(undefined)}
        initial={{ notes: '' }}
        submit={async v => {
          const revision = making?.apiRevision ?? '';
          await put<Release>(path`/apis/${base}/releases/${`to-${revision}-${Date.now()}`}`, {
            apiId: `${idOf(path`/apis/${base}`)};rev=${revision}`,
            notes: v.notes,
          });
          await changed('/apis');
          toast(t('apis.revisions.nowCurrent', { revision }));
          setMaking(undefined);
        }}
      >
        {form => (
          <>
            <Text size="sm">{t('apis.revisions.makeText', { revision: making?.apiRevision ?? '' })}</Text>
            <Textarea data-autofocus label={t('apis.revisions.notes')} {...form.getInputProps('notes')} />
          </>
        )}
      </CreateDialog>
    </Stack>
  );
}

function ChangeLog({ at }: { at: string }) {
  const t = useTexts();
  const format = useFormat();
  const query = useQuery({ queryKey: ['arm', `${at}/releases`], queryFn: () => all<Resource<Release>>(`${at}/releases`) });
  return (
    <Panel title={t('apis.revisions.log')}>
      <Loaded query={query}>
        {releases =>
          releases.length === 0 ? (
            <Text size="sm" c="dimmed">
              {t('apis.revisions.noLog')}
            </Text>
          ) : (
            <table className="plain-table">
              <tbody>
                {[...releases].reverse().map(r => (
                  <tr key={r.name}>
                    <td>{format.dateTime(r.properties.createdDateTime)}</td>
                    <td style={{ whiteSpace: 'pre-wrap' }}>{r.properties.notes}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          )
        }
      </Loaded>
    </Panel>
  );
}
