import { ApiError, errorOf, request } from '../../kit/http';
import { type Dataset, get, path, post, workspaceId } from '../api';

// Uploads in blocks (azureml.md 5.1). What the server has of a file is noted in
// the browser, so that an upload that was cut off goes on where it stopped.

const blockSize = 2 * 1024 * 1024;
const noted = 'portico.studio.upload';

export interface Noted {
  uploadId: string;
  file: string;
  size: number;
  modified: number;
  name: string;
  dataType: string;
  done: number; // blocks
}

/** The upload that was cut off, if there is one. */
export function notedUpload(): Noted | undefined {
  try {
    const text = localStorage.getItem(noted);
    return text ? (JSON.parse(text) as Noted) : undefined;
  } catch {
    return undefined;
  }
}

export function forgetUpload() {
  localStorage.removeItem(noted);
}

export const bytesOf = (n: Noted) => Math.min(n.done * blockSize, n.size);

export interface Upload {
  file: File;
  name: string;
  dataType: string;
  description: string;
}

/** Whether a file is the one whose upload was cut off. */
export const isSame = (n: Noted, f: File) => n.file === f.name && n.size === f.size && n.modified === f.lastModified;

/** Sends a file block by block, and gives the dataset's id. Throws where a block cannot be sent; then call it again. */
export async function upload(u: Upload, progress: (bytes: number) => void, signal: AbortSignal): Promise<string> {
  const before = notedUpload();
  let at: Noted;
  if (before && isSame(before, u.file) && before.dataType === u.dataType) {
    at = { ...before, name: u.name };
  } else {
    const begin = `/api/resourceuploads/workspaces/${workspaceId()}/?userStorage=true&dataTypeId=${encodeURIComponent(u.dataType)}`;
    const { value } = await request<{ Id: string }>('POST', begin, { signal });
    at = {
      uploadId: value.Id,
      file: u.file.name,
      size: u.file.size,
      modified: u.file.lastModified,
      name: u.name,
      dataType: u.dataType,
      done: 0,
    };
  }
  const blocks = Math.max(1, Math.ceil(u.file.size / blockSize));
  for (; at.done < blocks; at = { ...at, done: at.done + 1 }) {
    localStorage.setItem(noted, JSON.stringify(at));
    progress(bytesOf(at));
    await sendBlock(at, blocks, u.file.slice(at.done * blockSize, (at.done + 1) * blockSize), signal);
  }
  progress(u.file.size);
  const { value } = await post<string>(
    '/datasources',
    {
      DataSource: {
        Name: u.name,
        DataTypeId: u.dataType,
        Description: u.description,
        FamilyId: '',
        Owner: '',
        SourceOrigin: 'FromResourceUpload',
      },
      UploadId: at.uploadId,
      UploadedFromFileName: u.file.name,
      ClientPoll: true,
    },
    { signal },
  );
  forgetUpload();
  return value;
}

async function sendBlock(at: Noted, blocks: number, content: Blob, signal: AbortSignal) {
  const query = new URLSearchParams({
    numberOfBlocks: String(blocks),
    blockId: String(at.done),
    uploadId: at.uploadId,
    dataTypeId: at.dataType,
  });
  const address = `/api/blobuploads/workspaces/${workspaceId()}/?${query}`;
  let response: Response;
  try {
    response = await fetch(address, { method: 'POST', body: content, credentials: 'same-origin', signal });
  } catch (cause) {
    if (signal.aborted) throw cause;
    throw new ApiError(0, 'Unreachable', '', [], '', `POST ${address}`);
  }
  if (!response.ok) throw await errorOf(response, 'POST', address);
}

/** Waits until the server has read a dataset's columns, or cannot. */
export async function settled(id: string, signal: AbortSignal): Promise<Dataset> {
  for (;;) {
    const d = await get<Dataset>(path`/datasources/${id}`, { signal });
    if (d.SchemaStatus !== 'Pending') return d;
    await new Promise(resolve => setTimeout(resolve, 400));
  }
}

/** What a file is, by its name. */
export function dataTypeOf(file: string): string {
  const name = file.toLowerCase();
  const known: [string, string][] = [
    ['.nh.csv', 'GenericCSVNoHeader'],
    ['.nh.tsv', 'GenericTSVNoHeader'],
    ['.csv', 'GenericCSV'],
    ['.tsv', 'GenericTSV'],
    ['.arff', 'ARFF'],
    ['.svmlight', 'SvmLight'],
    ['.parquet', 'Parquet'],
    ['.zip', 'Zip'],
    ['.rdata', 'RData'],
    ['.txt', 'PlainText'],
  ];
  return known.find(([suffix]) => name.endsWith(suffix))?.[1] ?? 'GenericCSV';
}
