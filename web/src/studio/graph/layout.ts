import { Graph, layout } from '@dagrejs/dagre';
import type { Draft } from './model';

/** How large a node is drawn. */
export const nodeSize = { width: 216, height: 56 };

/** Places every node in layers from top to bottom, along the wires. */
export function layOut(draft: Pick<Draft, 'nodes' | 'edges'>) {
  const graph = new Graph({ multigraph: true });
  graph.setGraph({ rankdir: 'TB', nodesep: 40, ranksep: 56, marginx: 40, marginy: 40 });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const n of draft.nodes) graph.setNode(n.id, { ...nodeSize });
  draft.edges.forEach((e, i) => {
    graph.setEdge(e.from, e.to, {}, String(i));
  });
  layout(graph);
  for (const n of draft.nodes) {
    const at = graph.node(n.id);
    n.x = Math.round(at.x - nodeSize.width / 2);
    n.y = Math.round(at.y - nodeSize.height / 2);
  }
}
