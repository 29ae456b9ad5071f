import { type Experiment, get, path, type Submission } from '../api';

/** Gives an experiment as a file that can be imported again, here or elsewhere. */
export async function exportExperiment(id: string) {
  const x = await get<Experiment>(path`/experiments/${id}`);
  const file: Submission = {
    Description: x.Description,
    Summary: x.Summary,
    IsDraft: true,
    Category: x.Category,
    Tags: x.Tags,
    ExperimentGraph: x.Graph,
    WebService: { ...x.WebService, WebServiceGroupId: null },
  };
  save(`${x.Description.replace(/[^\p{L}\p{N} ._-]/gu, '_')}.json`, JSON.stringify(file, null, 2));
}

function save(name: string, text: string) {
  const url = URL.createObjectURL(new Blob([text], { type: 'application/json' }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  URL.revokeObjectURL(url);
}

/** Reads an experiment's file: what is exported here, or a document of the classic API. Undefined where it is none. */
export function readExperiment(text: string): Submission | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const x = value as Partial<Submission> & Partial<Experiment>;
  const graph = x.ExperimentGraph ?? x.Graph;
  if (typeof graph !== 'object' || graph === null || !Array.isArray(graph.ModuleNodes)) return undefined;
  return {
    Description: typeof x.Description === 'string' ? x.Description : '',
    Summary: typeof x.Summary === 'string' ? x.Summary : '',
    IsDraft: true,
    Category: 'user',
    Tags: Array.isArray(x.Tags) ? x.Tags : [],
    ExperimentGraph: graph,
    WebService: { ...(x.WebService as Submission['WebService']), WebServiceGroupId: null },
  };
}
