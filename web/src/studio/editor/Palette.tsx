import { TextInput } from '@mantine/core';
import { type DragEvent, useMemo, useState } from 'react';
import { Icon } from '../../kit/icons';
import type { Dataset, Module } from '../api';
import { useTexts } from '../texts';
import { useEditorContext } from './context';

/** What is dragged from the palette to the canvas. */
export type Dragged = { kind: 'module'; moduleId: string } | { kind: 'dataset'; datasetId: string } | { kind: 'input' | 'output' };

interface Entry {
  key: string;
  label: string;
  hint: string;
  what: Dragged;
}

/** Everything that a graph can be made of, by category: dragged, or added by a press. */
export function Palette({ add }: { add: (what: Dragged) => void }) {
  const t = useTexts();
  const { modules, datasets, mayEdit } = useEditorContext();
  const [text, setText] = useState('');
  const [closed, setClosed] = useState<ReadonlySet<string>>(new Set());
  const groups = useMemo(() => groupsOf(modules.all, [...datasets.values()], t), [modules, datasets, t]);
  const wanted = text.trim().toLowerCase();
  const shown = groups
    .map(
      ([name, entries]) => [name, wanted ? entries.filter(e => `${e.label} ${e.hint}`.toLowerCase().includes(wanted)) : entries] as const,
    )
    .filter(([, entries]) => entries.length > 0);
  const drag = (e: DragEvent, what: Dragged) => {
    e.dataTransfer.setData('application/portico', JSON.stringify(what));
    e.dataTransfer.effectAllowed = 'copy';
  };
  return (
    <section className="editor-side left" aria-label={t('editor.palette.title')}>
      <TextInput
        m="xs"
        size="xs"
        aria-label={t('editor.palette.search')}
        placeholder={t('editor.palette.search')}
        leftSection={<Icon name="search" size={14} />}
        value={text}
        onChange={e => setText(e.currentTarget.value)}
      />
      {shown.map(([name, entries]) => {
        const open = wanted !== '' || !closed.has(name);
        return (
          <div key={name}>
            <button
              type="button"
              className="palette-head"
              aria-expanded={open}
              onClick={() => setClosed(old => (old.has(name) ? new Set([...old].filter(n => n !== name)) : new Set([...old, name])))}
            >
              <Icon name={open ? 'chevronDown' : 'chevronRight'} size={12} />
              {name}
            </button>
            {open && (
              <ul className="palette-group" aria-label={name}>
                {entries.map(e => (
                  <li key={e.key}>
                    <button
                      type="button"
                      className="palette-item"
                      draggable={mayEdit}
                      disabled={!mayEdit}
                      title={e.hint}
                      aria-label={t('editor.palette.add', { name: e.label })}
                      onDragStart={event => drag(event, e.what)}
                      onClick={() => add(e.what)}
                    >
                      {e.label}
                    </button>
                  </li>
                ))}
              </ul>
            )}
          </div>
        );
      })}
      {shown.length === 0 && (
        <p className="muted" style={{ padding: '0 0.75rem' }}>
          {t('editor.palette.none')}
        </p>
      )}
    </section>
  );
}

function groupsOf(modules: Module[], datasets: Dataset[], t: ReturnType<typeof useTexts>): [string, Entry[]][] {
  const groups = new Map<string, Entry[]>();
  const put = (group: string, entry: Entry) => {
    const entries = groups.get(group);
    if (entries) entries.push(entry);
    else groups.set(group, [entry]);
  };
  for (const d of datasets) {
    put(t('editor.palette.saved'), { key: d.Id, label: d.Name, hint: d.Description, what: { kind: 'dataset', datasetId: d.Id } });
  }
  for (const m of modules) {
    const category = m.Category.replaceAll(' / ', ' › ');
    const what: Dragged =
      m.ModuleType === 'WebServiceInput'
        ? { kind: 'input' }
        : m.ModuleType === 'WebServiceOutput'
          ? { kind: 'output' }
          : { kind: 'module', moduleId: m.Id };
    put(category, { key: m.Id, label: m.Name, hint: m.Description, what });
  }
  return [...groups];
}
