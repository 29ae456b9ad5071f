import { describe, expect, test } from 'vitest';
import type { Module } from '../api';
import { layOut } from './layout';
import {
  copyOf,
  type Draft,
  freeId,
  fromWire,
  Modules,
  newNode,
  paste,
  readClip,
  readPositions,
  toWire,
  wireFault,
  writePositions,
} from './model';
import { addNode, edgeId, graphStore, removeParts, step } from './store';

const port = (Name: string, Type = 'Data Table') => ({ Name, Type, IsOptional: false, Description: '' });
const module = (Name: string, FamilyId: string, inputs: ReturnType<typeof port>[], outputs: ReturnType<typeof port>[]) =>
  ({
    Id: `w.${FamilyId}.v1-default-1`,
    Name,
    FamilyId,
    Aliases: [],
    ModuleType: 'Library',
    InputPorts: inputs,
    OutputPorts: outputs,
    Parameters: [],
  }) as unknown as Module;

const workspace = '11111111111111111111111111111111';
const family = 'c9a826602d9c411d81224d9e0b3ce92a';
const datasetId = `${workspace}.22222222222222222222222222222222.v1-default-1`;
const modules = new Modules([
  module('Select Columns in Dataset', '1ec722fab6234e26a44ea50c6d726223', [port('Dataset')], [port('Results dataset')]),
  module('Feature Hashing', family, [port('Dataset')], [port('Transformed dataset')]),
  module(
    'Apply Filter',
    '33333333333333333333333333333333',
    [port('Filter', 'IFilter interface'), port('Dataset')],
    [port('Results dataset')],
  ),
]);

function guide(): Draft {
  return {
    title: 'Simple',
    summary: '',
    nodes: [
      newNode('dataset', 'dataset-1', { x: 10, y: 20 }, { datasetId }),
      newNode(
        'module',
        '-77',
        { x: 10, y: 120 },
        { moduleId: `${workspace}.1ec722fab6234e26a44ea50c6d726223.v1-default-1`, values: { 'Select columns': '{}' } },
      ),
      newNode(
        'module',
        '-101',
        { x: 10, y: 220 },
        { moduleId: 'Feature Hashing', values: { 'Hashing bitsize': '3' }, comment: "a <b> & 'c'" },
      ),
      newNode('input', 'input-1', { x: 300, y: 120 }, { name: 'input1' }),
      newNode('output', 'output-1', { x: 10, y: 320 }, { name: 'output1' }),
    ],
    edges: [
      { from: 'dataset-1', fromPort: 'dataset', to: '-77', toPort: 'Dataset' },
      { from: '-77', fromPort: 'Results dataset', to: '-101', toPort: 'Dataset' },
      { from: 'input-1', fromPort: 'service', to: '-101', toPort: 'Dataset' },
      { from: '-101', fromPort: 'Transformed dataset', to: 'output-1', toPort: 'service' },
    ],
  };
}

describe('the wire', () => {
  test('datasets stand at the inputs that take them, service ports name theirs', () => {
    const { graph, service } = toWire(guide(), modules);
    expect(graph.ModuleNodes.map(n => n.Id)).toEqual(['-77', '-101']);
    expect(graph.ModuleNodes[0]?.InputPortsInternal).toEqual([
      { Name: 'Dataset', NodeId: '-77', DataSourceId: datasetId, TrainedModelId: null, TransformModuleId: null },
    ]);
    expect(graph.EdgesInternal).toEqual([{ SourceOutputPortId: '-77:Results dataset', DestinationInputPortId: '-101:Dataset' }]);
    expect(service.Inputs).toEqual([{ Id: 'input-1', PortId: '-101:Dataset', Name: 'input1' }]);
    expect(service.Outputs).toEqual([{ Id: 'output-1', PortId: '-101:Transformed dataset', Name: 'output1' }]);
    expect(service.IsWebServiceExperiment).toBe(true);
  });

  test('what goes out comes back', () => {
    const { graph, service } = toWire(guide(), modules);
    const back = fromWire({ Description: 'Simple', Summary: '', Graph: graph, WebService: service }, () =>
      expect.unreachable('all have places'),
    );
    expect(new Set(back.edges.map(edgeId))).toEqual(new Set(guide().edges.map(edgeId)));
    expect(back.nodes.map(n => [n.kind, n.x, n.y, n.comment]).sort()).toEqual(
      guide()
        .nodes.map(n => [n.kind, n.x, n.y, n.comment])
        .sort(),
    );
  });

  test('a dataset that nothing takes keeps its place', () => {
    const lonely = { ...guide(), edges: [] };
    const { graph, service } = toWire(lonely, modules);
    const back = fromWire({ Description: '', Summary: '', Graph: graph, WebService: service }, () => undefined);
    expect(back.nodes.find(n => n.kind === 'dataset')).toMatchObject({ datasetId, x: 10, y: 20 });
  });

  test('nodes without a place are laid out', () => {
    const { graph, service } = toWire(guide(), modules);
    const back = fromWire({ Description: '', Summary: '', Graph: { ...graph, SerializedClientData: '' }, WebService: service }, layOut);
    const at = (id: string) => back.nodes.find(n => n.id === id)?.y ?? 0;
    expect(at('-77')).toBeLessThan(at('-101'));
    expect(at('-101')).toBeLessThan(at('output-1'));
  });

  test('positions survive ids with XML in them', () => {
    const nodes = [newNode('module', `<a'&">`, { x: 1, y: 2 })];
    expect(readPositions(writePositions(nodes)).get(`<a'&">`)).toEqual({ x: 1, y: 2 });
  });
});

describe('wires', () => {
  const fault = (from: string, fromPort: string, to: string, toPort: string, draft = guide()) =>
    wireFault(modules, draft, { from, fromPort, to, toPort });
  const wider = addNode(newNode('module', '-5', { x: 0, y: 0 }, { moduleId: 'Apply Filter' }))(guide());
  test.each([
    ['-101', 'Transformed dataset', '-77', 'Dataset', 'taken'],
    ['-101', 'Transformed dataset', '-5', 'Dataset', ''],
    ['-101', 'Transformed dataset', '-5', 'Filter', 'type'],
    ['dataset-1', 'dataset', '-5', 'Filter', 'type'],
    ['input-1', 'service', '-5', 'Filter', 'serviceType'],
    ['input-1', 'service', 'output-1', 'service', 'serviceType'],
    ['-5', 'Results dataset', '-5', 'Dataset', 'self'],
    ['-5', 'Nothing', '-101', 'Dataset', 'missing'],
    ['nobody', 'x', '-101', 'Dataset', 'missing'],
  ])('%s:%s to %s:%s is %s', (from, fromPort, to, toPort, wanted) => {
    expect(fault(from, fromPort, to, toPort, wider)).toBe(wanted);
  });
  test('a circle is refused', () => {
    const open = {
      ...wider,
      edges: [
        { from: '-5', fromPort: 'Results dataset', to: '-77', toPort: 'Dataset' },
        { from: '-77', fromPort: 'Results dataset', to: '-101', toPort: 'Dataset' },
      ],
    };
    expect(fault('-101', 'Transformed dataset', '-5', 'Dataset', open)).toBe('cycle');
  });
});

describe('copy and paste', () => {
  test('pasted nodes have ids and names of their own, and the wires between them', () => {
    const d = guide();
    const clip = readClip(JSON.stringify(copyOf(d, new Set(['-101', 'input-1']))), layOut);
    expect(clip).toBeDefined();
    const { draft, ids } = paste(d, clip!);
    expect(draft.nodes).toHaveLength(7);
    expect([...ids]).toEqual(['-102', 'input-2']);
    expect(draft.nodes.at(-1)?.name).toBe('input2');
    expect(draft.edges.at(-1)).toEqual({ from: 'input-2', fromPort: 'service', to: '-102', toPort: 'Dataset' });
  });
  test("an experiment's JSON is taken, foreign JSON is not", () => {
    const { graph } = toWire(guide(), modules);
    expect(readClip(JSON.stringify({ Graph: graph }), layOut)?.nodes).toHaveLength(3);
    for (const text of [
      '',
      'null',
      '5',
      '{"a":1}',
      '{"portico":"graph","nodes":[null],"edges":[]}',
      '{"Graph":{"ModuleNodes":[null]}}',
      '[]',
    ]) {
      expect(readClip(text, layOut)).toBeUndefined();
    }
  });
});

test('changes are undone and done again', () => {
  const store = graphStore(guide());
  store.getState().change(removeParts(new Set(['-77']), new Set()));
  expect(store.getState().draft.edges).toHaveLength(2);
  step(store, true);
  expect(store.getState().draft.edges).toHaveLength(4);
  step(store, false);
  expect(store.getState().draft.nodes).toHaveLength(4);
  expect(store.getState().version).toBe(3);
  expect(freeId(store.getState().draft.nodes, 'module')).toBe('-102');
});
