import { Grid, Group, Select, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { ChartOrTable } from '../../kit/charts';
import { DataTable } from '../../kit/DataTable';
import { ErrorBox } from '../../kit/errors';
import { Facts } from '../../kit/fields';
import { useFormat } from '../../kit/format';
import { request } from '../../kit/http';
import { useParam } from '../../kit/links';
import { Loaded, Panel } from '../../kit/page';
import { fixedRows } from '../../kit/rows';
import { inStudio, type Preview, type Statistics } from '../api';
import { useTexts } from '../texts';
import { BoxPlot, Histogram, quartiles, Scatter, TopValues } from './charts';

/** What a table holds: its first rows, and of a column what its values are like. */
export function Visualize({ at, id }: { at: string; id: string }) {
  const query = useQuery({
    queryKey: ['visualize', id],
    queryFn: async () =>
      (await request<Preview>('GET', inStudio(`${at}${at.includes('?') ? '&' : '?'}rows=100&columns=200&statistics=true`))).value,
    staleTime: 60_000,
    retry: false,
  });
  return <Loaded query={query}>{data => <Shown data={data} at={at} id={id} />}</Loaded>;
}

function Shown({ data, at, id }: { data: Preview; at: string; id: string }) {
  const t = useTexts();
  const format = useFormat();
  const [column, setColumn] = useParam('column');
  const statistics = data.Statistics ?? [];
  const chosen = statistics.find(s => s.name === column);
  const place = data.ColumnNames.indexOf(column);
  const rows = data.Values.map((cells, i) => ({ i, cells }));
  return (
    <Stack gap="md">
      <Text size="sm" c="dimmed">
        {t('visualize.size', { rows: format.number(data.RowCount), columns: format.number(data.ColumnCount) })}
        {data.ColumnNames.length < data.ColumnCount && ` · ${t('visualize.cut', { count: data.ColumnNames.length })}`}
      </Text>
      <Grid gap="md">
        <Grid.Col span={{ base: 12, lg: 8 }}>
          <DataTable
            label={t('visualize.firstRows', { count: rows.length })}
            rows={fixedRows(rows)}
            rowKey={r => String(r.i)}
            maxHeight="70vh"
            columns={data.ColumnNames.map((name, c) => ({
              id: `${c}`,
              header: name,
              width: '10rem',
              cell: (r: { i: number; cells: (string | null)[] }) => {
                const cell = r.cells[c];
                return cell == null ? (
                  <i className="muted">{t('visualize.missing')}</i>
                ) : (
                  <span title={cell.length > 24 ? cell : undefined}>{cell}</span>
                );
              },
            }))}
            empty={<Text p="md">{t('visualize.size', { rows: 0, columns: data.ColumnCount })}</Text>}
          />
        </Grid.Col>
        <Grid.Col span={{ base: 12, lg: 4 }}>
          <Panel title={t('visualize.statistics')}>
            <Select
              label={t('visualize.columns')}
              placeholder={t('visualize.choose')}
              searchable
              value={chosen ? column : null}
              onChange={v => setColumn(v ?? '')}
              data={data.ColumnNames.map((name, i) => ({ value: name, label: `${name} (${data.ColumnTypes[i]})` }))}
            />
            {chosen && <ColumnFacts column={chosen} values={data.Values.map(cells => cells[place] ?? null)} data={data} at={at} id={id} />}
          </Panel>
        </Grid.Col>
      </Grid>
    </Stack>
  );
}

function ColumnFacts({
  column: s,
  values,
  data,
  at,
  id,
}: {
  column: Statistics;
  values: (string | null)[];
  data: Preview;
  at: string;
  id: string;
}) {
  const t = useTexts();
  const format = useFormat();
  const number = (v: number | undefined) => (v === undefined ? undefined : format.number(v));
  const facts: [string, ReactNode][] = [
    [t('visualize.facts.type'), s.type],
    [t('visualize.facts.missing'), format.number(s.missing)],
    [t('visualize.facts.unique'), s.uniqueEstimated ? t('visualize.facts.about', { count: s.unique }) : format.number(s.unique)],
    ...(
      [
        ['mean', number(s.mean)],
        ['median', number(s.median)],
        ['min', s.min],
        ['max', s.max],
        ['deviation', number(s.deviation)],
      ] as const
    ).flatMap(([name, value]): [string, ReactNode][] => (value === undefined ? [] : [[t(`visualize.facts.${name}`), value]])),
  ];
  const box = s.histogram && quartiles(values);
  return (
    <Stack gap="md" mt="md">
      <Facts facts={facts} />
      {s.histogram && s.histogram.length > 0 && (
        <ChartOrTable
          label={t('visualize.histogram', { name: s.name })}
          head={[t('visualize.from'), t('visualize.to'), t('visualize.count')]}
          rows={s.histogram.map(b => [format.number(b.from), format.number(b.to), format.number(b.count)])}
        >
          <Histogram bars={s.histogram} format={format.number} />
        </ChartOrTable>
      )}
      {s.top && s.top.length > 0 && (
        <ChartOrTable
          label={t('visualize.top', { name: s.name })}
          head={[t('visualize.value'), t('visualize.count')]}
          rows={s.top.map(v => [v.value, format.number(v.count)])}
        >
          <TopValues values={s.top} format={format.number} />
        </ChartOrTable>
      )}
      {box && (
        <div>
          <ChartOrTable
            label={t('visualize.box', { name: s.name })}
            head={[t('visualize.value'), s.name]}
            rows={(['min', 'q1', 'median', 'q3', 'max'] as const).map(part => [t(`visualize.boxParts.${part}`), format.number(box[part])])}
          >
            <BoxPlot box={box} format={format.number} />
          </ChartOrTable>
          <Text size="xs" c="dimmed">
            {t('visualize.boxOf')}
          </Text>
        </div>
      )}
      <Against column={s} data={data} at={at} id={id} />
    </Stack>
  );
}

const measurable = (type: string) => type !== 'String';

/** The scatter of two columns. */
function Against({ column, data, at, id }: { column: Statistics; data: Preview; at: string; id: string }) {
  const t = useTexts();
  const format = useFormat();
  const [other, setOther] = useParam('against');
  const choices = data.ColumnNames.filter((name, i) => name !== column.name && measurable(data.ColumnTypes[i] ?? ''));
  const possible = measurable(column.type) && choices.includes(other);
  const address = `${at}${at.includes('?') ? '&' : '?'}rows=0&${new URLSearchParams({ x: column.name, y: other })}`;
  const query = useQuery({
    queryKey: ['scatter', id, column.name, other],
    queryFn: async () => (await request<Preview>('GET', inStudio(address))).value.Scatter ?? [],
    enabled: possible,
    retry: false,
  });
  if (!measurable(column.type) || choices.length === 0) return null;
  return (
    <Stack gap="xs">
      <Group>
        <Select
          flex={1}
          label={t('visualize.against')}
          placeholder={t('visualize.scatter')}
          searchable
          clearable
          value={choices.includes(other) ? other : null}
          onChange={v => setOther(v ?? '')}
          data={choices}
        />
      </Group>
      {query.isError && <ErrorBox error={query.error} />}
      {query.data && (
        <ChartOrTable
          label={t('visualize.scatterOf', { x: column.name, y: other })}
          head={[column.name, other]}
          rows={query.data.slice(0, 200).map(p => [format.number(p.x), format.number(p.y)])}
        >
          <Scatter points={query.data} format={format.number} x={column.name} y={other} />
        </ChartOrTable>
      )}
    </Stack>
  );
}
