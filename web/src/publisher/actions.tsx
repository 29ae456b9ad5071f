import { Button } from '@mantine/core';
import { type ReactNode, useState } from 'react';
import { useAsk } from '../kit/dialogs';
import { Icon } from '../kit/icons';
import { useGo } from '../kit/links';
import { useMay } from '../kit/session';
import { useKit } from '../kit/texts';
import { toast } from '../kit/toast';
import { type Query, remove, useChanged } from './arm';

/** The button that opens the dialog for something new, for those who may; and whether it is open. */
export function useAdding(label: string, permission = 'catalog.write'): { button: ReactNode; opened: boolean; close: () => void } {
  const may = useMay()(permission);
  const [opened, setOpened] = useState(false);
  const button = may && (
    <Button leftSection={<Icon name="add" size={14} />} onClick={() => setOpened(true)}>
      {label}
    </Button>
  );
  return { button, opened, close: () => setOpened(false) };
}

export interface DeleteButtonProps {
  label: string;
  /** What goes with it. */
  text: string;
  /** How it is called; that must be typed. */
  name: string;
  at: string;
  query?: Query;
  /** The list that it is in, and goes back to. */
  list: string;
  /** Other lists that show it. */
  shownAt?: string[];
  size?: string;
}

/** Deletes what a page is about, once its name is typed, and goes back to the list. */
export function DeleteButton({ label, text, name, at, query, list, shownAt = [], size }: DeleteButtonProps) {
  const kit = useKit();
  const ask = useAsk();
  const go = useGo();
  const changed = useChanged();
  if (!useMay()('catalog.write')) return null;
  const erase = async () => {
    const done = await ask({ title: label, text, go: kit('delete'), danger: true, typed: name, act: () => remove(at, query) });
    if (!done) return;
    await changed(list, ...shownAt);
    toast(kit('deleted', { name }));
    await go(list);
  };
  return (
    <Button size={size} variant="default" c="var(--p-bad)" leftSection={<Icon name="trash" size={14} />} onClick={() => void erase()}>
      {label}
    </Button>
  );
}
