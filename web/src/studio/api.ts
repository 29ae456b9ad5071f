import { type Answer, type RequestOptions, request } from '../kit/http';

export { path } from '../kit/names';

// The Studio API of this console's workspace (docs/compatibility.md, "Experiments"). Names are the wire's.

/** "/Date(milliseconds)/", as the classic API writes times. */
export type WireDate = string | null;

export interface Status {
  StatusCode: 'InDraft' | 'NotStarted' | 'Running' | 'Finished' | 'Failed' | 'Cancelled';
  StatusDetail: string;
  CreationTime: WireDate;
  StartTime: WireDate;
  EndTime: WireDate;
}

export interface Endpoint {
  BaseUri: string;
  Size: number;
  Name: string;
  AccessCredential: string;
  Location: string;
  FileType: string;
}

export interface NodeStatus {
  NodeId: string;
  Status: Status;
  OutputEndpoints: Endpoint[];
  StandardOutEndpoint: Endpoint | null;
  StandardErrorEndpoint: Endpoint | null;
}

export interface ParameterValue {
  Name: string;
  Value: string;
  ValueType: string;
  LinkedGlobalParameter: string | null;
}

export interface WireNode {
  Id: string;
  ModuleId: string;
  Comment: string;
  CommentCollapsed: boolean;
  UsePreviousResults: boolean;
  ModuleParameters: ParameterValue[];
  InputPortsInternal: {
    Name: string;
    NodeId: string;
    DataSourceId: string | null;
    TrainedModelId: string | null;
    TransformModuleId: string | null;
  }[];
  OutputPortsInternal: { Name: string; NodeId: string; OutputType: string | null }[];
}

export interface WireGraph {
  ModuleNodes: WireNode[];
  EdgesInternal: { SourceOutputPortId: string; DestinationInputPortId: string }[];
  SerializedClientData: string;
}

export interface ServicePort {
  Id: string;
  PortId: string;
  Name: string;
}

export interface WireService {
  IsWebServiceExperiment: boolean;
  Inputs: ServicePort[];
  Outputs: ServicePort[];
  Parameters: { Name: string; Value: string; ParameterDefinition: unknown }[];
  WebServiceGroupId: string | null;
  ModelPackageId: string | null;
  ArmWebServiceId: string | null;
  SerializedClientData: string;
}

export interface Experiment {
  ExperimentId: string;
  RunId: string;
  ParentExperimentId: string | null;
  Description: string;
  Summary: string;
  Status: Status;
  Etag: string;
  NodeStatuses: NodeStatus[];
  Graph: WireGraph;
  WebService: WireService;
  Creator: string;
  Category: string;
  Tags: string[];
  IsLeaf: boolean;
}

export type ExperimentSummary = Omit<Experiment, 'Graph' | 'WebService' | 'NodeStatuses'>;

/** What is sent to save, or with IsDraft false to run. */
export interface Submission {
  Description: string;
  Summary: string;
  IsDraft: boolean;
  ParentExperimentId?: string;
  Category: string;
  Tags: string[];
  ExperimentGraph: WireGraph;
  WebService: WireService;
  /** The node from which on everything runs anew. */
  RunFrom?: string;
}

export interface Port {
  Name: string;
  Type: string;
  IsOptional: boolean;
  Description: string;
}

export interface Parameter {
  Name: string;
  ParameterType: string;
  DefaultValue: string;
  HasDefaultValue: boolean;
  IsOptional: boolean;
  Min: number | null;
  Max: number | null;
  Values: string[];
  Description: string;
  /** All of which must hold for the parameter to apply. */
  When?: { Parameter: string; Values: string[] }[];
}

export interface Module {
  Id: string;
  Name: string;
  Description: string;
  Category: string;
  FamilyId: string;
  ModuleType: 'Library' | 'WebServiceInput' | 'WebServiceOutput';
  Help: string;
  Aliases: string[];
  InputPorts: Port[];
  OutputPorts: Port[];
  Parameters: Parameter[];
  Errors: string[];
}

export interface Dataset {
  Id: string;
  Name: string;
  DataTypeId: string;
  Description: string;
  FamilyId: string;
  Size: number;
  CreatedDate: WireDate;
  Owner: string;
  UploadedFromFilename: string;
  SchemaStatus: 'Pending' | 'Complete' | 'Failed' | 'NotSupported';
  SchemaMessage?: string;
  Batch: number;
}

export interface Statistics {
  name: string;
  type: string;
  rows: number;
  missing: number;
  unique: number;
  uniqueEstimated?: boolean;
  min?: string;
  max?: string;
  mean?: number;
  median?: number;
  deviation?: number;
  histogram?: { from: number; to: number; count: number }[];
  top?: { value: string; count: number }[];
}

/** The first rows of a table, and what its columns hold. */
export interface Preview {
  ColumnNames: string[];
  ColumnTypes: string[];
  Values: (string | null)[][];
  RowCount: number;
  ColumnCount: number;
  Statistics?: Statistics[];
  Scatter?: { x: number; y: number }[];
}

export interface Difference {
  Name: string;
  Left: string | null;
  Right: string | null;
}

export interface Comparison {
  Left: { ExperimentId: string; RunId: string; Description: string; Status: Status };
  Right: { ExperimentId: string; RunId: string; Description: string; Status: Status };
  Nodes: {
    NodeId: string;
    Module: string;
    Change: 'Added' | 'Removed' | 'Changed' | 'Same';
    Parameters: Difference[];
    Inputs: Difference[];
    Left: Status | null;
    Right: Status | null;
    Outputs: { Name: string; Same: boolean; LeftRows: number; RightRows: number; LeftColumns: number; RightColumns: number }[];
  }[];
}

export interface WebService {
  Id: string;
  Name: string;
  Description: string;
  CreationTime: string;
  WorkspaceId: string;
  DefaultEndpointName: string;
  EndpointCount: number;
}

export interface ServiceEndpoint {
  Name: string;
  Description: string;
  CreationTime: string;
  WebServiceId: string;
  HelpLocation: string;
  PrimaryKey: string | null;
  SecondaryKey: string | null;
  ApiLocation: string;
  Version: string;
  MaxConcurrentCalls: number;
  ThrottleLevel: string;
  DiagnosticsTraceLevel: string;
}

export interface Job {
  Id: string;
  Service: string;
  State: string;
  Details?: string;
  Rows: number;
  BytesRead: number;
  InputBytes: number;
  Created: string;
  Ended?: string;
  Results?: Record<string, string>;
}

export interface StorageAccount {
  AccountName: string;
  BlobEndpoint: string;
  Containers: string[];
  /** Holds the account's key; null for those who may not see it. */
  ConnectionString: string | null;
}

/** A place for a file, and how a batch job names it. */
export interface UploadPlace {
  Address: string;
  Input: { BaseLocation: string; RelativeLocation: string; SasBlobToken: string };
}

let workspace = '';

/** Says which workspace the calls below are for. */
export function connect(workspaceId: string) {
  workspace = workspaceId;
}

export const workspaceId = () => workspace;

/** The address of something in the workspace, of the Studio API. */
export const inStudio = (at: string) => `/api/workspaces/${workspace}${at}`;

/** The address of something in the workspace, of the scoring service's API. */
export const inScoring = (at: string) => `/workspaces/${workspace}${at}`;

export async function get<T>(at: string, options?: RequestOptions): Promise<T> {
  return (await request<T>('GET', inStudio(at), options)).value;
}

export function post<T>(at: string, body?: unknown, options: RequestOptions = {}): Promise<Answer<T>> {
  return request<T>('POST', inStudio(at), { ...options, body });
}

export async function remove(at: string): Promise<void> {
  await request('DELETE', inStudio(at));
}

/** Milliseconds since 1970 of the wire's time, or undefined. */
export function time(date: WireDate | undefined): number | undefined {
  const ms = Number(/^\/Date\((-?\d+)\)\/$/.exec(date ?? '')?.[1]);
  return Number.isFinite(ms) && ms > 0 ? ms : undefined;
}

/** The wire's time as ISO 8601, for the formats; undefined for none. */
export function iso(date: WireDate | undefined): string | undefined {
  const ms = time(date);
  return ms === undefined ? undefined : new Date(ms).toISOString();
}

/** How long something has run, in milliseconds; undefined where it has not begun. */
export function duration(status: Status, now: number): number | undefined {
  const from = time(status.StartTime);
  if (from === undefined) return undefined;
  return (time(status.EndTime) ?? now) - from;
}

/** Whether a run is over, or there is none. */
export const isOver = (status: Status) => status.StatusCode !== 'NotStarted' && status.StatusCode !== 'Running';
