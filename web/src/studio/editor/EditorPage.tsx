import { useQuery } from '@tanstack/react-query';
import { ReactFlowProvider } from '@xyflow/react';
import { useEffect, useState } from 'react';
import { ErrorBox } from '../../kit/errors';
import { usePathNames } from '../../kit/links';
import { Loaded } from '../../kit/page';
import { type Dataset, type Experiment, get, type Module, path } from '../api';
import { layOut } from '../graph/layout';
import { type Draft, fromWire, Modules } from '../graph/model';
import { Editor } from './Editor';
import { forgetDraft, keptDraft } from './saver';

interface Opened {
  experiment: Experiment;
  modules: Modules;
  datasets: Dataset[];
  draft: Draft;
  /** What was edited here before and not saved; it is put on top. */
  unsaved?: { draft: Draft; etag: string };
}

async function open(id: string): Promise<Opened> {
  const [experiment, modules, datasets] = await Promise.all([
    get<Experiment>(path`/experiments/${id}`),
    get<Module[]>('/modules'),
    get<Dataset[]>('/datasources'),
  ]);
  const kept = keptDraft(id);
  return {
    experiment,
    modules: new Modules(modules),
    datasets,
    draft: fromWire(experiment, layOut),
    unsaved: kept && { draft: kept.draft, etag: kept.etag },
  };
}

/** An experiment on its canvas. */
export function EditorPage() {
  const { experiment: id = '' } = usePathNames();
  const [attempt, setAttempt] = useState(0);
  const query = useQuery({
    queryKey: ['experiment', 'open', id, attempt],
    queryFn: () => open(id),
    gcTime: 0,
    staleTime: Number.POSITIVE_INFINITY,
  });
  useEffect(() => {
    if (query.data) document.title = `${query.data.draft.title} · Portico`;
  }, [query.data]);
  if (query.isError) {
    return (
      <div className="page">
        <ErrorBox error={query.error} retry={() => void query.refetch()} />
      </div>
    );
  }
  return (
    <Loaded query={query}>
      {opened => (
        <ReactFlowProvider>
          <Editor
            key={`${id} ${attempt}`}
            {...opened}
            reopen={() => {
              forgetDraft(id);
              setAttempt(n => n + 1);
            }}
          />
        </ReactFlowProvider>
      )}
    </Loaded>
  );
}
