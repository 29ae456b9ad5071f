import { Modal, Stack, Text } from '@mantine/core';
import { Icon } from '../../kit/icons';
import { useKit } from '../../kit/texts';
import { toast } from '../../kit/toast';
import type { Port } from '../api';
import { datasetPort, type GraphEdge, type GraphNode, servicePort, wireFault } from '../graph/model';
import { addEdge } from '../graph/store';
import { useTexts } from '../texts';
import { useDraft, useEditorContext, useNodeName } from './context';

/** Chooses what feeds an input, from all that fits: a wire without a mouse. */
export function Connect({ node, port, onClose }: { node: GraphNode; port: Port; onClose: () => void }) {
  const t = useTexts();
  const kit = useKit();
  const { store, modules } = useEditorContext();
  const draft = useDraft();
  const nameOf = useNodeName();
  const name = port.Name === servicePort ? nameOf(node) : port.Name;
  const choices = draft.nodes.flatMap(from =>
    modules.outputs(from).map((out): { edge: GraphEdge; label: string; fault: string } => {
      const edge = { from: from.id, fromPort: out.Name, to: node.id, toPort: port.Name };
      const own = out.Name === servicePort || out.Name === datasetPort ? '' : ` – ${out.Name}`;
      return { edge, label: nameOf(from) + own, fault: wireFault(modules, draft, edge) };
    }),
  );
  const fits = choices.filter(c => c.fault === '' || c.fault === 'taken');
  return (
    <Modal opened onClose={onClose} title={t('editor.connect.title', { name })} closeButtonProps={{ 'aria-label': kit('close') }}>
      <Stack gap="xs">
        <Text size="sm">{fits.length > 0 ? t('editor.connect.text') : t('editor.connect.none')}</Text>
        <ul className="palette-group" aria-label={t('editor.connect.title', { name })}>
          {fits.map(c => (
            <li key={`${c.edge.from}:${c.edge.fromPort}`}>
              <button
                type="button"
                className="palette-item"
                style={{ paddingLeft: '0.5rem', cursor: 'pointer' }}
                onClick={() => {
                  if (c.fault === 'taken') return toast(t('editor.wire.taken'));
                  store.getState().change(addEdge(c.edge));
                  onClose();
                }}
              >
                <Icon name="link" size={12} /> {c.label}
              </button>
            </li>
          ))}
        </ul>
      </Stack>
    </Modal>
  );
}
