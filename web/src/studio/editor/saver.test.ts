import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Experiment } from '../api';
import { Modules } from '../graph/model';
import { graphStore } from '../graph/store';
import { keptDraft, type SaveState, startSaving } from './saver';

const experiment = {
  ExperimentId: 'x1',
  Etag: 'e1',
  Category: 'user',
  Tags: [],
  WebService: { Inputs: [], Outputs: [] },
} as unknown as Experiment;
let answers: (() => Response | Promise<Response>)[] = [];
let sent: { ifMatch: string | null; body: { Description: string; IsDraft: boolean; RunFrom?: string } }[] = [];

const ok = (etag: string) => () => Response.json({ ...experiment, Etag: etag });
const refuse = (status: number) => () => Response.json({ error: { code: 'X', message: 'no' } }, { status });
const gone = () => Promise.reject(new TypeError('gone'));

beforeEach(() => {
  vi.useFakeTimers();
  answers = [];
  sent = [];
  localStorage.clear();
  vi.stubGlobal('fetch', async (_: string, init: RequestInit) => {
    sent.push({ ifMatch: new Headers(init.headers).get('If-Match'), body: JSON.parse(String(init.body)) });
    const next = answers.shift();
    if (!next) throw new Error('nobody answers');
    return next();
  });
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

function begin() {
  const store = graphStore({ title: 'a', summary: '', nodes: [], edges: [] });
  const states: SaveState['kind'][] = [];
  const conflict = vi.fn();
  const saver = startSaving({
    store,
    modules: new Modules([]),
    experiment,
    changed: s => states.push(s.kind),
    saved: () => undefined,
    conflict,
  });
  const title = (text: string) => store.getState().change(d => ({ ...d, title: text }));
  return { store, states, conflict, saver, title };
}

test('many changes are one save, under the version that was read', async () => {
  const { title, states, saver } = begin();
  answers = [ok('e2'), ok('e3')];
  title('b');
  title('c');
  await vi.advanceTimersByTimeAsync(1000);
  expect(sent).toEqual([expect.objectContaining({ ifMatch: '"e1"', body: expect.objectContaining({ Description: 'c', IsDraft: true }) })]);
  title('d');
  await saver.flush();
  expect(sent[1]?.ifMatch).toBe('"e2"');
  expect(states).toEqual(['unsaved', 'unsaved', 'saving', 'saved', 'unsaved', 'saving', 'saved']);
  expect(keptDraft('x1')).toBeUndefined();
});

test('while the server is gone it is tried again, and what was typed is kept here', async () => {
  const { title, states } = begin();
  answers = [gone, gone, ok('e2')];
  title('b');
  await vi.advanceTimersByTimeAsync(1000);
  expect(states.at(-1)).toBe('waiting');
  expect(keptDraft('x1')?.draft.title).toBe('b');
  await vi.advanceTimersByTimeAsync(6000);
  expect(sent).toHaveLength(3);
  expect(states.at(-1)).toBe('saved');
});

test('what somebody else saved is not overwritten', async () => {
  const { title, conflict, saver } = begin();
  answers = [refuse(412), ok('e9')];
  title('b');
  await vi.advanceTimersByTimeAsync(60_000);
  expect(conflict).toHaveBeenCalledOnce();
  expect(sent).toHaveLength(1);
  saver.rebase('e8');
  await vi.advanceTimersByTimeAsync(10);
  expect(sent[1]?.ifMatch).toBe('"e8"');
});

test('during a run changes wait for its end', async () => {
  const { title, states, saver } = begin();
  answers = [refuse(409), ok('e2')];
  title('b');
  await vi.advanceTimersByTimeAsync(60_000);
  expect(states.at(-1)).toBe('running');
  expect(sent).toHaveLength(1);
  saver.runEnded();
  await vi.advanceTimersByTimeAsync(10);
  expect(states.at(-1)).toBe('saved');
});

test('a run sends what is on the canvas, and a refusal is thrown', async () => {
  const { title, saver } = begin();
  answers = [ok('e2'), refuse(400)];
  title('b');
  await saver.run('-101');
  expect(sent[0]?.body).toMatchObject({ Description: 'b', IsDraft: false, RunFrom: '-101' });
  await expect(saver.run()).rejects.toMatchObject({ status: 400 });
});

test('a refused save is not repeated until something changes', async () => {
  const { title, states } = begin();
  answers = [refuse(400), ok('e2')];
  title('b');
  await vi.advanceTimersByTimeAsync(60_000);
  expect(states.at(-1)).toBe('refused');
  expect(sent).toHaveLength(1);
  title('c');
  await vi.advanceTimersByTimeAsync(1000);
  expect(states.at(-1)).toBe('saved');
});
