import { ActionIcon, Alert, Button, Group, List, Loader, Menu, Text, TextInput, Tooltip } from '@mantine/core';
import { useReactFlow } from '@xyflow/react';
import { useState } from 'react';
import { useStore } from 'zustand';
import { useAsk } from '../../kit/dialogs';
import { ErrorBox, useErrorText } from '../../kit/errors';
import { useFormat } from '../../kit/format';
import { Icon, type IconName } from '../../kit/icons';
import { useGo } from '../../kit/links';
import { useKit } from '../../kit/texts';
import { toast } from '../../kit/toast';
import { duration, type Experiment, isOver, path, post, remove } from '../api';
import { layOut } from '../graph/layout';
import { step } from '../graph/store';
import { exportExperiment } from '../pages/files';
import { useTexts } from '../texts';
import { useDraft, useEditorContext } from './context';
import { History } from './History';
import { forgetDraft, type SaveState } from './saver';

interface BarProps {
  saveState: SaveState;
  saveNow: () => void;
  run: (from?: string) => Promise<void>;
  runError: unknown;
  forgetError: () => void;
  setExperiment: (x: Experiment) => void;
  /** Puts the graph of an earlier run on the canvas. */
  restore: (x: Experiment) => void;
}

/** What can be done with the whole experiment, and how it stands. */
export function Bar(props: BarProps) {
  const t = useTexts();
  const kit = useKit();
  const ask = useAsk();
  const go = useGo();
  const flow = useReactFlow();
  const { store, experiment, mayEdit, selected } = useEditorContext();
  const draft = useDraft();
  const past = useStore(store.temporal, s => s.pastStates.length);
  const future = useStore(store.temporal, s => s.futureStates.length);
  const [history, setHistory] = useState(false);
  const running = !isOver(experiment.Status);
  const chosen = selected.size === 1 ? draft.nodes.find(n => selected.has(n.id) && n.kind === 'module') : undefined;
  const tidy = () => {
    store.getState().change(d => {
      const nodes = d.nodes.map(n => ({ ...n }));
      layOut({ nodes, edges: d.edges });
      return { ...d, nodes };
    });
    requestAnimationFrame(() => void flow.fitView({ maxZoom: 1, padding: 0.15 }));
  };
  const publish = usePublish();
  return (
    <div style={{ gridColumn: '1 / -1' }}>
      <div className="editor-bar" role="toolbar" aria-label={t('editor.props.experiment')}>
        <TextInput
          className="title-input"
          size="xs"
          w={260}
          aria-label={t('editor.title')}
          value={draft.title}
          readOnly={!mayEdit}
          onChange={e => store.getState().change(d => ({ ...d, title: e.currentTarget.value }))}
        />
        <Group gap={2}>
          <Tool icon="undo" label={t('editor.undo')} onClick={() => step(store, true)} disabled={!mayEdit || past === 0} />
          <Tool icon="undo" flip label={t('editor.redo')} onClick={() => step(store, false)} disabled={!mayEdit || future === 0} />
          <Tool icon="dashboard" label={t('editor.tidy')} onClick={tidy} disabled={!mayEdit} />
          <Tool icon="minus" label={t('editor.zoomOut')} onClick={() => void flow.zoomOut()} />
          <Tool icon="add" label={t('editor.zoomIn')} onClick={() => void flow.zoomIn()} />
          <Tool icon="eye" label={t('editor.fit')} onClick={() => void flow.fitView({ maxZoom: 1, padding: 0.15 })} />
        </Group>
        <SaveText state={mayEdit ? props.saveState : undefined} retry={props.saveNow} />
        <div style={{ flex: 1 }} />
        <RunText experiment={experiment} />
        {running ? (
          <Button
            size="xs"
            variant="default"
            leftSection={<Icon name="stop" size={14} />}
            disabled={!mayEdit}
            onClick={async () => props.setExperiment((await post<Experiment>(path`/experiments/${experiment.ExperimentId}/cancel`)).value)}
          >
            {t('editor.cancel')}
          </Button>
        ) : (
          <Button.Group>
            <Button
              size="xs"
              leftSection={<Icon name="play" size={14} />}
              disabled={!mayEdit || draft.nodes.length === 0}
              onClick={() => void props.run()}
            >
              {t('editor.run')}
            </Button>
            <Tooltip label={t('editor.runFromHint')} multiline w={260}>
              <Button size="xs" variant="light" disabled={!mayEdit || !chosen} onClick={() => void props.run(chosen?.id)}>
                {t('editor.runFrom')}
              </Button>
            </Tooltip>
          </Button.Group>
        )}
        <Button
          size="xs"
          variant="default"
          leftSection={<Icon name="globe" size={14} />}
          disabled={!mayEdit || running}
          onClick={() => void publish(props.saveState)}
        >
          {t('editor.publish')}
        </Button>
        <Menu position="bottom-end">
          <Menu.Target>
            <ActionIcon variant="default" aria-label={t('editor.more')}>
              <Icon name="more" />
            </ActionIcon>
          </Menu.Target>
          <Menu.Dropdown>
            <Menu.Item leftSection={<Icon name="history" size={14} />} onClick={() => setHistory(true)}>
              {t('editor.history')}
            </Menu.Item>
            <Menu.Item leftSection={<Icon name="download" size={14} />} onClick={() => void exportExperiment(experiment.ExperimentId)}>
              {t('editor.export')}
            </Menu.Item>
            <Menu.Item
              leftSection={<Icon name="trash" size={14} />}
              disabled={!mayEdit}
              onClick={async () => {
                const gone = await ask({
                  title: t('experiments.deleteTitle', { name: draft.title }),
                  text: t('experiments.deleteText'),
                  go: kit('delete'),
                  danger: true,
                  act: () => remove(`${path`/experiments/${experiment.ExperimentId}`}?deleteAncestors=true`),
                });
                if (!gone) return;
                forgetDraft(experiment.ExperimentId);
                toast(kit('deleted', { name: draft.title }));
                await go('/experiments', { replace: true });
              }}
            >
              {t('editor.delete')}
            </Menu.Item>
          </Menu.Dropdown>
        </Menu>
      </div>
      <Problems error={props.runError} close={props.forgetError} />
      {history && <History onClose={() => setHistory(false)} restore={props.restore} />}
    </div>
  );
}

function Tool(props: { icon: IconName; label: string; onClick: () => void; disabled?: boolean; flip?: boolean }) {
  return (
    <Tooltip label={props.label}>
      <ActionIcon variant="subtle" color="gray" aria-label={props.label} onClick={props.onClick} disabled={props.disabled}>
        <Icon name={props.icon} style={props.flip ? { transform: 'scaleX(-1)' } : undefined} />
      </ActionIcon>
    </Tooltip>
  );
}

/** Whether what is on the canvas is saved. */
function SaveText({ state, retry }: { state: SaveState | undefined; retry: () => void }) {
  const t = useTexts();
  const textOf = useErrorText();
  const text = !state
    ? t('editor.save.readOnly')
    : state.kind === 'refused'
      ? t('editor.save.refused', { reason: textOf(state.error).text })
      : t(`editor.save.${state.kind}`);
  const bad = state?.kind === 'refused' || state?.kind === 'waiting';
  return (
    <Group gap={6} wrap="nowrap" style={{ maxWidth: '32rem' }}>
      <Text size="xs" c={bad ? 'var(--p-warn)' : 'dimmed'} role="status">
        {text}
      </Text>
      {bad && (
        <Button size="compact-xs" variant="default" onClick={retry}>
          {t('editor.save.retry')}
        </Button>
      )}
    </Group>
  );
}

function RunText({ experiment }: { experiment: Experiment }) {
  const t = useTexts();
  const format = useFormat();
  const { Status: status } = experiment;
  const took = duration(status, Date.now());
  const done = experiment.NodeStatuses.filter(n => n.Status.StatusCode === 'Finished').length;
  const text = {
    InDraft: '',
    NotStarted: t('editor.waitingRun'),
    Running: t('editor.running', { done, total: experiment.NodeStatuses.length }),
    Finished: took === undefined ? t('status.Finished') : t('editor.finished', { time: format.duration(took) }),
    Failed: t('status.Failed'),
    Cancelled: t('editor.cancelled'),
  }[status.StatusCode];
  return (
    <Group gap={6} wrap="nowrap" role="status" data-run={status.StatusCode}>
      {!isOver(status) && <Loader size={14} />}
      <Text size="xs" c={status.StatusCode === 'Failed' ? 'var(--p-bad)' : status.StatusCode === 'Finished' ? 'var(--p-ok)' : 'dimmed'}>
        {text}
      </Text>
    </Group>
  );
}

/** Why the last run failed, or could not begin. */
function Problems({ error, close }: { error: unknown; close: () => void }) {
  const t = useTexts();
  const kit = useKit();
  const { experiment, select } = useEditorContext();
  if (error !== undefined) {
    return (
      <div style={{ padding: '0.5rem 0.75rem' }}>
        <ErrorBox error={error}>
          <Group>
            <Button size="xs" variant="default" onClick={close}>
              {kit('close')}
            </Button>
          </Group>
        </ErrorBox>
      </div>
    );
  }
  if (experiment.Status.StatusCode !== 'Failed') return null;
  const failed = experiment.NodeStatuses.filter(n => n.Status.StatusCode === 'Failed');
  return (
    <div style={{ padding: '0.5rem 0.75rem' }}>
      <Alert color="red" icon={<Icon name="alert" />} role="alert">
        {failed.length === 0 ? (
          t('editor.failed', { reason: experiment.Status.StatusDetail })
        ) : (
          <List size="sm" listStyleType="none">
            {failed.map(n => (
              <List.Item key={n.NodeId}>
                <Button
                  variant="transparent"
                  size="compact-sm"
                  onClick={() => select([n.NodeId])}
                  style={{ height: 'auto', textAlign: 'left' }}
                  styles={{ label: { whiteSpace: 'normal' } }}
                >
                  {n.Status.StatusDetail}
                </Button>
              </List.Item>
            ))}
          </List>
        )}
      </Alert>
    </div>
  );
}

/** Publishes what ran as a web service, and goes to its page. */
function usePublish() {
  const t = useTexts();
  const ask = useAsk();
  const go = useGo();
  const { experiment } = useEditorContext();
  const draft = useDraft();
  return async (saved: SaveState) => {
    if (experiment.Status.StatusCode !== 'Finished' || saved.kind !== 'saved') return toast(t('editor.needRun'));
    if (experiment.WebService.Inputs.length === 0 || experiment.WebService.Outputs.length === 0) return toast(t('editor.needPorts'));
    const before = experiment.WebService.WebServiceGroupId;
    let service = '';
    const done = await ask({
      title: t('editor.publishTitle'),
      text: before ? t('editor.publishUpdate') : t('editor.publishText', { name: draft.title }),
      go: t('editor.publishYes'),
      act: async () => {
        const at = `${path`/experiments/${experiment.ExperimentId}/webservice`}?generateNewPortNames=false&updateExistingWebService=true`;
        service = (await post<{ WebServiceGroupId: string }>(at)).value.WebServiceGroupId;
      },
    });
    if (!done) return;
    toast(t('editor.published'));
    await go(path`/services/${service}`);
  };
}
