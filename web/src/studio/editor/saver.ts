import { ApiError } from '../../kit/http';
import { type Experiment, path, post } from '../api';
import { type Draft, type Modules, submission } from '../graph/model';
import type { GraphStore } from '../graph/store';

// Saves what is edited by itself: a moment after the last change, one save at a
// time, again and again while the server is gone, never over what somebody else saved.

export type SaveState = { kind: 'saved' | 'saving' | 'unsaved' | 'waiting' | 'running' } | { kind: 'refused'; error: ApiError };

export interface Saver {
  state: () => SaveState;
  /** Saves at once; true once all is saved. */
  flush: () => Promise<boolean>;
  /** Saves and runs; from a node on, where one is named. Throws what the server says. */
  run: (from?: string) => Promise<Experiment>;
  /** Says that the run is over, so that changes can be saved again. */
  runEnded: () => void;
  /** Takes the version that is saved for the one that is edited: after a conflict. */
  rebase: (etag: string) => void;
  stop: () => void;
}

export interface SaverOptions {
  store: GraphStore;
  modules: Modules;
  experiment: Experiment;
  changed: (state: SaveState) => void;
  saved: (x: Experiment) => void;
  conflict: () => void;
  /** Milliseconds after the last change, and between tries while the server is gone. */
  delay?: number;
  again?: number;
}

const kept = (id: string) => `portico.studio.draft.${id}`;

export interface KeptDraft {
  etag: string;
  draft: Draft;
}

/** What was edited here and not saved before the page was closed. */
export function keptDraft(id: string): KeptDraft | undefined {
  try {
    const text = localStorage.getItem(kept(id));
    return text ? (JSON.parse(text) as KeptDraft) : undefined;
  } catch {
    return undefined;
  }
}

export function forgetDraft(id: string) {
  localStorage.removeItem(kept(id));
}

export function startSaving(o: SaverOptions): Saver {
  const id = o.experiment.ExperimentId;
  const delay = o.delay ?? 700;
  const again = o.again ?? 2500;
  let base = o.experiment;
  let etag = o.experiment.Etag;
  let savedVersion = o.store.getState().version;
  let state: SaveState = { kind: 'saved' };
  let timer: ReturnType<typeof setTimeout> | undefined;
  let inFlight: Promise<boolean> | undefined;
  let stopped = false;

  const tell = (next: SaveState) => {
    state = next;
    if (!stopped) o.changed(next);
  };
  const keep = () => {
    try {
      localStorage.setItem(kept(id), JSON.stringify({ etag, draft: o.store.getState().draft } satisfies KeptDraft));
    } catch {
      // no room: the server still gets it
    }
  };
  const schedule = (ms: number) => {
    clearTimeout(timer);
    if (!stopped) timer = setTimeout(() => void flush(), ms);
  };
  const send = (run: boolean, from?: string) =>
    post<Experiment>(path`/experiments/${id}`, submission(o.store.getState().draft, o.modules, base, run, from), { ifMatch: `"${etag}"` });
  const took = (x: Experiment, version: number) => {
    base = x;
    etag = x.Etag;
    savedVersion = version;
    if (o.store.getState().version === version) {
      forgetDraft(id);
      tell({ kind: 'saved' });
    } else {
      tell({ kind: 'unsaved' });
      schedule(delay);
    }
    if (!stopped) o.saved(x);
  };

  async function save(): Promise<boolean> {
    const version = o.store.getState().version;
    if (version === savedVersion) return true;
    tell({ kind: 'saving' });
    try {
      took((await send(false)).value, version);
      return o.store.getState().version === version;
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (error.status === 412) {
        tell({ kind: 'unsaved' });
        o.conflict();
      } else if (error.status === 0 || error.status >= 500) {
        tell({ kind: 'waiting' });
        schedule(again);
      } else if (error.status === 409) {
        tell({ kind: 'running' });
      } else {
        tell({ kind: 'refused', error });
      }
      return false;
    }
  }
  function flush(): Promise<boolean> {
    clearTimeout(timer);
    inFlight ??= save().finally(() => {
      inFlight = undefined;
    });
    return inFlight;
  }
  const unsubscribe = o.store.subscribe((now, before) => {
    if (now.version === before.version) return;
    keep();
    if (state.kind !== 'running') tell({ kind: 'unsaved' });
    schedule(delay);
  });

  return {
    state: () => state,
    flush,
    run: async from => {
      clearTimeout(timer);
      await inFlight;
      const version = o.store.getState().version;
      const { value } = await send(true, from);
      took(value, version);
      return value;
    },
    runEnded: () => {
      if (state.kind === 'running') schedule(0);
    },
    rebase: next => {
      etag = next;
      schedule(0);
    },
    stop: () => {
      stopped = true;
      clearTimeout(timer);
      unsubscribe();
      if (o.store.getState().version !== savedVersion) void save().catch(() => undefined);
    },
  };
}
