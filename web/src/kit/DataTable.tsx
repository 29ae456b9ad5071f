import { useVirtualizer } from '@tanstack/react-virtual';
import { type ReactNode, useEffect, useRef } from 'react';
import { ErrorBox } from './errors';
import { Icon } from './icons';
import type { Rows } from './rows';
import { useKit } from './texts';

export interface Column<T> {
  id: string;
  header: string;
  cell: (row: T) => ReactNode;
  /** A track of the grid, such as "2fr" or "8rem". */
  width?: string;
  end?: boolean;
  /** The field by which the server sorts. */
  sort?: string;
}

export interface DataTableProps<T> {
  label: string;
  rows: Rows<T>;
  columns: Column<T>[];
  rowKey: (row: T) => string;
  /** Shown where there is nothing. */
  empty: ReactNode;
  /** A field, and " desc" behind it where it goes down. */
  sort?: string;
  onSort?: (sort: string) => void;
  /** How much of the window the rows may take. */
  maxHeight?: string;
  /** What stands under the rows, besides their number. */
  foot?: ReactNode;
}

const rowHeight = 40;

/** A table of any length: only the rows that are seen are in the page. */
export function DataTable<T>(props: DataTableProps<T>) {
  const { rows, columns } = props;
  const t = useKit();
  const scroll = useRef<HTMLDivElement>(null);
  const count = rows.count ?? 0;
  const virtual = useVirtualizer({ count, getScrollElement: () => scroll.current, estimateSize: () => rowHeight, overscan: 8 });
  const items = virtual.getVirtualItems();
  const first = items[0]?.index ?? 0;
  const last = items[items.length - 1]?.index ?? 0;
  const { see } = rows;
  useEffect(() => see(first, last), [see, first, last]);
  if (rows.error !== undefined && rows.error !== null) return <ErrorBox error={rows.error} retry={rows.retry} />;
  if (rows.count === 0) return <div className="panel">{props.empty}</div>;
  const grid = gridOf(columns);
  return (
    <div className="panel table">
      <div
        ref={scroll}
        className="table-scroll"
        role="table"
        aria-label={props.label}
        aria-rowcount={rows.count === undefined ? -1 : count + 1}
        aria-busy={rows.count === undefined}
        tabIndex={0}
        style={{ maxHeight: props.maxHeight ?? 'calc(100vh - 14rem)' }}
      >
        <div role="rowgroup" className="table-head" style={{ minWidth: grid.minWidth }}>
          <div className="table-head-row" role="row" aria-rowindex={1} style={grid}>
            {columns.map(c => (
              <Header key={c.id} column={c} sort={props.sort} onSort={props.onSort} />
            ))}
          </div>
        </div>
        <div
          role="rowgroup"
          style={{
            height: rows.count === undefined ? rowHeight * 6 : virtual.getTotalSize(),
            position: 'relative',
            minWidth: grid.minWidth,
          }}
        >
          {rows.count === undefined
            ? [0, 1, 2, 3, 4, 5].map(i => (
                <Row key={i} index={i} top={i * rowHeight} grid={grid} columns={columns} row={undefined} loading={t('loading')} />
              ))
            : items.map(item => {
                const row = rows.at(item.index);
                return (
                  <Row
                    key={row === undefined ? `#${item.index}` : props.rowKey(row)}
                    index={item.index}
                    top={item.start}
                    grid={grid}
                    columns={columns}
                    row={row}
                    loading={t('loading')}
                  />
                );
              })}
        </div>
      </div>
      {rows.count !== undefined && (
        <div className="table-foot">
          {t('count', { count })} {props.foot}
        </div>
      )}
    </div>
  );
}

/** The tracks of the head and of every row, and the width below which the table scrolls sideways. */
function gridOf<T>(columns: Column<T>[]) {
  const widths = columns.map(c => c.width ?? '1fr');
  const rem = widths.map(w => (w.endsWith('fr') ? Math.max(Number.parseFloat(w) * 6, 7) : Number.parseFloat(w)));
  return {
    gridTemplateColumns: widths.map((w, i) => `minmax(${w.endsWith('fr') ? '0' : `${rem[i]}rem`}, ${w})`).join(' '),
    minWidth: `${rem.reduce((sum, r) => sum + r, 0) + 0.75 * (columns.length - 1) + 1.75}rem`,
  };
}

function Header<T>({ column, sort, onSort }: { column: Column<T>; sort?: string; onSort?: (sort: string) => void }) {
  const t = useKit();
  const [field, direction] = (sort ?? '').split(' ');
  const here = column.sort !== undefined && field === column.sort;
  const order = here ? (direction === 'desc' ? 'descending' : 'ascending') : undefined;
  return (
    <div role="columnheader" className={column.end ? 'table-cell end' : 'table-cell'} aria-sort={order}>
      {column.sort && onSort ? (
        <button
          type="button"
          className="table-sort"
          title={t('sort', { column: column.header })}
          onClick={() => onSort(order === 'ascending' ? `${column.sort} desc` : (column.sort ?? ''))}
        >
          {column.header}
          {order && <Icon name={order === 'descending' ? 'chevronDown' : 'chevronUp'} size={12} />}
        </button>
      ) : (
        column.header
      )}
    </div>
  );
}

interface RowProps<T> {
  index: number;
  top: number;
  grid: { gridTemplateColumns: string; minWidth: string };
  columns: Column<T>[];
  row: T | undefined;
  loading: string;
}

function Row<T>({ index, top, grid, columns, row, loading }: RowProps<T>) {
  return (
    <div className="table-row" role="row" aria-rowindex={index + 2} style={{ ...grid, transform: `translateY(${top}px)` }}>
      {columns.map((c, i) => (
        <div key={c.id} role="cell" className={c.end ? 'table-cell end' : 'table-cell'}>
          {row !== undefined ? (
            c.cell(row)
          ) : (
            <div className="bone" role={i === 0 ? 'img' : undefined} aria-label={i === 0 ? loading : undefined} />
          )}
        </div>
      ))}
    </div>
  );
}
