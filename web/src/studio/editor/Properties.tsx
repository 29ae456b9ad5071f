import {
  ActionIcon,
  Button,
  Checkbox,
  Group,
  NumberInput,
  PasswordInput,
  Select,
  Stack,
  Text,
  Textarea,
  TextInput,
  Tooltip,
} from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { CopyButton } from '../../kit/copy';
import { ErrorBox } from '../../kit/errors';
import { Facts } from '../../kit/fields';
import { useFormat } from '../../kit/format';
import { Icon } from '../../kit/icons';
import { PageLink } from '../../kit/links';
import { useKit } from '../../kit/texts';
import { duration, type Endpoint, inStudio, iso, type Module, type Parameter, type Port, path } from '../api';
import { datasetPort, type GraphNode, servicePort } from '../graph/model';
import { edgeId, removeParts, setValue, updateNode } from '../graph/store';
import { useTexts } from '../texts';
import { ColumnSelector, useSelectionText } from './ColumnSelector';
import { Connect } from './Connect';
import { statusesOf, useDraft, useEditorContext, useNodeName } from './context';

/** What is known of the chosen part, and can be set. */
export function Properties() {
  const t = useTexts();
  const { selected } = useEditorContext();
  const draft = useDraft();
  const chosen = draft.nodes.filter(n => selected.has(n.id));
  const [node] = chosen;
  return (
    <section className="editor-side right" aria-label={t('editor.props.title')}>
      {chosen.length > 1 ? (
        <Text size="sm">{t('editor.props.many', { count: chosen.length })}</Text>
      ) : node ? (
        <NodeProperties key={node.id} node={node} />
      ) : (
        <ExperimentProperties />
      )}
    </section>
  );
}

function ExperimentProperties() {
  const t = useTexts();
  const format = useFormat();
  const { store, experiment, mayEdit } = useEditorContext();
  const draft = useDraft();
  return (
    <Stack gap="sm">
      <Text fw={600}>{t('editor.props.experiment')}</Text>
      <Text size="sm" c="dimmed">
        {t('editor.props.nothing')}
      </Text>
      <Textarea
        label={t('editor.props.summary')}
        value={draft.summary}
        readOnly={!mayEdit}
        onChange={e => store.getState().change(d => ({ ...d, summary: e.currentTarget.value }))}
      />
      <Facts
        facts={[
          [t('experiments.status'), t(`status.${experiment.Status.StatusCode}`)],
          [t('experiments.changed'), format.dateTime(iso(experiment.Status.EndTime))],
          [t('experiments.creator'), experiment.Creator],
        ]}
      />
    </Stack>
  );
}

function NodeProperties({ node }: { node: GraphNode }) {
  const t = useTexts();
  const { store, modules, datasets, experiment, mayEdit } = useEditorContext();
  const nameOf = useNodeName();
  const module = node.kind === 'module' ? modules.find(node.moduleId) : undefined;
  const status = statusesOf(experiment).get(node.id);
  const change = (part: Partial<GraphNode>) => store.getState().change(updateNode(node.id, part));
  const dataset = datasets.get(node.datasetId);
  return (
    <Stack gap="sm">
      <Group justify="space-between" wrap="nowrap" align="flex-start">
        <div style={{ minWidth: 0 }}>
          <Text fw={600} style={{ overflowWrap: 'anywhere' }}>
            {nameOf(node)}
          </Text>
          <Text size="xs" c="dimmed">
            {module?.Description ?? (node.kind === 'module' ? t('editor.node.unknown') : t(`editor.node.${node.kind}`))}
          </Text>
        </div>
        <CopyButton
          text={`${location.origin}/studio/experiments/${experiment.ExperimentId}?node=${encodeURIComponent(node.id)}`}
          what={t('editor.props.deepLink')}
        />
      </Group>
      {node.kind === 'module' && !module && <ErrorBox error={new Error(t('editor.node.unknownText', { id: node.moduleId }))} />}
      {node.kind === 'dataset' && !dataset && <ErrorBox error={new Error(t('editor.node.missingDataset'))} />}
      {dataset && <PageLink to={path`/datasets/${dataset.Id}`}>{t('editor.props.visualize', { name: dataset.Name })}</PageLink>}
      {status?.Status.StatusDetail && (status.Status.StatusCode === 'Failed' || status.Status.StatusCode === 'InDraft') && (
        <ErrorBox error={new Error(status.Status.StatusDetail)} />
      )}
      {(node.kind === 'input' || node.kind === 'output') && (
        <TextInput
          label={t('editor.props.name')}
          description={t('editor.props.nameHint')}
          value={node.name}
          readOnly={!mayEdit}
          onChange={e => change({ name: e.currentTarget.value })}
        />
      )}
      {module && <Parameters node={node} module={module} />}
      <Wires node={node} />
      {module && <Results node={node} module={module} />}
      {node.kind === 'module' && (
        <>
          <TextInput
            label={t('editor.props.comment')}
            value={node.comment}
            readOnly={!mayEdit}
            onChange={e => change({ comment: e.currentTarget.value })}
          />
          <Checkbox
            label={t('editor.props.usePrevious')}
            checked={node.usePrevious}
            disabled={!mayEdit}
            onChange={e => change({ usePrevious: e.currentTarget.checked })}
          />
        </>
      )}
      {module && (
        <details>
          <summary>{t('editor.props.help')}</summary>
          <Text size="sm" mt={4}>
            {module.Help || module.Description}
          </Text>
          {module.Errors.length > 0 && (
            <Text size="xs" c="dimmed" mt={4}>
              {t('editor.props.errorsOf', { codes: module.Errors.join(', ') })}
            </Text>
          )}
        </details>
      )}
    </Stack>
  );
}

/** The parameters that apply, drawn from the module's declaration. */
function Parameters({ node, module }: { node: GraphNode; module: Module }) {
  const value = (p: Parameter) => givenValue(node, p) ?? p.DefaultValue;
  const applies = (p: Parameter) =>
    (p.When ?? []).every(c => {
      const of = module.Parameters.find(o => o.Name === c.Parameter);
      return of === undefined || c.Values.some(v => v.toLowerCase() === value(of).toLowerCase());
    });
  return module.Parameters.filter(applies).map(p => <ParameterField key={p.Name} node={node} parameter={p} value={value(p)} />);
}

/** A value under the parameter's name, however it is cased in the graph. */
function givenValue(node: GraphNode, p: Parameter): string | undefined {
  if (p.Name in node.values) return node.values[p.Name];
  const name = Object.keys(node.values).find(n => n.toLowerCase() === p.Name.toLowerCase());
  return name === undefined ? undefined : node.values[name];
}

function ParameterField({ node, parameter: p, value }: { node: GraphNode; parameter: Parameter; value: string }) {
  const t = useTexts();
  const { store, mayEdit } = useEditorContext();
  const [selecting, setSelecting] = useState(false);
  const selectionText = useSelectionText();
  const set = (v: string | undefined) => store.getState().change(setValue(node.id, p.Name, v));
  const given = givenValue(node, p) !== undefined;
  const label = (
    <Group gap={4} component="span" display="inline-flex">
      {p.Name}
      {p.IsOptional && <span className="muted">({t('editor.props.optional')})</span>}
    </Group>
  );
  const range =
    p.Min !== null && p.Max !== null && p.Max < 2147483647
      ? t('editor.props.range', { min: p.Min, max: p.Max })
      : p.Min !== null && p.Min > -2147483648
        ? t('editor.props.least', { min: p.Min })
        : '';
  const description = [p.Description, range].filter(Boolean).join(' ');
  const reset = given && p.HasDefaultValue && value !== p.DefaultValue && mayEdit && (
    <Tooltip label={t('editor.props.reset')}>
      <ActionIcon
        size={24}
        variant="subtle"
        color="gray"
        aria-label={`${t('editor.props.reset')}: ${p.Name}`}
        onClick={() => set(undefined)}
      >
        <Icon name="undo" size={12} />
      </ActionIcon>
    </Tooltip>
  );
  const common = { label, description, readOnly: !mayEdit } as const;
  switch (p.ParameterType) {
    case 'Boolean':
      return (
        <Group justify="space-between" wrap="nowrap">
          <Checkbox
            label={label}
            description={description}
            disabled={!mayEdit}
            checked={value.toLowerCase() === 'true'}
            onChange={e => set(e.currentTarget.checked ? 'True' : 'False')}
          />
          {reset}
        </Group>
      );
    case 'Choice':
      return (
        <Group gap={4} align="flex-end" wrap="nowrap">
          <Select
            {...common}
            flex={1}
            value={p.Values.find(v => v.toLowerCase() === value.toLowerCase()) ?? null}
            data={p.Values}
            allowDeselect={p.IsOptional}
            onChange={v => set(v ?? undefined)}
          />
          {reset}
        </Group>
      );
    case 'Integer':
    case 'Float':
      return (
        <Group gap={4} align="flex-end" wrap="nowrap">
          <NumberInput
            {...common}
            flex={1}
            value={value}
            allowDecimal={p.ParameterType === 'Float'}
            onChange={v => set(v === '' ? (p.HasDefaultValue ? '' : undefined) : String(v))}
            error={outOfRange(p, value) ? range : undefined}
          />
          {reset}
        </Group>
      );
    case 'ColumnSelection':
      return (
        <div role="group" aria-label={p.Name}>
          <Text size="sm" fw={500}>
            {label}
          </Text>
          <Text size="xs" c="dimmed">
            {description}
          </Text>
          <Text size="sm" my={4} style={{ overflowWrap: 'anywhere' }}>
            {selectionText(value)}
          </Text>
          <Button size="xs" variant="default" disabled={!mayEdit} onClick={() => setSelecting(true)}>
            {t('editor.props.columns')}
          </Button>
          {selecting && (
            <ColumnSelector
              node={node}
              parameter={p}
              value={value}
              onClose={() => setSelecting(false)}
              onDone={v => {
                set(v === '' ? undefined : v);
                setSelecting(false);
              }}
            />
          )}
        </div>
      );
    case 'SecureString':
      return <PasswordInput {...common} autoComplete="new-password" value={value} onChange={e => set(e.currentTarget.value)} />;
    default: {
      const long = p.ParameterType === 'Script' || /script|query|data\b/i.test(p.Name);
      return long ? (
        <Textarea
          {...common}
          value={value}
          spellCheck={false}
          minRows={6}
          maxRows={24}
          styles={{ input: { fontFamily: 'var(--mantine-font-family-monospace)', fontSize: '0.75rem' } }}
          onChange={e => set(e.currentTarget.value)}
        />
      ) : (
        <TextInput {...common} value={value} onChange={e => set(e.currentTarget.value)} />
      );
    }
  }
}

function outOfRange(p: Parameter, value: string): boolean {
  const n = Number(value);
  if (value.trim() === '') return !p.IsOptional && !p.HasDefaultValue;
  return (
    Number.isNaN(n) ||
    (p.Min !== null && n < p.Min) ||
    (p.Max !== null && n > p.Max) ||
    (p.ParameterType === 'Integer' && !Number.isInteger(n))
  );
}

/** The inputs and what feeds them: wires without a mouse. */
function Wires({ node }: { node: GraphNode }) {
  const t = useTexts();
  const { store, modules, mayEdit } = useEditorContext();
  const draft = useDraft();
  const nameOf = useNodeName();
  const [connecting, setConnecting] = useState<Port>();
  const inputs = modules.inputs(node);
  if (inputs.length === 0) return null;
  const label = (p: Port) => (p.Name === servicePort ? nameOf(node) : p.Name);
  return (
    <div role="group" aria-label={t('editor.props.connections')}>
      <Text size="sm" fw={500}>
        {t('editor.props.connections')}
      </Text>
      {inputs.map(p => {
        const edges = draft.edges.filter(e => e.to === node.id && e.toPort === p.Name);
        return (
          <Group key={p.Name} gap={4} justify="space-between" wrap="nowrap" align="flex-start">
            <Text size="sm" style={{ overflowWrap: 'anywhere' }}>
              {label(p)}:{' '}
              <span className="muted">
                {edges.length === 0
                  ? `${t('editor.props.open')}${p.IsOptional ? `, ${t('editor.props.optional')}` : ''}`
                  : edges
                      .map(e => {
                        const from = draft.nodes.find(n => n.id === e.from);
                        const port = e.fromPort === servicePort || e.fromPort === datasetPort ? '' : ` (${e.fromPort})`;
                        return t('editor.props.from', { name: from ? nameOf(from) + port : e.from });
                      })
                      .join(', ')}
              </span>
            </Text>
            {mayEdit && (
              <Group gap={0} wrap="nowrap">
                <ActionIcon
                  size={24}
                  variant="subtle"
                  color="gray"
                  aria-label={t('editor.props.connect', { name: label(p) })}
                  onClick={() => setConnecting(p)}
                >
                  <Icon name="link" size={14} />
                </ActionIcon>
                {edges.length > 0 && (
                  <ActionIcon
                    size={24}
                    variant="subtle"
                    color="gray"
                    aria-label={`${t('editor.props.disconnect')}: ${label(p)}`}
                    onClick={() => store.getState().change(removeParts(new Set(), new Set(edges.map(edgeId))))}
                  >
                    <Icon name="close" size={14} />
                  </ActionIcon>
                )}
              </Group>
            )}
          </Group>
        );
      })}
      {connecting && <Connect node={node} port={connecting} onClose={() => setConnecting(undefined)} />}
    </div>
  );
}

/** What the module gave in the last run, and what it said. */
function Results({ node, module }: { node: GraphNode; module: Module }) {
  const t = useTexts();
  const kit = useKit();
  const format = useFormat();
  const { experiment } = useEditorContext();
  const status = statusesOf(experiment).get(node.id);
  if (!status || status.Status.StatusCode === 'InDraft') return null;
  const took = duration(status.Status, Date.now());
  return (
    <div role="group" aria-label={t('editor.props.outputs')}>
      <Text size="sm" fw={500}>
        {t('editor.props.outputs')}
      </Text>
      <Text size="xs" c="dimmed">
        {t(`status.${status.Status.StatusCode}`)}
        {took !== undefined && status.Status.EndTime && ` · ${format.duration(took)}`}
        {status.Status.StatusCode === 'Finished' && status.Status.StatusDetail && ` · ${status.Status.StatusDetail}`}
      </Text>
      {status.OutputEndpoints.map(out => {
        const data = module.OutputPorts.find(p => p.Name === out.Name)?.Type === 'Data Table';
        const at = path`/experiments/${experiment.ExperimentId}/nodes/${node.id}/${out.Name}`;
        return (
          data && (
            <Group key={out.Name} gap="xs" justify="space-between" wrap="nowrap">
              <PageLink to={at} size="sm">
                {t('editor.props.visualize', { name: out.Name })}
              </PageLink>
              <Tooltip label={kit('download')}>
                <ActionIcon
                  component="a"
                  size={24}
                  variant="subtle"
                  color="gray"
                  href={`${inStudio(path`/experiments/${experiment.ExperimentId}/outputdata/${node.id}/${out.Name}`)}?format=csv`}
                  download
                  aria-label={t('editor.props.download', { name: out.Name })}
                >
                  <Icon name="download" size={14} />
                </ActionIcon>
              </Tooltip>
            </Group>
          )
        );
      })}
      <Log at={status.StandardOutEndpoint} node={node.id} title={t('editor.props.log')} />
      <Log at={status.StandardErrorEndpoint} node={node.id} title={t('editor.props.errors')} />
    </div>
  );
}

function Log({ at, node, title }: { at: Endpoint | null; node: string; title: string }) {
  const { experiment } = useEditorContext();
  const [open, setOpen] = useState(false);
  const address = at ? inStudio(path`/experiments/${experiment.ExperimentId}/logs/${node}/${at.Name}`) : '';
  const query = useQuery({
    queryKey: ['log', address, experiment.RunId, at?.Size],
    queryFn: async () => (await fetch(address, { cache: 'no-store' })).text(),
    enabled: open && at !== null,
  });
  if (!at) return null;
  return (
    <details onToggle={e => setOpen(e.currentTarget.open)}>
      <summary>{title}</summary>
      <pre className="log" tabIndex={0} aria-label={title}>
        {query.data ?? '…'}
      </pre>
    </details>
  );
}
