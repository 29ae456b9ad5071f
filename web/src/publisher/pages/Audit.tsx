import { Alert, Button, Group, Modal, Select, Stack, Text, TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Copyable } from '../../kit/copy';
import { DataTable } from '../../kit/DataTable';
import { Empty } from '../../kit/errors';
import { Facts } from '../../kit/fields';
import { useFormat } from '../../kit/format';
import { request } from '../../kit/http';
import { useParam } from '../../kit/links';
import { Loaded, Page } from '../../kit/page';
import { fixedRows } from '../../kit/rows';
import { useMay } from '../../kit/session';
import { Status } from '../../kit/status';
import { useKit } from '../../kit/texts';
import { quoted } from '../arm';
import { useTexts } from '../texts';

interface Entry {
  id: string;
  timestamp: string;
  actor: string;
  address?: string;
  requestId?: string;
  action: 'create' | 'update' | 'delete';
  path: string;
  kind: string;
  before?: unknown;
  after?: unknown;
}

interface EntryPage {
  value: Entry[];
  nextLink?: string;
}

const tones = { create: 'ok', update: 'plain', delete: 'bad' } as const;

/** The log of changes. */
export function Audit() {
  const t = useTexts();
  const may = useMay()('audit.read');
  return (
    <Page title={t('frame.pages.audit')} hint={t('audit.hint')}>
      {may ? <Entries /> : <Alert color="yellow">{t('audit.mayNot')}</Alert>}
    </Page>
  );
}

function Entries() {
  const t = useTexts();
  const kit = useKit();
  const format = useFormat();
  const [who, setWho] = useParam('who');
  const [what, setWhat] = useParam('path');
  const [action, setAction] = useParam('action');
  const [chosen, setChosen] = useState<string>();
  const [terms] = useDebouncedValue(
    [who && `contains(actor,${quoted(who)})`, what && `contains(path,${quoted(what)})`, action && `action eq '${action}'`]
      .filter(Boolean)
      .join(' and '),
    200,
  );
  const query = useInfiniteQuery({
    queryKey: ['audit', terms],
    queryFn: async ({ pageParam }) =>
      (
        await request<EntryPage>(
          'GET',
          `/audit?${new URLSearchParams({ $top: '100', ...(terms ? { $filter: terms } : {}), ...(pageParam ? { before: pageParam } : {}) })}`,
        )
      ).value,
    initialPageParam: '',
    getNextPageParam: last => (last.nextLink ? last.value.at(-1)?.id : undefined),
  });
  const all = query.data?.pages.flatMap(p => p.value);
  return (
    <Stack gap="sm">
      <Group>
        <TextInput
          w={220}
          aria-label={t('audit.filterWho')}
          placeholder={t('audit.filterWho')}
          value={who}
          onChange={e => setWho(e.currentTarget.value)}
        />
        <TextInput
          w={260}
          aria-label={t('audit.filterPath')}
          placeholder={t('audit.filterPath')}
          value={what}
          onChange={e => setWhat(e.currentTarget.value)}
        />
        <Select
          w={180}
          aria-label={t('audit.action')}
          value={action}
          onChange={v => setAction(v ?? '')}
          data={[
            { value: '', label: t('audit.any') },
            ...(['create', 'update', 'delete'] as const).map(a => ({ value: a, label: t(`audit.actions.${a}`) })),
          ]}
        />
      </Group>
      <DataTable
        label={t('frame.pages.audit')}
        rows={fixedRows(all, query.error ?? undefined, () => void query.refetch())}
        rowKey={e => e.id}
        columns={[
          { id: 'when', header: t('audit.when'), width: '11rem', cell: e => format.dateTime(e.timestamp) },
          { id: 'who', header: t('audit.who'), width: '2fr', cell: e => e.actor },
          {
            id: 'action',
            header: t('audit.action'),
            width: '7rem',
            cell: e => <Status tone={tones[e.action] ?? 'plain'}>{t(`audit.actions.${e.action}`)}</Status>,
          },
          {
            id: 'what',
            header: t('audit.what'),
            width: '4fr',
            cell: e => (
              <button
                type="button"
                className="table-sort mono"
                style={{ color: 'var(--mantine-color-anchor)' }}
                aria-label={t('audit.details', { path: e.path })}
                onClick={() => setChosen(e.id)}
              >
                {e.path}
              </button>
            ),
          },
          { id: 'from', header: t('audit.from'), width: '9rem', cell: e => e.address ?? '' },
        ]}
        foot={
          query.hasNextPage && (
            <Button size="compact-xs" variant="subtle" loading={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
              {t('audit.older')}
            </Button>
          )
        }
        empty={
          <Empty icon="audit" title={t('audit.empty')}>
            {t('audit.emptyText')}
          </Empty>
        }
      />
      <Modal
        opened={chosen !== undefined}
        onClose={() => setChosen(undefined)}
        size="xl"
        title={t('audit.what')}
        closeButtonProps={{ 'aria-label': kit('close') }}
      >
        {chosen && <Details id={chosen} />}
      </Modal>
    </Stack>
  );
}

function Details({ id }: { id: string }) {
  const t = useTexts();
  const format = useFormat();
  const query = useQuery({ queryKey: ['audit', id, 'entry'], queryFn: async () => (await request<Entry>('GET', `/audit/${id}`)).value });
  const text = (body: unknown) => (body === undefined ? '–' : JSON.stringify(body, null, 2));
  return (
    <Loaded query={query}>
      {e => (
        <Stack gap="md">
          <Facts
            facts={[
              [
                t('audit.what'),
                <span key="p" className="mono">
                  {e.path}
                </span>,
              ],
              [t('audit.who'), e.actor],
              [t('audit.when'), format.dateTime(e.timestamp)],
              [t('audit.from'), e.address ?? '–'],
              [t('audit.request'), e.requestId ? <Copyable key="r" text={e.requestId} what={t('audit.request')} /> : '–'],
            ]}
          />
          {(['before', 'after'] as const).map(side => (
            <div key={side}>
              <Text fw={600} size="sm">
                {t(`audit.${side}`)}
              </Text>
              <pre className="mono" style={{ margin: 0, maxHeight: '16rem', overflow: 'auto', whiteSpace: 'pre-wrap' }} tabIndex={0}>
                {text(e[side])}
              </pre>
            </div>
          ))}
        </Stack>
      )}
    </Loaded>
  );
}
