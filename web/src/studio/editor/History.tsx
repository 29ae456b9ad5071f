import { Button, Group, Modal, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useFormat } from '../../kit/format';
import { Loaded } from '../../kit/page';
import { useKit } from '../../kit/texts';
import { toast } from '../../kit/toast';
import { type Comparison, duration, type Experiment, type ExperimentSummary, get, iso, path, type Status } from '../api';
import { useTexts } from '../texts';
import { useEditorContext } from './context';

/** The runs of the experiment: looked at, compared, brought back. */
export function History({ onClose, restore }: { onClose: () => void; restore: (x: Experiment) => void }) {
  const t = useTexts();
  const kit = useKit();
  const format = useFormat();
  const { experiment, mayEdit } = useEditorContext();
  const [compared, setCompared] = useState('');
  const id = experiment.ExperimentId;
  const query = useQuery({
    queryKey: ['history', id, experiment.RunId, experiment.Status.StatusCode],
    queryFn: () => get<ExperimentSummary[]>(path`/experiments/${id}/history`),
  });
  const took = (s: Status) => {
    const ms = duration(s, Date.now());
    return ms === undefined ? '–' : format.duration(ms);
  };
  return (
    <Modal opened onClose={onClose} size="xl" title={t('editor.historyTitle')} closeButtonProps={{ 'aria-label': kit('close') }}>
      <Loaded query={query}>
        {all => {
          const runs = all.filter(x => x.RunId);
          if (runs.length === 0) return <Text size="sm">{t('editor.historyEmpty')}</Text>;
          return (
            <Stack gap="md">
              <table className="plain-table">
                <thead>
                  <tr>
                    <th scope="col">{t('experiments.changed')}</th>
                    <th scope="col">{t('experiments.status')}</th>
                    <th scope="col">{t('editor.comparison.time')}</th>
                    <td />
                  </tr>
                </thead>
                <tbody>
                  {runs.map(x => (
                    <tr key={x.ExperimentId}>
                      <td>
                        {format.dateTime(iso(x.Status.StartTime) ?? iso(x.Status.CreationTime))}{' '}
                        {x.ExperimentId === id && `(${t('editor.current')})`}
                      </td>
                      <td>{t(`status.${x.Status.StatusCode}`)}</td>
                      <td>{took(x.Status)}</td>
                      <td>
                        {x.ExperimentId !== id && (
                          <Group gap="xs" justify="flex-end">
                            <Button size="compact-xs" variant="default" onClick={() => setCompared(x.ExperimentId)}>
                              {t('editor.compare')}
                            </Button>
                            <Button
                              size="compact-xs"
                              variant="default"
                              disabled={!mayEdit}
                              onClick={async () => {
                                restore(await get<Experiment>(path`/experiments/${x.ExperimentId}`));
                                toast(t('editor.restored'));
                                onClose();
                              }}
                            >
                              {t('editor.restore')}
                            </Button>
                          </Group>
                        )}
                      </td>
                    </tr>
                  ))}
                </tbody>
              </table>
              {compared && <Differences left={compared} right={id} />}
            </Stack>
          );
        }}
      </Loaded>
    </Modal>
  );
}

/** What differs between two runs, node by node. */
function Differences({ left, right }: { left: string; right: string }) {
  const t = useTexts();
  const format = useFormat();
  const query = useQuery({
    queryKey: ['compare', left, right],
    queryFn: () => get<Comparison>(path`/experiments/${left}/compare/${right}`),
    gcTime: 0,
  });
  const time = (s: Status | null) => {
    const ms = s ? duration(s, Date.now()) : undefined;
    return ms === undefined ? '–' : format.duration(ms);
  };
  return (
    <section aria-label={t('editor.comparison.title')}>
      <Text fw={600}>{t('editor.comparison.title')}</Text>
      <Loaded query={query}>
        {c => (
          <>
            {c.Nodes.every(n => n.Change === 'Same') && <Text size="sm">{t('editor.comparison.same')}</Text>}
            <table className="plain-table">
              <thead>
                <tr>
                  <td />
                  <th scope="col">{t('editor.comparison.before')}</th>
                  <th scope="col">{t('editor.comparison.after')}</th>
                </tr>
              </thead>
              {c.Nodes.map(n => (
                <tbody key={n.NodeId}>
                  <tr>
                    <th scope="rowgroup" colSpan={3}>
                      {n.Module} – {t(`editor.comparison.change.${n.Change}`)}
                    </th>
                  </tr>
                  {[...n.Parameters, ...n.Inputs.map(i => ({ ...i, Name: t('editor.comparison.input', { name: i.Name }) }))].map(d => (
                    <tr key={d.Name}>
                      <th scope="row">{d.Name}</th>
                      <td className="mono">{d.Left ?? '–'}</td>
                      <td className="mono">{d.Right ?? '–'}</td>
                    </tr>
                  ))}
                  <tr>
                    <th scope="row">{t('editor.comparison.time')}</th>
                    <td>{time(n.Left)}</td>
                    <td>{time(n.Right)}</td>
                  </tr>
                  {n.Outputs.map(o => (
                    <tr key={o.Name}>
                      <td colSpan={3}>
                        {o.Same
                          ? t('editor.comparison.sameOutput', { name: o.Name })
                          : t('editor.comparison.output', {
                              name: o.Name,
                              before: format.number(o.LeftRows),
                              after: format.number(o.RightRows),
                            })}
                      </td>
                    </tr>
                  ))}
                </tbody>
              ))}
            </table>
          </>
        )}
      </Loaded>
    </section>
  );
}
