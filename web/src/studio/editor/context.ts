import { createContext, useCallback, useContext } from 'react';
import { useStore } from 'zustand';
import type { Dataset, Experiment, NodeStatus } from '../api';
import type { Draft, Modules } from '../graph/model';
import type { GraphStore } from '../graph/store';

/** What the parts of the editor share. */
export interface EditorContext {
  store: GraphStore;
  modules: Modules;
  datasets: Map<string, Dataset>;
  /** As the server told it last: statuses, results, problems. */
  experiment: Experiment;
  mayEdit: boolean;
  selected: ReadonlySet<string>;
  select: (ids: Iterable<string>) => void;
}

const Context = createContext<EditorContext | undefined>(undefined);
export const EditorProvider = Context.Provider;

export function useEditorContext(): EditorContext {
  const context = useContext(Context);
  if (!context) throw new Error('not in the editor');
  return context;
}

export function useDraft(): Draft {
  return useStore(useEditorContext().store, s => s.draft);
}

/** How a node is called on the canvas. */
export function useNodeName() {
  const { modules, datasets } = useEditorContext();
  return useCallback(
    (n: { kind: string; moduleId: string; datasetId: string; name: string }) => {
      if (n.kind === 'module') return modules.find(n.moduleId)?.Name ?? n.moduleId;
      return n.kind === 'dataset' ? (datasets.get(n.datasetId)?.Name ?? n.datasetId) : n.name;
    },
    [modules, datasets],
  );
}

/** The status of each node of the run, or of a draft's problems. */
export function statusesOf(x: Experiment): Map<string, NodeStatus> {
  return new Map(x.NodeStatuses.map(s => [s.NodeId, s]));
}
