// The properties of the management API's resources, as far as pages read them.

export interface Api {
  displayName: string;
  description?: string;
  path: string;
  serviceUrl?: string;
  protocols?: string[];
  subscriptionRequired?: boolean;
  subscriptionKeyParameterNames?: { header?: string; query?: string };
  authenticationSettings?: {
    oAuth2?: { authorizationServerId?: string; scope?: string } | null;
    openid?: { openidProviderId?: string } | null;
  };
  apiRevision?: string;
  apiRevisionDescription?: string;
  apiVersion?: string;
  apiVersionSetId?: string;
  isCurrent?: boolean;
  isOnline?: boolean;
  termsOfServiceUrl?: string;
  contact?: { name?: string; email?: string; url?: string };
  license?: { name?: string; url?: string };
}

export interface Parameter {
  name: string;
  type: string;
  description?: string;
  defaultValue?: string;
  required?: boolean;
  values?: string[];
}

export interface Representation {
  contentType: string;
  schemaId?: string;
  typeName?: string;
  examples?: Record<string, { value?: unknown; summary?: string }>;
  formParameters?: Parameter[];
}

export interface OperationResponse {
  statusCode: number;
  description?: string;
  headers?: Parameter[];
  representations?: Representation[];
}

export interface Operation {
  displayName: string;
  method: string;
  urlTemplate: string;
  description?: string;
  templateParameters?: Parameter[];
  request?: { description?: string; queryParameters?: Parameter[]; headers?: Parameter[]; representations?: Representation[] };
  responses?: OperationResponse[];
}

export interface Product {
  displayName: string;
  description?: string;
  terms?: string;
  subscriptionRequired?: boolean;
  approvalRequired?: boolean;
  subscriptionsLimit?: number | null;
  state?: 'published' | 'notPublished';
}

export type SubscriptionState = 'submitted' | 'active' | 'suspended' | 'rejected' | 'cancelled' | 'expired';

export interface Subscription {
  displayName?: string;
  ownerId?: string;
  scope: string;
  state: SubscriptionState;
  createdDate: string;
  startDate?: string;
  endDate?: string;
  expirationDate?: string;
  stateComment?: string;
  allowTracing?: boolean;
}

export interface User {
  email: string;
  firstName: string;
  lastName: string;
  state: 'active' | 'blocked' | 'pending' | 'deleted';
  note?: string;
  registrationDate?: string;
  identities?: { provider: string; id: string }[];
}

export interface Group {
  displayName: string;
  description?: string;
  type?: string;
  externalId?: string;
  builtIn?: boolean;
}

export interface NamedValue {
  displayName: string;
  value?: string;
  tags?: string[];
  secret: boolean;
}

export interface Backend {
  title?: string;
  description?: string;
  type?: string;
  url?: string;
  protocol?: string;
  credentials?: {
    header?: Record<string, string[]>;
    query?: Record<string, string[]>;
    authorization?: { scheme: string; parameter: string };
    certificateIds?: string[];
  };
  tls?: { validateCertificateChain?: boolean; validateCertificateName?: boolean };
  circuitBreaker?: { rules?: BreakerRule[] };
  pool?: { services: { id: string; priority?: number; weight?: number }[] };
}

export interface BreakerRule {
  name?: string;
  failureCondition: { count?: number; percentage?: number; interval: string; statusCodeRanges?: { min: number; max: number }[] };
  tripDuration: string;
  acceptRetryAfter?: boolean;
}

export interface Certificate {
  subject?: string;
  thumbprint?: string;
  expirationDate?: string;
}

export interface Policy {
  format?: string;
  value: string;
}

export interface Release {
  apiId: string;
  notes?: string;
  createdDateTime?: string;
}

/** A revision, as the list of revisions has it: no resource. */
export interface Revision {
  apiId: string;
  apiRevision: string;
  description?: string;
  privateUrl: string;
  isOnline: boolean;
  isCurrent: boolean;
  createdDateTime: string;
  updatedDateTime: string;
}

export interface Issue {
  title: string;
  description: string;
  state: string;
  createdDate: string;
  userId: string;
  apiId: string;
  comments?: Comment[];
}

export interface Comment {
  text: string;
  createdDate: string;
  userId: string;
}

export interface Notification {
  title: string;
  description: string;
  recipients: { emails: string[]; users: string[] };
}

export interface Template {
  subject: string;
  title?: string;
  description?: string;
  body: string;
  isDefault: boolean;
  parameters?: { name: string; title?: string; description?: string }[];
}

/** A line of a report. Times are milliseconds, bandwidth bytes. */
export interface ReportLine {
  name?: string;
  timestamp?: string;
  apiId?: string;
  operationId?: string;
  productId?: string;
  subscriptionId?: string;
  userId?: string;
  callCountSuccess: number;
  callCountBlocked: number;
  callCountFailed: number;
  callCountOther: number;
  callCountTotal: number;
  bandwidth: number;
  cacheHitCount: number;
  cacheMissCount: number;
  apiTimeAvg: number;
  apiTimeMax: number;
  serviceTimeAvg: number;
}

/** A single call of a report. */
export interface RequestLine {
  apiId?: string;
  operationId?: string;
  productId?: string;
  userId?: string;
  subscriptionId?: string;
  method: string;
  url: string;
  ipAddress: string;
  responseCode: number;
  backendResponseCode: string;
  timestamp: string;
  cache: string;
  apiTime: number;
  serviceTime: number;
  responseSize: number;
  requestId: string;
}
