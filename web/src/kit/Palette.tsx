import { Modal, TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { type KeyboardEvent, useId, useState } from 'react';
import { Icon } from './icons';
import { useGo } from './links';
import type { Found, NavSection } from './Shell';
import { useKit } from './texts';

const plain = (text: string) => text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase();

/** Goes anywhere by a few letters of its name. */
export default function Palette({
  sections,
  find,
  close,
}: {
  sections: NavSection[];
  find?: (text: string) => Promise<Found[]>;
  close: () => void;
}) {
  const t = useKit();
  const go = useGo();
  const id = useId();
  const [text, setText] = useState('');
  const [chosen, setChosen] = useState(0);
  const [settled] = useDebouncedValue(text.trim(), 150);
  const found = useQuery({ queryKey: ['palette', settled], queryFn: () => find?.(settled) ?? [], enabled: settled !== '' });
  const pages: Found[] = sections
    .flatMap(s => s.items.map(i => ({ label: i.label, hint: s.title, icon: i.icon, to: i.to })))
    .filter(p => plain(p.label).includes(plain(text.trim())));
  const all = [...pages, ...(settled ? (found.data ?? []) : [])];
  const current = Math.min(chosen, all.length - 1);
  const open = (entry: Found | undefined) => {
    if (!entry) return;
    close();
    void go(entry.to);
  };
  const keys = (e: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[e.key];
    if (step) {
      e.preventDefault();
      setChosen((current + step + all.length) % Math.max(all.length, 1));
    } else if (e.key === 'Enter') {
      e.preventDefault();
      open(all[current]);
    }
  };
  return (
    <Modal
      opened
      onClose={close}
      withCloseButton={false}
      padding={0}
      yOffset="12vh"
      centered={false}
      size="lg"
      aria-label={t('shell.palette')}
    >
      <TextInput
        data-autofocus
        size="md"
        variant="unstyled"
        px="md"
        py={4}
        aria-label={t('shell.palette')}
        placeholder={t('shell.paletteHint')}
        leftSection={<Icon name="search" />}
        value={text}
        onChange={e => {
          setText(e.currentTarget.value);
          setChosen(0);
        }}
        onKeyDown={keys}
        role="combobox"
        aria-expanded
        aria-controls={id}
        aria-activedescendant={all.length > 0 ? `${id}-${current}` : undefined}
      />
      <div
        id={id}
        role="listbox"
        aria-label={t('shell.palette')}
        style={{ maxHeight: '50vh', overflowY: 'auto', borderTop: '1px solid var(--p-line)', padding: 6 }}
      >
        {all.map((entry, i) => (
          <div
            key={entry.to + entry.label}
            id={`${id}-${i}`}
            role="option"
            tabIndex={-1}
            aria-selected={i === current}
            className="nav-link"
            data-status={i === current ? 'active' : undefined}
            style={{ cursor: 'pointer' }}
            ref={i === current ? e => e?.scrollIntoView({ block: 'nearest' }) : undefined}
            onClick={() => open(entry)}
          >
            <Icon name={entry.icon} />
            <span>{entry.label}</span>
            {entry.hint && (
              <span className="muted" style={{ marginLeft: 'auto', fontSize: '0.75rem' }}>
                {entry.hint}
              </span>
            )}
          </div>
        ))}
        {all.length === 0 && (
          <p className="muted" style={{ padding: '0 0.75rem' }}>
            {found.isFetching ? t('loading') : t('shell.paletteEmpty')}
          </p>
        )}
      </div>
    </Modal>
  );
}
