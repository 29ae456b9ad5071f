import { Button } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { DataTable } from '../../kit/DataTable';
import { useAsk } from '../../kit/dialogs';
import { Empty } from '../../kit/errors';
import { useFormat } from '../../kit/format';
import { Page } from '../../kit/page';
import { fixedRows } from '../../kit/rows';
import { useMay } from '../../kit/session';
import { Status as Badge, type Tone } from '../../kit/status';
import { get, type Job, path, remove } from '../api';
import { useTexts } from '../texts';

const tones: Record<string, Tone> = { Finished: 'ok', Failed: 'bad', Running: 'warn', Committing: 'warn' };
const over = (j: Job) => ['Finished', 'Failed', 'Cancelled'].includes(j.State);

export function JobState({ job }: { job: Job }) {
  const t = useTexts();
  return <Badge tone={tones[job.State] ?? 'plain'}>{t(`jobs.states.${job.State as 'Running'}`)}</Badge>;
}

/** The batch jobs of all web services. */
export function Jobs() {
  const t = useTexts();
  const format = useFormat();
  const may = useMay();
  const ask = useAsk();
  const client = useQueryClient();
  const query = useQuery({
    queryKey: ['jobs'],
    queryFn: () => get<Job[]>('/jobs?limit=1000'),
    refetchInterval: q => (q.state.data?.some(j => !over(j)) ? 1500 : 10_000),
  });
  return (
    <Page title={t('jobs.title')} hint={t('jobs.hint')}>
      <DataTable
        label={t('jobs.title')}
        rows={fixedRows(query.data, query.error, () => void query.refetch())}
        rowKey={j => j.Id}
        columns={[
          {
            id: 'job',
            header: t('jobs.job'),
            width: '9rem',
            cell: j => (
              <span className="mono" title={j.Id}>
                {j.Id.slice(0, 12)}
              </span>
            ),
          },
          { id: 'service', header: t('jobs.service'), width: '2fr', cell: j => <span className="mono">{j.Service}</span> },
          {
            id: 'state',
            header: t('jobs.state'),
            width: '8rem',
            cell: j => (
              <span title={j.Details}>
                <JobState job={j} />
              </span>
            ),
          },
          { id: 'rows', header: t('jobs.rows'), width: '7rem', end: true, cell: j => format.number(j.Rows) },
          { id: 'created', header: t('jobs.created'), width: '11rem', cell: j => format.dateTime(j.Created) },
          {
            id: 'took',
            header: t('jobs.took'),
            width: '6rem',
            end: true,
            cell: j => (j.Ended ? format.duration(Date.parse(j.Ended) - Date.parse(j.Created)) : '–'),
          },
          {
            id: 'actions',
            header: '',
            width: '6rem',
            end: true,
            cell: j =>
              !over(j) &&
              may('studio.write') && (
                <Button
                  size="compact-xs"
                  variant="default"
                  onClick={async () => {
                    const yes = await ask({
                      title: t('jobs.cancelTitle'),
                      text: t('jobs.cancelText'),
                      go: t('jobs.cancel'),
                      danger: true,
                      act: () => remove(path`/jobs/${j.Id}`),
                    });
                    if (yes) await client.invalidateQueries({ queryKey: ['jobs'] });
                  }}
                >
                  {t('jobs.cancel')}
                </Button>
              ),
          },
        ]}
        empty={
          <Empty icon="clock" title={t('jobs.empty.title')}>
            {t('jobs.empty.text')}
          </Empty>
        }
      />
    </Page>
  );
}
