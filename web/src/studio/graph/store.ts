import { temporal } from 'zundo';
import { createStore } from 'zustand/vanilla';
import type { Draft, GraphEdge, GraphNode } from './model';

/** What the editor holds; each change of the draft can be undone. */
export interface GraphState {
  draft: Draft;
  /** Counts the changes, so that a save knows whether there were more. */
  version: number;
  /** Changes the draft, as one step of undo. */
  change: (next: (draft: Draft) => Draft) => void;
}

const steps = 200;

/** Makes the store of one experiment. */
export function graphStore(draft: Draft) {
  const store = createStore<GraphState>()(
    temporal(
      set => ({
        draft,
        version: 0,
        change: next => set(s => ({ draft: next(s.draft), version: s.version + 1 })),
      }),
      {
        partialize: s => ({ draft: s.draft }),
        limit: steps,
        equality: (a, b) => a.draft === b.draft,
      },
    ),
  );
  return store;
}

export type GraphStore = ReturnType<typeof graphStore>;

/** Takes the last change back, or does it again. */
export function step(store: GraphStore, back: boolean) {
  const t = store.temporal.getState();
  if (back) t.undo();
  else t.redo();
  store.setState(s => ({ version: s.version + 1 }));
}

export const updateNode =
  (id: string, change: Partial<GraphNode>) =>
  (d: Draft): Draft => ({
    ...d,
    nodes: d.nodes.map(n => (n.id === id ? { ...n, ...change } : n)),
  });

/** Sets a parameter; undefined goes back to the default. */
export const setValue =
  (id: string, name: string, value: string | undefined) =>
  (d: Draft): Draft => ({
    ...d,
    nodes: d.nodes.map(n => {
      if (n.id !== id) return n;
      const { [name]: _, ...values } = n.values;
      return { ...n, values: value === undefined ? values : { ...values, [name]: value } };
    }),
  });

export const addNode =
  (node: GraphNode) =>
  (d: Draft): Draft => ({ ...d, nodes: [...d.nodes, node] });

export const addEdge =
  (edge: GraphEdge) =>
  (d: Draft): Draft => ({ ...d, edges: [...d.edges, edge] });

export const removeParts =
  (nodes: ReadonlySet<string>, edges: ReadonlySet<string>) =>
  (d: Draft): Draft => ({
    ...d,
    nodes: d.nodes.filter(n => !nodes.has(n.id)),
    edges: d.edges.filter(e => !nodes.has(e.from) && !nodes.has(e.to) && !edges.has(edgeId(e))),
  });

export const moveNodes =
  (places: ReadonlyMap<string, { x: number; y: number }>) =>
  (d: Draft): Draft => ({
    ...d,
    nodes: d.nodes.map(n => (places.has(n.id) ? { ...n, ...places.get(n.id) } : n)),
  });

export const edgeId = (e: GraphEdge) => `${e.from}:${e.fromPort}→${e.to}:${e.toPort}`;
