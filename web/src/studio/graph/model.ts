import type { Experiment, Module, Port, ServicePort, Submission, WireGraph, WireNode, WireService } from '../api';

// The graph as the editor holds it, and its ways from and to the wire. On the
// wire saved datasets and web service ports are no nodes: a dataset stands at the
// input that takes it, a port of the service names the port that it opens.

export type Kind = 'module' | 'dataset' | 'input' | 'output';

export interface GraphNode {
  id: string;
  kind: Kind;
  x: number;
  y: number;
  /** Of a module. */
  moduleId: string;
  /** By name; a value that is not here is the default. */
  values: Record<string, string>;
  /** Parameters that a web-service parameter drives, by name. */
  links: Record<string, string>;
  /** Of a saved dataset. */
  datasetId: string;
  /** Of a web service input or output: what callers call it. */
  name: string;
  comment: string;
  usePrevious: boolean;
  /** What came from the wire and is not edited here. */
  rest?: WireNode;
}

export interface GraphEdge {
  from: string;
  fromPort: string;
  to: string;
  toPort: string;
}

/** All that is edited of an experiment. */
export interface Draft {
  title: string;
  summary: string;
  nodes: GraphNode[];
  edges: GraphEdge[];
}

/** The one port of nodes that are no modules. */
export const datasetPort = 'dataset';
export const servicePort = 'service';

export const anyType = 'Data Table';

export function newNode(kind: Kind, id: string, at: { x: number; y: number }, more: Partial<GraphNode> = {}): GraphNode {
  return { id, kind, ...at, moduleId: '', values: {}, links: {}, datasetId: '', name: '', comment: '', usePrevious: true, ...more };
}

/** An id that no node has. Modules have negative numbers, as the classic editor gave them. */
export function freeId(nodes: readonly GraphNode[], kind: Kind): string {
  const prefix = kind === 'module' ? '-' : `${kind}-`;
  const taken = new Set(nodes.map(n => n.id));
  let n = kind === 'module' ? 101 : 1;
  while (taken.has(prefix + n)) n++;
  return prefix + n;
}

/** input1, input2, …: the first that no node of the kind has. */
export function freeName(nodes: readonly GraphNode[], kind: 'input' | 'output'): string {
  const taken = new Set(nodes.filter(n => n.kind === kind).map(n => n.name));
  let n = 1;
  while (taken.has(kind + n)) n++;
  return kind + n;
}

export class Modules {
  private readonly byKey = new Map<string, Module>();
  constructor(readonly all: Module[]) {
    for (const m of all) {
      for (const key of [m.FamilyId, m.Name, ...m.Aliases]) this.byKey.set(key.toLowerCase(), m);
    }
  }
  /** The module that an id names: {workspace}.{family}.{version}, a family, or a name. */
  find(id: string): Module | undefined {
    const family = id.split('.').length > 2 ? (id.split('.')[1] ?? '') : id;
    return this.byKey.get(id.toLowerCase()) ?? this.byKey.get(family.replaceAll('-', '').toLowerCase());
  }
  inputs(n: GraphNode): Port[] {
    if (n.kind === 'output') return [{ Name: servicePort, Type: anyType, IsOptional: false, Description: '' }];
    if (n.kind !== 'module') return [];
    const m = this.find(n.moduleId);
    return m ? m.InputPorts : (n.rest?.InputPortsInternal ?? []).map(p => unknownPort(p.Name));
  }
  outputs(n: GraphNode): Port[] {
    if (n.kind === 'dataset') return [{ Name: datasetPort, Type: anyType, IsOptional: false, Description: '' }];
    if (n.kind === 'input') return [{ Name: servicePort, Type: anyType, IsOptional: false, Description: '' }];
    if (n.kind === 'output') return [];
    const m = this.find(n.moduleId);
    return m ? m.OutputPorts : (n.rest?.OutputPortsInternal ?? []).map(p => unknownPort(p.Name));
  }
}

function unknownPort(name: string): Port {
  return { Name: name, Type: '', IsOptional: true, Description: '' };
}

/** Why a wire may not be drawn; '' where it may. The reasons are names of texts under "wire". */
export type WireFault = '' | 'self' | 'cycle' | 'taken' | 'type' | 'missing' | 'serviceType';

export function wireFault(modules: Modules, draft: Pick<Draft, 'nodes' | 'edges'>, edge: GraphEdge): WireFault {
  const from = draft.nodes.find(n => n.id === edge.from);
  const to = draft.nodes.find(n => n.id === edge.to);
  if (!from || !to) return 'missing';
  if (from === to) return 'self';
  const out = modules.outputs(from).find(p => p.Name === edge.fromPort);
  const into = modules.inputs(to).find(p => p.Name === edge.toPort);
  if (!out || !into) return 'missing';
  // A web service input may stand beside what feeds the port in training: it replaces it in the service.
  const others = draft.edges.filter(e => e.to === to.id && e.toPort === edge.toPort);
  const isService = (id: string) => draft.nodes.find(n => n.id === id)?.kind === 'input';
  if (others.some(e => isService(e.from) === (from.kind === 'input'))) return 'taken';
  if (from.kind === 'input' || to.kind === 'output') {
    if (from.kind === 'input' && to.kind === 'output') return 'serviceType';
    const port = from.kind === 'input' ? into : out;
    if (port.Type !== anyType && port.Type !== '') return 'serviceType';
    if (from.kind === 'dataset') return 'serviceType';
  } else if (from.kind === 'dataset') {
    if (into.Type !== anyType && into.Type !== '' && into.Type !== 'Zip') return 'type';
  } else if (out.Type !== into.Type && out.Type !== '' && into.Type !== '') {
    return 'type';
  }
  return reaches(draft.edges, to.id, from.id) ? 'cycle' : '';
}

/** Whether to can be reached from a node along the wires. */
export function reaches(edges: readonly GraphEdge[], from: string, to: string): boolean {
  const seen = new Set([from]);
  const left = [from];
  for (let at = left.pop(); at !== undefined; at = left.pop()) {
    if (at === to) return true;
    for (const e of edges) {
      if (e.from === at && !seen.has(e.to)) {
        seen.add(e.to);
        left.push(e.to);
      }
    }
  }
  return false;
}

const positions = /<NodePosition\s+Node=(['"])(.*?)\1\s+Position=(['"])(.*?)\3/g;

function unescapeXml(text: string): string {
  return text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&quot;', '"').replaceAll('&apos;', "'").replaceAll('&amp;', '&');
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll("'", '&apos;');
}

/** Where nodes stand, by id, as a client wrote it down. */
export function readPositions(text: string): Map<string, { x: number; y: number }> {
  const found = new Map<string, { x: number; y: number }>();
  for (const [, , id = '', , place = ''] of text.matchAll(positions)) {
    const [x, y] = place.split(',').map(Number);
    if (x !== undefined && y !== undefined && Number.isFinite(x) && Number.isFinite(y)) found.set(unescapeXml(id), { x, y });
  }
  return found;
}

export function writePositions(nodes: readonly GraphNode[]): string {
  const lines = nodes.map(
    n => `<NodePosition Node='${escapeXml(positionId(n))}' Position='${Math.round(n.x)},${Math.round(n.y)},200,200'/>`,
  );
  return `<?xml version='1.0' encoding='utf-16'?><DataV1><Meta /><NodePositions>${lines.join('')}</NodePositions><NodeGroups /></DataV1>`;
}

/** Datasets are known by their own ids, so that those that nothing takes yet are kept. */
const positionId = (n: GraphNode) => (n.kind === 'dataset' ? n.datasetId : n.id);

const looksLikeDataset = (id: string) => /^[0-9a-f]{32}\.[0-9a-f]{32}\.v1-default-\d+$/i.test(id);

/** An experiment of the wire as the editor holds it. Nodes without a place are laid out. */
export function fromWire(x: Pick<Experiment, 'Description' | 'Summary' | 'Graph' | 'WebService'>, layOut: (draft: Draft) => void): Draft {
  const places = readPositions(x.Graph.SerializedClientData ?? '');
  const draft: Draft = { title: x.Description, summary: x.Summary, nodes: [], edges: [] };
  const unplaced: GraphNode[] = [];
  const add = (n: GraphNode) => {
    const place = places.get(positionId(n));
    if (place) Object.assign(n, place);
    else unplaced.push(n);
    draft.nodes.push(n);
    return n;
  };
  for (const w of x.Graph.ModuleNodes) {
    const links = w.ModuleParameters.filter(p => p.LinkedGlobalParameter).map(p => [p.Name, p.LinkedGlobalParameter ?? '']);
    add(
      newNode(
        'module',
        w.Id,
        { x: 0, y: 0 },
        {
          moduleId: w.ModuleId,
          values: Object.fromEntries(w.ModuleParameters.map(p => [p.Name, p.Value])),
          links: Object.fromEntries(links),
          comment: w.Comment,
          usePrevious: w.UsePreviousResults,
          rest: w,
        },
      ),
    );
  }
  const datasets = new Map<string, GraphNode>();
  const dataset = (id: string) => {
    let n = datasets.get(id);
    if (!n) {
      n = add(newNode('dataset', freeId(draft.nodes, 'dataset'), { x: 0, y: 0 }, { datasetId: id }));
      datasets.set(id, n);
    }
    return n;
  };
  for (const w of x.Graph.ModuleNodes) {
    for (const p of w.InputPortsInternal) {
      if (p.DataSourceId) draft.edges.push({ from: dataset(p.DataSourceId).id, fromPort: datasetPort, to: w.Id, toPort: p.Name });
    }
  }
  for (const id of places.keys()) {
    if (looksLikeDataset(id)) dataset(id);
  }
  for (const e of x.Graph.EdgesInternal) {
    const [from, fromPort] = splitPort(e.SourceOutputPortId);
    const [to, toPort] = splitPort(e.DestinationInputPortId);
    draft.edges.push({ from, fromPort, to, toPort });
  }
  for (const [kind, ports] of [
    ['input', x.WebService.Inputs],
    ['output', x.WebService.Outputs],
  ] as const) {
    for (const p of ports) {
      const n = add(
        newNode(kind, draft.nodes.some(o => o.id === p.Id) || !p.Id ? freeId(draft.nodes, kind) : p.Id, { x: 0, y: 0 }, { name: p.Name }),
      );
      if (!p.PortId) continue;
      const [node, port] = splitPort(p.PortId);
      draft.edges.push(
        kind === 'input'
          ? { from: n.id, fromPort: servicePort, to: node, toPort: port }
          : { from: node, fromPort: port, to: n.id, toPort: servicePort },
      );
    }
  }
  const there = new Set(draft.nodes.map(n => n.id));
  draft.edges = draft.edges.filter(e => there.has(e.from) && there.has(e.to));
  if (unplaced.length > 0) layOut(draft);
  return draft;
}

export function splitPort(id: string): [node: string, port: string] {
  const at = id.indexOf(':');
  return at < 0 ? [id, ''] : [id.slice(0, at), id.slice(at + 1)];
}

/** The graph and the service's ports for the wire. */
export function toWire(draft: Draft, modules: Modules, before?: WireService): { graph: WireGraph; service: WireService } {
  const kinds = new Map(draft.nodes.map(n => [n.id, n]));
  const graph: WireGraph = { ModuleNodes: [], EdgesInternal: [], SerializedClientData: writePositions(draft.nodes) };
  for (const n of draft.nodes) {
    if (n.kind !== 'module') continue;
    const fed = new Map(
      draft.edges
        .filter(e => e.to === n.id && kinds.get(e.from)?.kind === 'dataset')
        .map(e => [e.toPort, kinds.get(e.from)?.datasetId ?? null]),
    );
    const before = new Map((n.rest?.InputPortsInternal ?? []).map(p => [p.Name, p]));
    graph.ModuleNodes.push({
      ...n.rest,
      Id: n.id,
      ModuleId: n.moduleId,
      Comment: n.comment,
      CommentCollapsed: n.rest?.CommentCollapsed ?? true,
      UsePreviousResults: n.usePrevious,
      ModuleParameters: Object.entries(n.values).map(([Name, Value]) => ({
        Name,
        Value,
        ValueType: 'Literal',
        LinkedGlobalParameter: n.links[Name] ?? null,
      })),
      InputPortsInternal: modules.inputs(n).map(p => ({
        Name: p.Name,
        NodeId: n.id,
        DataSourceId: fed.get(p.Name) ?? null,
        TrainedModelId: before.get(p.Name)?.TrainedModelId ?? null,
        TransformModuleId: before.get(p.Name)?.TransformModuleId ?? null,
      })),
      OutputPortsInternal: modules.outputs(n).map(p => ({ Name: p.Name, NodeId: n.id, OutputType: null })),
    });
  }
  const ports = { input: [] as ServicePort[], output: [] as ServicePort[] };
  for (const n of draft.nodes) {
    if (n.kind !== 'input' && n.kind !== 'output') continue;
    const edge = draft.edges.find(e => (n.kind === 'input' ? e.from : e.to) === n.id);
    const port = edge && (n.kind === 'input' ? `${edge.to}:${edge.toPort}` : `${edge.from}:${edge.fromPort}`);
    if (port) ports[n.kind].push({ Id: n.id, PortId: port, Name: n.name });
  }
  for (const e of draft.edges) {
    if (kinds.get(e.from)?.kind === 'module' && kinds.get(e.to)?.kind === 'module') {
      graph.EdgesInternal.push({ SourceOutputPortId: `${e.from}:${e.fromPort}`, DestinationInputPortId: `${e.to}:${e.toPort}` });
    }
  }
  const service: WireService = {
    IsWebServiceExperiment: ports.input.length + ports.output.length > 0,
    Parameters: [],
    WebServiceGroupId: null,
    ModelPackageId: null,
    ArmWebServiceId: null,
    SerializedClientData: '',
    ...before,
    Inputs: ports.input,
    Outputs: ports.output,
  };
  return { graph, service };
}

export function submission(draft: Draft, modules: Modules, before: Partial<Experiment>, run: boolean, from?: string): Submission {
  const { graph, service } = toWire(draft, modules, before.WebService);
  return {
    Description: draft.title,
    Summary: draft.summary,
    IsDraft: !run,
    Category: before.Category ?? 'user',
    Tags: before.Tags ?? [],
    ExperimentGraph: graph,
    WebService: service,
    ...(from ? { RunFrom: from } : {}),
  };
}

/** What is copied to the clipboard and pasted: nodes with the wires between them. */
export interface Clip {
  portico: 'graph';
  nodes: GraphNode[];
  edges: GraphEdge[];
}

export function copyOf(draft: Draft, ids: ReadonlySet<string>): Clip {
  return {
    portico: 'graph',
    nodes: draft.nodes.filter(n => ids.has(n.id)),
    edges: draft.edges.filter(e => ids.has(e.from) && ids.has(e.to)),
  };
}

/** Reads what was pasted: a clip of ours or an experiment's JSON. Undefined for anything else. */
export function readClip(text: string, layOut: (draft: Draft) => void): Clip | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const clip = value as Partial<Clip> & Partial<Experiment> & Partial<Submission>;
  try {
    if (clip.portico === 'graph' && Array.isArray(clip.nodes) && Array.isArray(clip.edges)) {
      const nodes = clip.nodes
        .filter(n => ['module', 'dataset', 'input', 'output'].includes(n.kind) && typeof n.id === 'string')
        .map(n =>
          newNode(
            n.kind,
            n.id,
            { x: Number(n.x) || 0, y: Number(n.y) || 0 },
            {
              moduleId: String(n.moduleId ?? ''),
              values: texts(n.values),
              links: texts(n.links),
              datasetId: String(n.datasetId ?? ''),
              name: String(n.name ?? ''),
              comment: String(n.comment ?? ''),
              usePrevious: n.usePrevious !== false,
            },
          ),
        );
      const edges = clip.edges.map(e => ({
        from: String(e.from),
        fromPort: String(e.fromPort),
        to: String(e.to),
        toPort: String(e.toPort),
      }));
      return { portico: 'graph', nodes, edges };
    }
    const graph = clip.Graph ?? clip.ExperimentGraph;
    if (graph && Array.isArray(graph.ModuleNodes)) {
      const whole = {
        Description: '',
        Summary: '',
        Graph: { ...graph, EdgesInternal: graph.EdgesInternal ?? [], ModuleNodes: graph.ModuleNodes.map(wholeNode) },
        WebService: { Inputs: [], Outputs: [], ...clip.WebService } as unknown as WireService,
      };
      const draft = fromWire(whole, layOut);
      return { portico: 'graph', nodes: draft.nodes, edges: draft.edges };
    }
  } catch {
    // not of the form that its name promises
  }
  return undefined;
}

function wholeNode(n: WireNode): WireNode {
  return {
    ...n,
    ModuleParameters: n.ModuleParameters ?? [],
    InputPortsInternal: n.InputPortsInternal ?? [],
    OutputPortsInternal: n.OutputPortsInternal ?? [],
  };
}

function texts(value: unknown): Record<string, string> {
  return typeof value === 'object' && value !== null ? Object.fromEntries(Object.entries(value).map(([k, v]) => [k, String(v)])) : {};
}

/** Puts a clip into a draft under new ids, a little aside; gives the new ids. */
export function paste(draft: Draft, clip: Clip): { draft: Draft; ids: Set<string> } {
  const nodes = [...draft.nodes];
  const ids = new Map<string, string>();
  const taken = new Set(draft.nodes.map(n => `${n.x},${n.y}`));
  const shift = clip.nodes.some(n => taken.has(`${n.x},${n.y}`)) ? 40 : 0;
  for (const n of clip.nodes) {
    const id = freeId(nodes, n.kind);
    ids.set(n.id, id);
    const name =
      (n.kind === 'input' || n.kind === 'output') && nodes.some(o => o.kind === n.kind && o.name === n.name)
        ? freeName(nodes, n.kind)
        : n.name;
    nodes.push({ ...n, id, name, x: n.x + shift, y: n.y + shift, rest: undefined });
  }
  const edges = clip.edges.flatMap(e => {
    const from = ids.get(e.from);
    const to = ids.get(e.to);
    return from && to ? [{ ...e, from, to }] : [];
  });
  return { draft: { ...draft, nodes, edges: [...draft.edges, ...edges] }, ids: new Set(ids.values()) };
}
