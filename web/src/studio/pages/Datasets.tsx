import { ActionIcon, Alert, Button, Group, Menu, Progress, Select, Stack, Text, TextInput } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { type DragEvent, useEffect, useRef, useState } from 'react';
import { DataTable } from '../../kit/DataTable';
import { useAsk } from '../../kit/dialogs';
import { Empty, ErrorBox } from '../../kit/errors';
import { useFormat } from '../../kit/format';
import { ApiError } from '../../kit/http';
import { Icon } from '../../kit/icons';
import { PageLink, useParam } from '../../kit/links';
import { Page, Panel } from '../../kit/page';
import { fixedRows, sortRows } from '../../kit/rows';
import { useMay } from '../../kit/session';
import { Status as Badge, type Tone } from '../../kit/status';
import { useKit } from '../../kit/texts';
import { toast } from '../../kit/toast';
import { type Dataset, get, inStudio, iso, path, remove, time } from '../api';
import { useTexts } from '../texts';
import { bytesOf, dataTypeOf, forgetUpload, isSame, notedUpload, settled, type Upload, upload } from './upload';

const tones: Record<Dataset['SchemaStatus'], Tone> = { Pending: 'warn', Complete: 'ok', Failed: 'bad', NotSupported: 'plain' };

export function DatasetState({ dataset: d }: { dataset: Dataset }) {
  const t = useTexts();
  const text = {
    Pending: t('datasets.pending'),
    Complete: t('datasets.complete'),
    Failed: t('datasets.failed'),
    NotSupported: t('datasets.kept'),
  }[d.SchemaStatus];
  return <Badge tone={tones[d.SchemaStatus]}>{text}</Badge>;
}

export function useTypeText() {
  const t = useTexts();
  return (id: string) => (id in typeNames ? t(`datasets.types.${id as keyof typeof typeNames}`) : id);
}

const typeNames = {
  GenericCSV: 1,
  GenericCSVNoHeader: 1,
  GenericTSV: 1,
  GenericTSVNoHeader: 1,
  ARFF: 1,
  SvmLight: 1,
  Parquet: 1,
  Zip: 1,
  RData: 1,
  PlainText: 1,
};

/** The list of datasets; files dropped on it are uploaded. */
export function Datasets() {
  const t = useTexts();
  const kit = useKit();
  const format = useFormat();
  const may = useMay();
  const typeText = useTypeText();
  const client = useQueryClient();
  const [text, setText] = useParam('find');
  const [sort, setSort] = useParam('sort', 'created desc');
  const [files, setFiles] = useState<File[]>([]);
  const write = may('studio.write');
  const query = useQuery({
    queryKey: ['datasets'],
    queryFn: () => get<Dataset[]>('/datasources'),
    refetchInterval: q => (q.state.data?.some(d => d.SchemaStatus === 'Pending') ? 1000 : 15_000),
  });
  const wanted = text.trim().toLowerCase();
  const [field = '', down] = sort.split(' ');
  const values: Record<string, (d: Dataset) => string | number> = {
    name: d => d.Name,
    size: d => d.Size,
    created: d => time(d.CreatedDate) ?? 0,
  };
  const shown =
    query.data &&
    sortRows(
      query.data.filter(d => d.Name.toLowerCase().includes(wanted)),
      values[field] ?? (d => d.Name),
      down === 'desc',
    );
  const changed = () => void client.invalidateQueries({ queryKey: ['datasets'] });
  const take = (list: FileList | null) => setFiles(old => [...old, ...(list ?? [])]);
  return (
    <div
      style={{ minHeight: '100%' }}
      onDragOver={(e: DragEvent) => {
        if (write && e.dataTransfer.types.includes('Files')) e.preventDefault();
      }}
      onDrop={(e: DragEvent) => {
        if (!write || e.dataTransfer.files.length === 0) return;
        e.preventDefault();
        take(e.dataTransfer.files);
      }}
    >
      <Page title={t('datasets.title')} hint={t('datasets.hint')} actions={write && <ChooseFiles take={take} />}>
        {write && <CutOff files={files} />}
        {files.map((file, i) => (
          <UploadPanel
            key={`${file.name} ${file.size} ${i}`}
            file={file}
            taken={query.data?.map(d => d.Name) ?? []}
            changed={changed}
            close={() => setFiles(old => old.filter(f => f !== file))}
          />
        ))}
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
          label={t('datasets.title')}
          rows={fixedRows(shown, query.error, () => void query.refetch())}
          rowKey={d => d.Id}
          sort={sort}
          onSort={setSort}
          columns={[
            {
              id: 'name',
              header: t('datasets.name'),
              width: '3fr',
              sort: 'name',
              cell: d => <PageLink to={path`/datasets/${d.Id}`}>{d.Name}</PageLink>,
            },
            { id: 'type', header: t('datasets.type'), width: '11rem', cell: d => typeText(d.DataTypeId) },
            { id: 'size', header: t('datasets.size'), width: '6rem', end: true, sort: 'size', cell: d => format.bytes(d.Size) },
            {
              id: 'created',
              header: t('datasets.created'),
              width: '11rem',
              sort: 'created',
              cell: d => format.dateTime(iso(d.CreatedDate)),
            },
            { id: 'state', header: t('datasets.state'), width: '8rem', cell: d => <DatasetState dataset={d} /> },
            { id: 'actions', header: '', width: '3rem', end: true, cell: d => <Actions d={d} changed={changed} /> },
          ]}
          empty={
            wanted ? (
              <Empty icon="search" title={t('datasets.noMatch.title')}>
                {t('datasets.noMatch.text')}
              </Empty>
            ) : (
              <Empty icon="box" title={t('datasets.empty.title')}>
                {t('datasets.empty.text')}
              </Empty>
            )
          }
        />
      </Page>
    </div>
  );
}

function ChooseFiles({ take }: { take: (files: FileList | null) => void }) {
  const t = useTexts();
  const input = useRef<HTMLInputElement>(null);
  return (
    <>
      <input
        ref={input}
        type="file"
        multiple
        hidden
        aria-label={t('datasets.file')}
        onChange={e => {
          take(e.currentTarget.files);
          e.currentTarget.value = '';
        }}
      />
      <Button leftSection={<Icon name="upload" size={14} />} onClick={() => input.current?.click()}>
        {t('datasets.upload')}
      </Button>
    </>
  );
}

/** Tells of an upload that a closed page or a lost connection cut off. */
function CutOff({ files }: { files: File[] }) {
  const t = useTexts();
  const format = useFormat();
  const [noted, setNoted] = useState(notedUpload);
  if (!noted || files.some(f => isSame(noted, f))) return null;
  return (
    <Alert mb="sm" color="yellow" icon={<Icon name="upload" />}>
      <Group justify="space-between">
        <Text size="sm">
          {t('datasets.resumeFound', { name: noted.file, done: format.bytes(bytesOf(noted)), total: format.bytes(noted.size) })}
        </Text>
        <Button
          size="xs"
          variant="default"
          onClick={() => {
            forgetUpload();
            setNoted(undefined);
          }}
        >
          {t('datasets.forget')}
        </Button>
      </Group>
    </Alert>
  );
}

type Stage = 'asking' | 'sending' | 'stopped' | 'reading';

/** One file on its way: what it is, how far it is, and what went wrong. */
function UploadPanel({ file, taken, changed, close }: { file: File; taken: string[]; changed: () => void; close: () => void }) {
  const t = useTexts();
  const kit = useKit();
  const format = useFormat();
  const typeText = useTypeText();
  const noted = notedUpload();
  const resumed = noted && isSame(noted, file) ? noted : undefined;
  const [name, setName] = useState(resumed?.name ?? file.name.replace(/(\.nh)?\.[^.]+$/, ''));
  const [dataType, setDataType] = useState(resumed?.dataType ?? dataTypeOf(file.name));
  const [description, setDescription] = useState('');
  const [stage, setStage] = useState<Stage>('asking');
  const [sent, setSent] = useState(resumed ? bytesOf(resumed) : 0);
  const [error, setError] = useState<unknown>();
  const abort = useRef(new AbortController());
  useEffect(() => () => abort.current.abort(), []);
  const send = async () => {
    const u: Upload = { file, name: name.trim(), dataType, description };
    abort.current = new AbortController();
    const { signal } = abort.current;
    setError(undefined);
    setStage('sending');
    try {
      const made = await upload(u, setSent, signal);
      setStage('reading');
      changed();
      const d = await settled(made, signal);
      changed();
      if (d.SchemaStatus === 'Failed') throw new Error(d.SchemaMessage);
      toast(t('datasets.uploaded', { name: d.Name }));
      close();
    } catch (failure) {
      if (signal.aborted) return;
      setError(failure);
      setStage(failure instanceof ApiError && failure.status !== 0 && failure.status < 500 ? 'asking' : 'stopped');
    }
  };
  const busy = stage === 'sending' || stage === 'reading';
  const clash = taken.some(n => n.toLowerCase() === name.trim().toLowerCase()) && !busy;
  return (
    <div style={{ marginBottom: '0.75rem' }}>
      <Panel
        title={`${t('datasets.uploadTitle')}: ${file.name} (${format.bytes(file.size)})`}
        actions={
          <ActionIcon
            variant="subtle"
            color="gray"
            aria-label={`${kit('cancel')}: ${file.name}`}
            onClick={() => {
              abort.current.abort();
              close();
            }}
          >
            <Icon name="close" size={14} />
          </ActionIcon>
        }
      >
        <Stack gap="sm">
          {!busy && (
            <Group align="flex-start" grow>
              <TextInput
                label={t('datasets.name')}
                value={name}
                onChange={e => setName(e.currentTarget.value)}
                error={clash && t('datasets.nameTaken', { name: name.trim() })}
              />
              <Select
                label={t('datasets.fileType')}
                value={dataType}
                disabled={stage === 'stopped'}
                onChange={v => v && setDataType(v)}
                data={Object.keys(typeNames).map(value => ({ value, label: typeText(value) }))}
              />
              <TextInput label={t('datasets.description')} value={description} onChange={e => setDescription(e.currentTarget.value)} />
            </Group>
          )}
          {stage !== 'asking' && (
            <div>
              <Text size="sm" role="status">
                {stage === 'reading'
                  ? t('datasets.reading', { name: file.name })
                  : stage === 'stopped'
                    ? t('datasets.paused', { name: file.name, done: format.bytes(sent) })
                    : t('datasets.uploading', { name: file.name, done: format.bytes(sent), total: format.bytes(file.size) })}
              </Text>
              <Progress value={file.size === 0 ? 100 : (100 * sent) / file.size} animated={busy} aria-label={file.name} mt={4} />
            </div>
          )}
          {error !== undefined && <ErrorBox error={error} />}
          {!busy && (
            <Group>
              <Button onClick={() => void send()} disabled={name.trim() === '' || clash}>
                {stage === 'stopped' || resumed ? t('datasets.resume') : t('datasets.begin')}
              </Button>
            </Group>
          )}
        </Stack>
      </Panel>
    </div>
  );
}

function Actions({ d, changed }: { d: Dataset; changed: () => void }) {
  const t = useTexts();
  const kit = useKit();
  const ask = useAsk();
  const may = useMay();
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <ActionIcon variant="subtle" color="gray" aria-label={t('datasets.actionsOf', { name: d.Name })}>
          <Icon name="more" />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item
          component="a"
          href={inStudio(path`/datasources/${d.Id}/content`)}
          download
          leftSection={<Icon name="download" size={14} />}
        >
          {t('datasets.download')}
        </Menu.Item>
        {may('studio.write') && (
          <Menu.Item
            leftSection={<Icon name="trash" size={14} />}
            onClick={async () => {
              const gone = await ask({
                title: t('datasets.deleteTitle', { name: d.Name }),
                text: t('datasets.deleteText'),
                go: t('datasets.delete'),
                danger: true,
                act: () => remove(path`/datasources/family/${d.FamilyId}`),
              });
              if (!gone) return;
              toast(kit('deleted', { name: d.Name }));
              changed();
            }}
          >
            {t('datasets.delete')}
          </Menu.Item>
        )}
      </Menu.Dropdown>
    </Menu>
  );
}
