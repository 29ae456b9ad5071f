import { Button, Group, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Empty, ErrorBox } from '../../kit/errors';
import { Icon } from '../../kit/icons';
import { ButtonLink, PageLink, useGo } from '../../kit/links';
import { Loaded, Page, Panel } from '../../kit/page';
import { useMay } from '../../kit/session';
import { type Dataset, type Experiment, type ExperimentSummary, get, type Module, path, post } from '../api';
import { Modules, newNode, submission } from '../graph/model';
import { byNames, writeSelection } from '../graph/selector';
import { useTexts } from '../texts';
import { StatusBadge, useNewExperiment } from './Experiments';

const reviews = 'Book Reviews';

/** The first page: one press to a run that is finished, and what was worked on last. */
export function Home() {
  const t = useTexts();
  const may = useMay();
  const create = useNewExperiment();
  const query = useQuery({ queryKey: ['experiments'], queryFn: () => get<ExperimentSummary[]>('/experiments') });
  return (
    <Page
      title={t('home.title')}
      hint={t('home.hint')}
      actions={
        may('studio.write') && (
          <>
            <Button leftSection={<Icon name="add" size={14} />} onClick={() => void create()}>
              {t('home.newExperiment')}
            </Button>
            <ButtonLink to="/datasets" variant="default" leftSection={<Icon name="upload" size={14} />}>
              {t('home.upload')}
            </ButtonLink>
          </>
        )
      }
    >
      <Stack gap="md">
        {may('studio.write') && <Example />}
        <Panel title={t('home.recent')}>
          <Loaded query={query}>
            {all =>
              all.length === 0 ? (
                <Empty icon="flask" title={t('experiments.empty.title')}>
                  {t('experiments.empty.text')}
                </Empty>
              ) : (
                <table className="plain-table">
                  <tbody>
                    {[...all]
                      .reverse()
                      .slice(0, 8)
                      .map(x => (
                        <tr key={x.ExperimentId}>
                          <td>
                            <PageLink to={path`/experiments/${x.ExperimentId}`}>{x.Description}</PageLink>
                          </td>
                          <td className="end">
                            <StatusBadge status={x.Status} />
                          </td>
                        </tr>
                      ))}
                  </tbody>
                </table>
              )
            }
          </Loaded>
        </Panel>
      </Stack>
    </Page>
  );
}

/** Makes the guide's experiment, runs it, and shows it. */
function Example() {
  const t = useTexts();
  const go = useGo();
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  const make = async () => {
    setBusy(true);
    setError(undefined);
    try {
      const [datasets, modules] = await Promise.all([get<Dataset[]>('/datasources'), get<Module[]>('/modules')]);
      const data = datasets.find(d => d.Name.startsWith(reviews));
      if (!data) throw new Error(t('home.tryNoData'));
      const { value } = await post<Experiment>('/experiments', example(data, new Modules(modules)));
      await go(path`/experiments/${value.ExperimentId}`);
    } catch (failure) {
      setError(failure);
    } finally {
      setBusy(false);
    }
  };
  return (
    <Panel title={t('home.tryTitle')}>
      <Group justify="space-between" align="center">
        <Text size="sm" maw="44rem">
          {t('home.tryText')}
        </Text>
        <Button onClick={() => void make()} loading={busy} leftSection={<Icon name="play" size={14} />}>
          {t('home.tryGo')}
        </Button>
      </Group>
      {error !== undefined && (
        <div style={{ marginTop: '0.75rem' }}>
          <ErrorBox error={error} />
        </div>
      )}
    </Panel>
  );
}

function example(data: Dataset, modules: Modules) {
  const draft = {
    title: 'SimpleFeatureHashingExperiment',
    summary: '',
    nodes: [
      newNode('dataset', 'dataset-1', { x: 200, y: 40 }, { datasetId: data.Id }),
      newNode(
        'module',
        '-101',
        { x: 200, y: 150 },
        {
          moduleId: modules.find('Select Columns in Dataset')?.Id ?? '',
          values: { 'Select columns': writeSelection(byNames(['Col2'], true)) },
        },
      ),
      newNode(
        'module',
        '-102',
        { x: 200, y: 260 },
        {
          moduleId: modules.find('Feature Hashing')?.Id ?? '',
          values: { 'Target columns': writeSelection(byNames(['Col2'], true)), 'Hashing bitsize': '3', 'N-grams': '2' },
        },
      ),
      newNode('input', 'input-1', { x: 460, y: 150 }, { name: 'input1' }),
      newNode('output', 'output-1', { x: 200, y: 370 }, { name: 'output1' }),
    ],
    edges: [
      { from: 'dataset-1', fromPort: 'dataset', to: '-101', toPort: 'Dataset' },
      { from: '-101', fromPort: 'Results dataset', to: '-102', toPort: 'Dataset' },
      { from: 'input-1', fromPort: 'service', to: '-102', toPort: 'Dataset' },
      { from: '-102', fromPort: 'Transformed dataset', to: 'output-1', toPort: 'service' },
    ],
  };
  return submission(draft, modules, {}, true);
}
