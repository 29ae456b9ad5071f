import { ActionIcon, Button, FileButton, Group, Menu, Modal, Stack, TextInput } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { DataTable } from '../../kit/DataTable';
import { useAsk } from '../../kit/dialogs';
import { Empty, ErrorBox } from '../../kit/errors';
import { useFormat } from '../../kit/format';
import { Icon } from '../../kit/icons';
import { PageLink, useGo, useParam } from '../../kit/links';
import { Page } from '../../kit/page';
import { fixedRows, sortRows } from '../../kit/rows';
import { useMay } from '../../kit/session';
import { Status as Badge, type Tone } from '../../kit/status';
import { useKit } from '../../kit/texts';
import { toast } from '../../kit/toast';
import { type Experiment, type ExperimentSummary, get, iso, path, post, remove, type Status, type Submission, time } from '../api';
import { useTexts } from '../texts';
import { exportExperiment, readExperiment } from './files';

const tones: Record<Status['StatusCode'], Tone> = {
  InDraft: 'plain',
  NotStarted: 'plain',
  Running: 'warn',
  Finished: 'ok',
  Failed: 'bad',
  Cancelled: 'plain',
};

export function StatusBadge({ status }: { status: Status }) {
  const t = useTexts();
  return <Badge tone={tones[status.StatusCode]}>{t(`status.${status.StatusCode}`)}</Badge>;
}

const nothing: Pick<Submission, 'Summary' | 'IsDraft' | 'Category' | 'Tags' | 'ExperimentGraph' | 'WebService'> = {
  Summary: '',
  IsDraft: true,
  Category: 'user',
  Tags: [],
  ExperimentGraph: { ModuleNodes: [], EdgesInternal: [], SerializedClientData: '' },
  WebService: {
    IsWebServiceExperiment: false,
    Inputs: [],
    Outputs: [],
    Parameters: [],
    WebServiceGroupId: null,
    ModelPackageId: null,
    ArmWebServiceId: null,
    SerializedClientData: '',
  },
};

/** Makes a blank experiment and opens it. */
export function useNewExperiment() {
  const t = useTexts();
  const go = useGo();
  return async () => {
    const date = new Date().toLocaleDateString();
    const { value } = await post<Experiment>('/experiments', { ...nothing, Description: t('experiments.newName', { date }) });
    await go(path`/experiments/${value.ExperimentId}`);
  };
}

/** The list of experiments. */
export function Experiments() {
  const t = useTexts();
  const kit = useKit();
  const format = useFormat();
  const may = useMay();
  const go = useGo();
  const client = useQueryClient();
  const create = useNewExperiment();
  const [text, setText] = useParam('find');
  const [sort, setSort] = useParam('sort', 'changed desc');
  const [error, setError] = useState<unknown>();
  const query = useQuery({ queryKey: ['experiments'], queryFn: () => get<ExperimentSummary[]>('/experiments'), refetchInterval: 5000 });
  const at = (x: ExperimentSummary) => time(x.Status.StartTime) ?? time(x.Status.CreationTime) ?? 0;
  const wanted = text.trim().toLowerCase();
  const [field = '', down] = sort.split(' ');
  const value = { name: (x: ExperimentSummary) => x.Description, creator: (x: ExperimentSummary) => x.Creator, changed: at }[field] ?? at;
  const shown =
    query.data &&
    sortRows(
      query.data.filter(x => x.Description.toLowerCase().includes(wanted)),
      value,
      down === 'desc',
    );
  const write = may('studio.write');
  const importFile = async (file: File | null) => {
    if (!file) return;
    setError(undefined);
    try {
      const submission = readExperiment(await file.text());
      if (!submission) throw new Error(t('experiments.notExperiment', { name: file.name }));
      const { value } = await post<Experiment>('/experiments', { ...submission, Description: submission.Description || file.name });
      toast(t('experiments.imported', { name: value.Description }));
      await go(path`/experiments/${value.ExperimentId}`);
    } catch (failure) {
      setError(failure);
    }
  };
  const make = (
    <Button leftSection={<Icon name="add" size={14} />} onClick={() => void create().catch(setError)}>
      {t('experiments.new')}
    </Button>
  );
  return (
    <Page
      title={t('experiments.title')}
      hint={t('experiments.hint')}
      actions={
        write && (
          <>
            {make}
            <FileButton accept="application/json,.json" onChange={f => void importFile(f)}>
              {props => (
                <Button {...props} variant="default" title={t('experiments.importHint')} leftSection={<Icon name="upload" size={14} />}>
                  {t('experiments.import')}
                </Button>
              )}
            </FileButton>
          </>
        )
      }
    >
      {error !== undefined && (
        <div style={{ marginBottom: '0.75rem' }}>
          <ErrorBox error={error} />
        </div>
      )}
      <Group mb="sm">
        <TextInput
          w={280}
          aria-label={kit('filter')}
          placeholder={kit('filter')}
          leftSection={<Icon name="search" size={14} />}
          value={text}
          onChange={e => setText(e.currentTarget.value)}
        />
      </Group>
      <DataTable
        label={t('experiments.title')}
        rows={fixedRows(shown, query.error, () => void query.refetch())}
        rowKey={x => x.ExperimentId}
        sort={sort}
        onSort={setSort}
        columns={[
          {
            id: 'name',
            header: t('experiments.name'),
            width: '3fr',
            sort: 'name',
            cell: x => <PageLink to={path`/experiments/${x.ExperimentId}`}>{x.Description}</PageLink>,
          },
          { id: 'status', header: t('experiments.status'), width: '7rem', cell: x => <StatusBadge status={x.Status} /> },
          {
            id: 'changed',
            header: t('experiments.changed'),
            width: '11rem',
            sort: 'changed',
            cell: x => format.dateTime(iso(x.Status.EndTime) ?? iso(x.Status.StartTime)),
          },
          { id: 'creator', header: t('experiments.creator'), width: '1fr', sort: 'creator', cell: x => x.Creator },
          {
            id: 'actions',
            header: '',
            width: '3rem',
            end: true,
            cell: x => write && <Actions x={x} changed={() => void client.invalidateQueries({ queryKey: ['experiments'] })} />,
          },
        ]}
        empty={
          wanted ? (
            <Empty icon="search" title={t('experiments.noMatch.title')}>
              {t('experiments.noMatch.text')}
            </Empty>
          ) : (
            <Empty icon="flask" title={t('experiments.empty.title')} action={write && make}>
              {t('experiments.empty.text')}
            </Empty>
          )
        }
      />
    </Page>
  );
}

function Actions({ x, changed }: { x: ExperimentSummary; changed: () => void }) {
  const t = useTexts();
  const kit = useKit();
  const ask = useAsk();
  const go = useGo();
  const [renaming, setRenaming] = useState(false);
  const whole = () => get<Experiment>(path`/experiments/${x.ExperimentId}`);
  const send = (at: string, full: Experiment, Description: string, etag?: string) =>
    post<Experiment>(
      at,
      {
        Description,
        Summary: full.Summary,
        IsDraft: true,
        Category: full.Category,
        Tags: full.Tags,
        ExperimentGraph: full.Graph,
        WebService: full.WebService,
      },
      { ifMatch: etag && `"${etag}"` },
    );
  return (
    <>
      <Menu position="bottom-end">
        <Menu.Target>
          <ActionIcon variant="subtle" color="gray" aria-label={t('experiments.actionsOf', { name: x.Description })}>
            <Icon name="more" />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item leftSection={<Icon name="edit" size={14} />} onClick={() => setRenaming(true)}>
            {t('experiments.rename')}
          </Menu.Item>
          <Menu.Item
            leftSection={<Icon name="copy" size={14} />}
            onClick={async () => {
              const full = await whole();
              const { value } = await send(
                '/experiments',
                { ...full, WebService: { ...full.WebService, WebServiceGroupId: null } },
                t('experiments.copyOf', { name: x.Description }),
              );
              await go(path`/experiments/${value.ExperimentId}`);
            }}
          >
            {t('experiments.copy')}
          </Menu.Item>
          <Menu.Item leftSection={<Icon name="download" size={14} />} onClick={() => void exportExperiment(x.ExperimentId)}>
            {t('experiments.export')}
          </Menu.Item>
          <Menu.Item
            leftSection={<Icon name="trash" size={14} />}
            onClick={async () => {
              const gone = await ask({
                title: t('experiments.deleteTitle', { name: x.Description }),
                text: t('experiments.deleteText'),
                go: t('experiments.delete'),
                danger: true,
                act: () => remove(`${path`/experiments/${x.ExperimentId}`}?deleteAncestors=true`),
              });
              if (!gone) return;
              toast(kit('deleted', { name: x.Description }));
              changed();
            }}
          >
            {t('experiments.delete')}
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      {renaming && (
        <Rename
          name={x.Description}
          onClose={() => setRenaming(false)}
          save={async name => {
            const full = await whole();
            await send(path`/experiments/${x.ExperimentId}`, full, name, full.Etag);
            changed();
          }}
        />
      )}
    </>
  );
}

/** Asks for another name. */
export function Rename({ name, save, onClose }: { name: string; save: (name: string) => Promise<void>; onClose: () => void }) {
  const t = useTexts();
  const kit = useKit();
  const [text, setText] = useState(name);
  const [error, setError] = useState<unknown>();
  const [busy, setBusy] = useState(false);
  const go = async () => {
    setBusy(true);
    try {
      await save(text.trim());
      onClose();
    } catch (failure) {
      setError(failure);
    } finally {
      setBusy(false);
    }
  };
  return (
    <Modal opened onClose={onClose} title={t('experiments.rename')} closeButtonProps={{ 'aria-label': kit('close') }}>
      <form
        onSubmit={e => {
          e.preventDefault();
          void go();
        }}
      >
        <Stack gap="sm">
          <TextInput data-autofocus label={t('experiments.name')} value={text} onChange={e => setText(e.currentTarget.value)} />
          {error !== undefined && <ErrorBox error={error} />}
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              {kit('cancel')}
            </Button>
            <Button type="submit" loading={busy} disabled={text.trim() === '' || text.trim() === name}>
              {kit('save')}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
