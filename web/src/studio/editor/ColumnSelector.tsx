import {
  ActionIcon,
  Button,
  Checkbox,
  Group,
  Modal,
  MultiSelect,
  SegmentedControl,
  Select,
  Stack,
  TagsInput,
  Text,
  TextInput,
} from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { request } from '../../kit/http';
import { Icon } from '../../kit/icons';
import { useKit } from '../../kit/texts';
import { inStudio, type Parameter, type Preview, path } from '../api';
import type { GraphNode } from '../graph/model';
import {
  byNames,
  columnKinds,
  columnTypes,
  namesOf,
  noSelection,
  type Rule,
  type RuleType,
  readIndexes,
  readSelection,
  type Selection,
  writeSelection,
} from '../graph/selector';
import { useTexts } from '../texts';
import { statusesOf, useDraft, useEditorContext } from './context';

interface Known {
  name: string;
  type: string;
}

/** The columns that come in where a parameter's selection applies; undefined while nobody knows. */
export function useColumns(node: GraphNode, parameter: Parameter): Known[] | undefined {
  const { modules, experiment } = useEditorContext();
  const draft = useDraft();
  const inputs = modules.inputs(node).filter(p => p.Type === 'Data Table');
  const second = /\b(r|right|second|dataset2)\b/i.test(parameter.Name);
  const port = (second && inputs[1]) || inputs[0];
  const edges = draft.edges.filter(e => e.to === node.id && e.toPort === port?.Name);
  const sources = edges.map(e => ({ edge: e, from: draft.nodes.find(n => n.id === e.from) }));
  const source = sources.find(s => s.from?.kind !== 'input') ?? sources[0];
  const done = source?.from && statusesOf(experiment).get(source.from.id)?.Status.StatusCode === 'Finished';
  let at = '';
  if (source?.from?.kind === 'dataset')
    at = path`/datasources/${source.from.datasetId}/visualization?rows=0&columns=1000`.replaceAll('%3F', '?');
  if (source?.from?.kind === 'module' && done) {
    at = `${path`/experiments/${experiment.ExperimentId}/outputdata/${source.from.id}/${source.edge.fromPort}`}?format=json&rows=0&columns=1000`;
  }
  const query = useQuery({
    queryKey: ['columns', at, experiment.RunId],
    queryFn: async () => {
      const { value } = await request<Preview>('GET', inStudio(at));
      return value.ColumnNames.map((name, i) => ({ name, type: value.ColumnTypes[i] ?? '' }));
    },
    enabled: at !== '',
    staleTime: 60_000,
    retry: false,
  });
  return query.data;
}

/** What a selection chooses, in a line. */
export function useSelectionText() {
  const t = useTexts();
  return (text: string): string => {
    const s = readSelection(text);
    if (!s) return text;
    if (s.rules.length === 0) return t('editor.props.noColumns');
    return s.rules
      .map(r => {
        const what =
          r.ruleType === 'AllColumns'
            ? t('editor.columns.of.AllColumns')
            : r.ruleType === 'ColumnTypes'
              ? (r.columnTypes ?? []).map(name => t(`editor.columns.typeNames.${name as 'Numeric'}`)).join(', ')
              : (r.columns ?? []).join(', ');
        return r.exclude ? `${t('editor.columns.exclude')}: ${what}` : what;
      })
      .join(' · ');
  };
}

/** Chooses columns by name or with rules, among those that are there. */
export function ColumnSelector(props: {
  node: GraphNode;
  parameter: Parameter;
  value: string;
  onDone: (value: string) => void;
  onClose: () => void;
}) {
  const t = useTexts();
  const kit = useKit();
  const known = useColumns(props.node, props.parameter);
  const [selection, setSelection] = useState<Selection>(() => readSelection(props.value) ?? noSelection);
  const withRules = selection.ui?.withRules ?? false;
  const mode = (rules: boolean) => {
    const names = namesOf(selection);
    if (rules) return setSelection({ ...selection, ui: { withRules: true } });
    setSelection(
      byNames(
        names ?? selection.rules.filter(r => r.ruleType === 'ColumnNames' && !r.exclude).flatMap(r => r.columns ?? []),
        selection.isFilter,
      ),
    );
  };
  return (
    <Modal
      opened
      onClose={props.onClose}
      size="xl"
      title={`${t('editor.columns.title')}: ${props.parameter.Name}`}
      closeButtonProps={{ 'aria-label': kit('close') }}
    >
      <Stack gap="md">
        <SegmentedControl
          size="xs"
          aria-label={t('editor.columns.title')}
          value={withRules ? 'rules' : 'names'}
          onChange={v => mode(v === 'rules')}
          data={[
            { value: 'names', label: t('editor.columns.byName') },
            { value: 'rules', label: t('editor.columns.withRules') },
          ]}
        />
        {withRules ? (
          <Rules selection={selection} set={setSelection} known={known} />
        ) : (
          <Names selection={selection} set={setSelection} known={known} />
        )}
        <Checkbox
          label={t('editor.columns.order')}
          checked={!selection.isFilter}
          onChange={e => setSelection({ ...selection, isFilter: !e.currentTarget.checked })}
        />
        <Group justify="flex-end">
          <Button variant="default" onClick={props.onClose}>
            {kit('cancel')}
          </Button>
          <Button onClick={() => props.onDone(writeSelection(selection))}>{t('editor.columns.done')}</Button>
        </Group>
      </Stack>
    </Modal>
  );
}

interface PartProps {
  selection: Selection;
  set: (s: Selection) => void;
  known: Known[] | undefined;
}

/** Two lists: what there is, what is chosen. */
function Names({ selection, set, known }: PartProps) {
  const t = useTexts();
  const [text, setText] = useState('');
  const names = namesOf(selection) ?? [];
  const chosen = new Set(names);
  const put = (next: string[]) => set(byNames(next, selection.isFilter));
  if (!known) {
    return (
      <TagsInput
        label={t('editor.columns.selected')}
        description={t('editor.columns.unknown')}
        placeholder={t('editor.columns.type')}
        value={names}
        onChange={put}
        splitChars={[',', '\t', '\n']}
        data-autofocus
      />
    );
  }
  const there = new Set(known.map(k => k.name));
  const open = known.filter(k => !chosen.has(k.name) && k.name.toLowerCase().includes(text.trim().toLowerCase()));
  const vanished = names.filter(n => !there.has(n));
  return (
    <>
      <TextInput
        data-autofocus
        aria-label={t('editor.columns.search')}
        placeholder={t('editor.columns.search')}
        leftSection={<Icon name="search" size={14} />}
        value={text}
        onChange={e => setText(e.currentTarget.value)}
      />
      <Group align="stretch" grow wrap="nowrap">
        <ColumnList
          label={t('editor.columns.available')}
          columns={open}
          icon="add"
          actionLabel={name => t('editor.columns.take', { name })}
          act={name => put([...names, name])}
        />
        <ColumnList
          label={t('editor.columns.selected')}
          columns={names.map(name => known.find(k => k.name === name) ?? { name, type: '' })}
          icon="close"
          actionLabel={name => t('editor.columns.drop', { name })}
          act={name => put(names.filter(n => n !== name))}
        />
      </Group>
      {vanished.map(name => (
        <Text key={name} size="sm" c="var(--p-bad)" role="alert">
          {t('editor.columns.vanished', { name })}
        </Text>
      ))}
    </>
  );
}

function ColumnList(props: {
  label: string;
  columns: Known[];
  icon: 'add' | 'close';
  actionLabel: (name: string) => string;
  act: (name: string) => void;
}) {
  return (
    <div>
      <Text size="xs" fw={600} c="dimmed">
        {props.label} ({props.columns.length})
      </Text>
      <div className="panel" style={{ height: 260, overflowY: 'auto' }}>
        <ul className="palette-group" aria-label={props.label}>
          {props.columns.slice(0, 500).map(c => (
            <li key={c.name}>
              <button
                type="button"
                className="palette-item"
                style={{ paddingLeft: '0.75rem', cursor: 'pointer' }}
                aria-label={props.actionLabel(`${c.name} ${c.type}`.trim())}
                onClick={() => props.act(c.name)}
              >
                <Icon name={props.icon} size={12} /> {c.name} <span className="muted">{c.type}</span>
              </button>
            </li>
          ))}
        </ul>
      </div>
    </div>
  );
}

/** Begins with all or no columns, then includes and excludes, rule by rule. */
function Rules({ selection, set, known }: PartProps) {
  const t = useTexts();
  const all = selection.rules[0]?.ruleType === 'AllColumns' && !selection.rules[0].exclude;
  const rules = all ? selection.rules.slice(1) : selection.rules;
  const put = (next: Rule[], beginWithAll = all) =>
    set({ ...selection, rules: beginWithAll ? [{ ruleType: 'AllColumns', exclude: false }, ...next] : next, ui: { withRules: true } });
  const change = (i: number, rule: Partial<Rule>) => put(rules.map((r, at) => (at === i ? { ...r, ...rule } : r)));
  return (
    <Stack gap="sm">
      <SegmentedControl
        size="xs"
        aria-label={t('editor.columns.begin')}
        value={all ? 'all' : 'none'}
        onChange={v => put(rules, v === 'all')}
        data={[
          { value: 'all', label: `${t('editor.columns.begin')}: ${t('editor.columns.all')}` },
          { value: 'none', label: `${t('editor.columns.begin')}: ${t('editor.columns.none')}` },
        ]}
        style={{ alignSelf: 'flex-start' }}
      />
      {rules.map((rule, i) => (
        <Group key={i} gap="xs" wrap="nowrap" align="flex-start" role="group" aria-label={t('editor.columns.rule', { n: i + 1 })}>
          <Select
            w={120}
            aria-label={`${t('editor.columns.rule', { n: i + 1 })}: ${t('editor.columns.include')}/${t('editor.columns.exclude')}`}
            value={rule.exclude ? 'exclude' : 'include'}
            onChange={v => change(i, { exclude: v === 'exclude' })}
            data={[
              { value: 'include', label: t('editor.columns.include') },
              { value: 'exclude', label: t('editor.columns.exclude') },
            ]}
          />
          <Select
            w={160}
            aria-label={`${t('editor.columns.rule', { n: i + 1 })}: ${t('editor.columns.title')}`}
            value={rule.ruleType}
            onChange={v => change(i, emptyRule(v as RuleType, rule.exclude))}
            data={(['ColumnNames', 'ColumnIndexes', 'ColumnTypes', 'AllColumns'] as const).map(value => ({
              value,
              label: t(`editor.columns.of.${value}`),
            }))}
          />
          <RuleValue rule={rule} n={i + 1} known={known} change={r => change(i, r)} />
          <ActionIcon
            variant="subtle"
            color="gray"
            mt={4}
            aria-label={t('editor.columns.removeRule', { n: i + 1 })}
            onClick={() => put(rules.filter((_, at) => at !== i))}
          >
            <Icon name="close" size={14} />
          </ActionIcon>
        </Group>
      ))}
      <div>
        <Button
          size="xs"
          variant="default"
          leftSection={<Icon name="add" size={14} />}
          onClick={() => put([...rules, emptyRule('ColumnNames', all)])}
        >
          {t('editor.columns.add')}
        </Button>
      </div>
    </Stack>
  );
}

const emptyRule = (ruleType: RuleType, exclude: boolean): Rule =>
  ruleType === 'ColumnTypes'
    ? { ruleType, columnTypes: [], columnKinds: ['All'], exclude }
    : ruleType === 'AllColumns'
      ? { ruleType, exclude }
      : { ruleType, columns: [], exclude };

function RuleValue({ rule, n, known, change }: { rule: Rule; n: number; known: Known[] | undefined; change: (r: Partial<Rule>) => void }) {
  const t = useTexts();
  const label = `${t('editor.columns.rule', { n })}: ${t(`editor.columns.of.${rule.ruleType}`)}`;
  const [indexes, setIndexes] = useState((rule.columns ?? []).join(', '));
  switch (rule.ruleType) {
    case 'AllColumns':
      return <div style={{ flex: 1 }} />;
    case 'ColumnIndexes':
      return (
        <TextInput
          flex={1}
          aria-label={label}
          placeholder={t('editor.columns.indices')}
          value={indexes}
          onChange={e => {
            setIndexes(e.currentTarget.value);
            change({ columns: readIndexes(e.currentTarget.value) });
          }}
        />
      );
    case 'ColumnTypes':
      return (
        <Group gap="xs" flex={1} wrap="nowrap" align="flex-start">
          <MultiSelect
            flex={2}
            aria-label={label}
            value={rule.columnTypes ?? []}
            onChange={v => change({ columnTypes: v })}
            data={columnTypes.map(value => ({ value, label: t(`editor.columns.typeNames.${value}`) }))}
          />
          <Select
            flex={1}
            aria-label={`${label}, ${t('editor.columns.of.ColumnTypes')}`}
            value={rule.columnKinds?.[0] ?? 'All'}
            onChange={v => change({ columnKinds: [v ?? 'All'] })}
            data={columnKinds.map(value => ({ value, label: t(`editor.columns.kinds.${value}`) }))}
          />
        </Group>
      );
    default:
      return (
        <TagsInput
          flex={1}
          aria-label={label}
          placeholder={t('editor.columns.type')}
          value={rule.columns ?? []}
          onChange={v => change({ columns: v })}
          data={(known ?? []).slice(0, 500).map(k => k.name)}
          splitChars={[',', '\t', '\n']}
        />
      );
  }
}
