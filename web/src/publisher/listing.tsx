import { Group, TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import type { ReactNode } from 'react';
import { type Column, DataTable } from '../kit/DataTable';
import { Empty } from '../kit/errors';
import { Icon, type IconName } from '../kit/icons';
import { useParam } from '../kit/links';
import { useKit } from '../kit/texts';
import { contains, type Query, type Resource, useRows } from './arm';
import { useTexts } from './texts';

export interface ListingProps<P> {
  label: string;
  at: string;
  /** The fields in which the filter looks. */
  find: string[];
  sort: string;
  columns: Column<Resource<P>>[];
  query?: Query;
  /** More of the filter, joined with the text's. */
  filter?: string;
  /** The filter was chosen by the reader, so another may find more. */
  narrowed?: boolean;
  icon: IconName;
  emptyTitle: string;
  emptyText: string;
  emptyAction?: ReactNode;
  /** Beside the text filter. */
  beside?: ReactNode;
}

/** A list of resources with a filter; filter and order stand in the address. */
export function Listing<P>(props: ListingProps<P>) {
  const t = useTexts();
  const kit = useKit();
  const [text, setText] = useParam('find');
  const [sort, setSort] = useParam('sort', props.sort);
  const [settled] = useDebouncedValue(text, 200);
  const wanted = contains(settled, ...props.find);
  const filter = [wanted && `(${wanted})`, props.filter].filter(Boolean).join(' and ');
  const rows = useRows<Resource<P>>(props.at, { ...props.query, $filter: filter, $orderby: sort });
  return (
    <>
      <Group mb="sm" gap="sm">
        <TextInput
          w={280}
          aria-label={kit('filter')}
          placeholder={kit('filter')}
          leftSection={<Icon name="search" size={14} />}
          value={text}
          onChange={e => setText(e.currentTarget.value)}
        />
        {props.beside}
      </Group>
      <DataTable
        label={props.label}
        rows={rows}
        rowKey={r => r.name}
        sort={sort}
        onSort={setSort}
        columns={props.columns}
        empty={
          wanted || props.narrowed ? (
            <Empty icon="search" title={t('noMatch.title')}>
              {t('noMatch.text')}
            </Empty>
          ) : (
            <Empty icon={props.icon} title={props.emptyTitle} action={props.emptyAction}>
              {props.emptyText}
            </Empty>
          )
        }
      />
    </>
  );
}
