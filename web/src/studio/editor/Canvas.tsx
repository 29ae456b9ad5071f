import {
  applyNodeChanges,
  Background,
  BackgroundVariant,
  type Connection,
  Handle,
  MiniMap,
  type NodeChange,
  type NodeProps,
  Position,
  ReactFlow,
  type Edge as RfEdge,
  type Node as RfNode,
  useReactFlow,
} from '@xyflow/react';
import { type DragEvent, memo, useEffect, useMemo, useState } from 'react';
import '@xyflow/react/dist/base.css';
import './canvas.css';
import { useMantineColorScheme } from '@mantine/core';
import { Icon } from '../../kit/icons';
import { toast } from '../../kit/toast';
import type { NodeStatus, Port } from '../api';
import { nodeSize } from '../graph/layout';
import { type GraphEdge, type GraphNode, wireFault } from '../graph/model';
import { addEdge, edgeId, moveNodes, removeParts } from '../graph/store';
import { useTexts } from '../texts';
import { statusesOf, useDraft, useEditorContext, useNodeName } from './context';
import type { Dragged } from './Palette';

interface Data extends Record<string, unknown> {
  node: GraphNode;
  title: string;
  kindText: string;
  inputs: Port[];
  outputs: Port[];
  status: NodeStatus | undefined;
  statusText: string;
  problem: string;
}
type FlowNode = RfNode<Data, 'part'>;

const nodeTypes = { part: memo(Part) };

/** The graph: nodes that are dragged, ports that are wired, what is chosen. */
export function Canvas({ drop }: { drop: (what: Dragged, at: { x: number; y: number }) => void }) {
  const t = useTexts();
  const context = useEditorContext();
  const { store, modules, experiment, mayEdit, selected, select } = context;
  const draft = useDraft();
  const nameOf = useNodeName();
  const flow = useReactFlow();
  const { colorScheme } = useMantineColorScheme();
  const statuses = useMemo(() => statusesOf(experiment), [experiment]);

  // A node's data is made anew only where something of it changed, so that 300 nodes can be dragged.
  const wanted = useMemo(
    () =>
      draft.nodes.map((node): FlowNode => {
        const status = statuses.get(node.id);
        const unknown = node.kind === 'module' && !modules.find(node.moduleId);
        const lost = node.kind === 'dataset' && !context.datasets.has(node.datasetId);
        const problem = unknown
          ? t('editor.node.unknownText', { id: node.moduleId })
          : lost
            ? t('editor.node.missingDataset')
            : status && (status.Status.StatusCode === 'InDraft' || status.Status.StatusCode === 'Failed')
              ? status.Status.StatusDetail
              : '';
        return {
          id: node.id,
          type: 'part',
          position: { x: node.x, y: node.y },
          selected: selected.has(node.id),
          width: nodeSize.width,
          ariaLabel: nameOf(node),
          data: {
            node,
            title: nameOf(node),
            kindText: unknown ? t('editor.node.unknown') : node.kind === 'module' ? '' : t(`editor.node.${node.kind}`),
            inputs: modules.inputs(node),
            outputs: modules.outputs(node),
            status,
            statusText: status ? t(`status.${status.Status.StatusCode}`) : '',
            problem,
          },
        };
      }),
    [draft.nodes, statuses, modules, context.datasets, selected, t, nameOf],
  );
  const [nodes, setNodes] = useState<FlowNode[]>(wanted);
  useEffect(() => {
    setNodes(old => {
      const before = new Map(old.map(n => [n.id, n]));
      return wanted.map(n => {
        const o = before.get(n.id);
        return o ? { ...o, ...n, data: sameData(o.data, n.data) ? o.data : n.data } : n;
      });
    });
  }, [wanted]);
  const edges = useMemo(
    (): RfEdge[] =>
      draft.edges.map(e => ({
        id: edgeId(e),
        source: e.from,
        target: e.to,
        sourceHandle: e.fromPort,
        targetHandle: e.toPort,
        animated: statuses.get(e.to)?.Status.StatusCode === 'Running',
        focusable: mayEdit,
      })),
    [draft.edges, statuses, mayEdit],
  );

  const changed = (changes: NodeChange<FlowNode>[]) => {
    setNodes(now => applyNodeChanges(changes, now));
    const chosen = changes.filter(c => c.type === 'select');
    if (chosen.length > 0) {
      const next = new Set(selected);
      for (const c of chosen) {
        if (c.selected) next.add(c.id);
        else next.delete(c.id);
      }
      select(next);
    }
    // The keyboard moves nodes without dragging.
    const moved = changes.flatMap(c => (c.type === 'position' && c.position && c.dragging === false ? [[c.id, c.position] as const] : []));
    if (moved.length > 0) store.getState().change(moveNodes(new Map(moved)));
  };
  const asEdge = (c: Connection | RfEdge): GraphEdge => ({
    from: c.source,
    fromPort: c.sourceHandle ?? '',
    to: c.target,
    toPort: c.targetHandle ?? '',
  });
  return (
    <ReactFlow<FlowNode>
      aria-label={t('editor.canvas')}
      nodes={nodes}
      edges={edges}
      nodeTypes={nodeTypes}
      colorMode={colorScheme === 'auto' ? 'system' : colorScheme}
      onNodesChange={changed}
      onDelete={gone => store.getState().change(removeParts(new Set(gone.nodes.map(n => n.id)), new Set(gone.edges.map(e => e.id))))}
      onConnect={c => store.getState().change(addEdge(asEdge(c)))}
      isValidConnection={c => wireFault(modules, draft, asEdge(c)) === ''}
      onConnectEnd={(_, end) => {
        if (end.isValid || !end.fromNode || !end.fromHandle || !end.toNode || !end.toHandle) return;
        const forth = end.fromHandle.type === 'source';
        const fault = wireFault(modules, store.getState().draft, {
          from: forth ? end.fromNode.id : end.toNode.id,
          fromPort: (forth ? end.fromHandle.id : end.toHandle.id) ?? '',
          to: forth ? end.toNode.id : end.fromNode.id,
          toPort: (forth ? end.toHandle.id : end.fromHandle.id) ?? '',
        });
        if (fault) toast(t(`editor.wire.${fault}`));
      }}
      nodesDraggable={mayEdit}
      nodesConnectable={mayEdit}
      deleteKeyCode={mayEdit ? ['Delete', 'Backspace'] : null}
      selectionKeyCode="Shift"
      multiSelectionKeyCode={['Meta', 'Control']}
      minZoom={0.1}
      maxZoom={2}
      fitView
      fitViewOptions={{ maxZoom: 1, padding: 0.15 }}
      onlyRenderVisibleElements={draft.nodes.length > 80}
      connectionRadius={30}
      onDragOver={(e: DragEvent) => {
        if (mayEdit) e.preventDefault();
      }}
      onDrop={(e: DragEvent) => {
        const text = e.dataTransfer.getData('application/portico');
        if (!text || !mayEdit) return;
        e.preventDefault();
        const at = flow.screenToFlowPosition({ x: e.clientX, y: e.clientY });
        drop(JSON.parse(text) as Dragged, { x: Math.round(at.x - nodeSize.width / 2), y: Math.round(at.y - nodeSize.height / 2) });
      }}
    >
      <Background variant={BackgroundVariant.Dots} gap={20} size={1} />
      <MiniMap pannable zoomable ariaLabel={t('editor.map')} nodeStrokeWidth={2} style={{ width: 150, height: 96 }} />
    </ReactFlow>
  );
}

function sameData(a: Data, b: Data): boolean {
  return (
    a.node === b.node &&
    a.title === b.title &&
    a.kindText === b.kindText &&
    a.problem === b.problem &&
    a.status?.Status.StatusCode === b.status?.Status.StatusCode &&
    a.statusText === b.statusText
  );
}

const marks = { Finished: 'check', Failed: 'alert', Running: 'play', NotStarted: 'clock', Cancelled: 'stop', InDraft: 'alert' } as const;

/** A module, a dataset or a port of the service, with its ports. */
function Part({ data, selected }: NodeProps<FlowNode>) {
  const t = useTexts();
  const code = data.status?.Status.StatusCode;
  const state = data.problem ? 'bad' : (code ?? 'none');
  const port = (p: Port, i: number, all: Port[], into: boolean) => (
    <Handle
      key={p.Name}
      id={p.Name}
      type={into ? 'target' : 'source'}
      position={into ? Position.Top : Position.Bottom}
      className="port"
      data-type={p.Type}
      title={`${portName(p)} (${p.Type})`}
      aria-label={t(into ? 'editor.node.inPort' : 'editor.node.outPort', { name: portName(p), type: p.Type })}
      role="img"
      style={{ left: `${(100 * (i + 1)) / (all.length + 1)}%` }}
    />
  );
  return (
    <div className="part" data-kind={data.node.kind} data-state={state} data-selected={selected}>
      {data.inputs.map((p, i, all) => port(p, i, all, true))}
      <div className="part-title" title={data.title}>
        {data.title}
      </div>
      <div className="part-foot">
        {data.problem ? (
          <span className="part-problem" title={data.problem}>
            <Icon name="alert" size={12} /> {data.kindText || data.problem}
          </span>
        ) : (
          <span className="part-comment">{data.node.comment || data.kindText}</span>
        )}
        {code && code !== 'InDraft' && (
          <span className="part-status" data-code={code}>
            <Icon name={marks[code]} size={12} /> {data.statusText}
          </span>
        )}
      </div>
      {data.outputs.map((p, i, all) => port(p, i, all, false))}
    </div>
  );
}

const portName = (p: Port) => p.Name;
