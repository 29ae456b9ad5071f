import { useHotkeys } from '@mantine/hooks';
import { useQueryClient } from '@tanstack/react-query';
import { useBlocker } from '@tanstack/react-router';
import { useReactFlow } from '@xyflow/react';
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { useGo, useParam } from '../../kit/links';
import { useMay } from '../../kit/session';
import { toast } from '../../kit/toast';
import { type Dataset, type Experiment, get, isOver, path, post } from '../api';
import { layOut, nodeSize } from '../graph/layout';
import { copyOf, type Draft, freeId, freeName, fromWire, type Modules, newNode, paste, readClip, submission } from '../graph/model';
import { addNode, graphStore, removeParts, step } from '../graph/store';
import { useTexts } from '../texts';
import { Bar } from './Bar';
import { Canvas } from './Canvas';
import { Conflict } from './Conflict';
import { type EditorContext, EditorProvider } from './context';
import { type Dragged, Palette } from './Palette';
import { Properties } from './Properties';
import { type Saver, type SaveState, startSaving } from './saver';

export interface EditorProps {
  experiment: Experiment;
  modules: Modules;
  datasets: Dataset[];
  draft: Draft;
  unsaved?: { draft: Draft; etag: string };
  /** Opens the experiment anew, as it is saved. */
  reopen: () => void;
}

const pollEvery = 600; // milliseconds, while a run goes on

/** The editor of one experiment: palette, canvas, properties, and the bar above. */
export function Editor(props: EditorProps) {
  const t = useTexts();
  const go = useGo();
  const client = useQueryClient();
  const may = useMay();
  const mayEdit = may('studio.write');
  const [experiment, setExperiment] = useState(props.experiment);
  const [saveState, setSaveState] = useState<SaveState>({ kind: 'saved' });
  const [conflict, setConflict] = useState(false);
  const [deepNode, setDeepNode] = useParam('node');
  const [selected, setSelected] = useState<ReadonlySet<string>>(() => new Set(deepNode ? [deepNode] : []));
  const [store] = useState(() => graphStore(props.draft));
  const saver = useRef<Saver>(undefined);
  const { modules } = props;

  useEffect(() => {
    const s = startSaving({
      store,
      modules,
      experiment: props.experiment,
      changed: setSaveState,
      saved: setExperiment,
      conflict: () => setConflict(true),
    });
    saver.current = s;
    if (props.unsaved) {
      const { draft, etag } = props.unsaved;
      store.getState().change(() => draft);
      if (etag !== props.experiment.Etag) setConflict(true);
    }
    return () => {
      s.stop();
      void client.invalidateQueries({ queryKey: ['experiments'] });
    };
  }, [store, modules, props.experiment, props.unsaved, client]);

  const select = useCallback(
    (ids: Iterable<string>) => {
      const next = new Set(ids);
      setSelected(old => (old.size === next.size && [...old].every(id => next.has(id)) ? old : next));
      setDeepNode(next.size === 1 ? ([...next][0] ?? '') : '');
    },
    [setDeepNode],
  );
  usePolling(experiment, setExperiment, () => {
    saver.current?.runEnded();
    void client.invalidateQueries({ queryKey: ['columns'] });
  });
  useBlocker({
    shouldBlockFn: async () => {
      await saver.current?.flush();
      return false; // what could not be saved is kept in this browser
    },
    enableBeforeUnload: () => ['unsaved', 'saving', 'waiting'].includes(saver.current?.state().kind ?? 'saved'),
  });

  const context = useMemo(
    (): EditorContext => ({ store, modules, datasets: new Map(props.datasets.map(d => [d.Id, d])), experiment, mayEdit, selected, select }),
    [store, modules, props.datasets, experiment, mayEdit, selected, select],
  );
  const add = useAdd(context);
  const [runError, setRunError] = useState<unknown>();
  const run = useCallback(async (from?: string) => {
    setRunError(undefined);
    try {
      await saver.current?.run(from);
    } catch (error) {
      setRunError(error);
    }
  }, []);
  useKeys(context, () => void run());
  const copyMine = async () => {
    const mine = store.getState().draft;
    const body = submission({ ...mine, title: t('editor.conflict.copyOf', { name: mine.title }) }, modules, experiment, false);
    const { value } = await post<Experiment>('/experiments', body);
    props.reopen();
    await go(path`/experiments/${value.ExperimentId}`);
  };
  return (
    <EditorProvider value={context}>
      <div className="editor-page">
        <Bar
          saveState={saveState}
          saveNow={() => void saver.current?.flush()}
          run={run}
          runError={runError}
          forgetError={() => setRunError(undefined)}
          setExperiment={setExperiment}
          restore={x => store.getState().change(d => ({ ...fromWire(x, layOut), title: d.title }))}
        />
        <Palette add={add} />
        <div className="editor-canvas">
          <Canvas drop={add} />
        </div>
        <Properties />
      </div>
      {conflict && (
        <Conflict
          takeTheirs={props.reopen}
          takeMine={async () => {
            const theirs = await get<Experiment>(path`/experiments/${experiment.ExperimentId}`);
            setConflict(false);
            saver.current?.rebase(theirs.Etag);
          }}
          copy={copyMine}
          goOn={() => setConflict(false)}
        />
      )}
    </EditorProvider>
  );
}

/** Follows a run to its end. */
function usePolling(experiment: Experiment, set: (x: Experiment) => void, ended: () => void) {
  const over = isOver(experiment.Status);
  const told = useRef(ended);
  told.current = ended;
  useEffect(() => {
    if (over) return;
    let timer: ReturnType<typeof setTimeout>;
    let stopped = false;
    const look = async () => {
      try {
        const now = await get<Experiment>(path`/experiments/${experiment.ExperimentId}`);
        if (stopped) return;
        set(now);
        if (isOver(now.Status)) return told.current();
      } catch {
        // the server is gone for the moment: the run goes on when it is back
      }
      if (!stopped) timer = setTimeout(look, pollEvery);
    };
    timer = setTimeout(look, pollEvery / 3);
    return () => {
      stopped = true;
      clearTimeout(timer);
    };
  }, [over, experiment.ExperimentId, set]);
}

/** Adds what was dragged, or chosen in the palette, and selects it. */
function useAdd({ store, select, mayEdit }: EditorContext) {
  const flow = useReactFlow();
  return useCallback(
    (what: Dragged, at?: { x: number; y: number }) => {
      if (!mayEdit) return;
      const { nodes } = store.getState().draft;
      const place = at ?? freePlace(nodes, flow.getViewport());
      const id = freeId(nodes, what.kind);
      const more =
        what.kind === 'module'
          ? { moduleId: what.moduleId }
          : what.kind === 'dataset'
            ? { datasetId: what.datasetId }
            : { name: freeName(nodes, what.kind) };
      store.getState().change(addNode(newNode(what.kind, id, place, more)));
      select([id]);
    },
    [store, select, mayEdit, flow],
  );
}

/** Below the last node, where it is seen. */
function freePlace(nodes: Draft['nodes'], viewport: { x: number; y: number; zoom: number }): { x: number; y: number } {
  const lowest = nodes.reduce<Draft['nodes'][number] | undefined>((low, n) => (!low || n.y > low.y ? n : low), undefined);
  if (lowest) return { x: lowest.x, y: lowest.y + nodeSize.height + 48 };
  return { x: Math.round((320 - viewport.x) / viewport.zoom), y: Math.round((120 - viewport.y) / viewport.zoom) };
}

/** The editor's keys. They do nothing while a field has them. */
function useKeys({ store, select, selected, mayEdit }: EditorContext, run: () => void) {
  const t = useTexts();
  const undo = (back: boolean) => () => mayEdit && step(store, back);
  const insert = useCallback(
    (text: string) => {
      const clip = readClip(text, layOut);
      if (!clip || clip.nodes.length === 0) return toast(t('editor.notPasted'));
      const pasted = paste(store.getState().draft, clip);
      store.getState().change(() => pasted.draft);
      select(pasted.ids);
      toast(t('editor.pasted', { count: pasted.ids.size }));
    },
    [store, select, t],
  );
  useEffect(() => {
    const typing = (e: Event) =>
      e.target instanceof HTMLElement && e.target.closest('input, textarea, [contenteditable], [role=dialog]') !== null;
    const copy = (e: ClipboardEvent) => {
      if (typing(e) || selected.size === 0 || !document.getSelection()?.isCollapsed) return;
      e.clipboardData?.setData('text/plain', JSON.stringify(copyOf(store.getState().draft, selected)));
      e.preventDefault();
      if (e.type === 'cut' && mayEdit) store.getState().change(removeParts(selected, new Set()));
    };
    const pasteText = (e: ClipboardEvent) => {
      if (typing(e) || !mayEdit) return;
      e.preventDefault();
      insert(e.clipboardData?.getData('text/plain') ?? '');
    };
    document.addEventListener('copy', copy);
    document.addEventListener('cut', copy);
    document.addEventListener('paste', pasteText);
    return () => {
      document.removeEventListener('copy', copy);
      document.removeEventListener('cut', copy);
      document.removeEventListener('paste', pasteText);
    };
  }, [store, selected, mayEdit, insert]);
  useHotkeys([
    ['mod+Z', undo(true)],
    ['mod+shift+Z', undo(false)],
    ['mod+Y', undo(false)],
    ['mod+Enter', run],
    ['mod+A', () => select(store.getState().draft.nodes.map(n => n.id))],
  ]);
}
