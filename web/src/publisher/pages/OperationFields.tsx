import {
  ActionIcon,
  Autocomplete,
  Button,
  Checkbox,
  Group,
  Select,
  SimpleGrid,
  Stack,
  Text,
  Textarea,
  TextInput,
  Title,
} from '@mantine/core';
import type { UseFormReturnType } from '@mantine/form';
import { Fragment, useState } from 'react';
import { Icon } from '../../kit/icons';
import { MarkdownField } from '../MarkdownField';
import { templateNames, templateParameters } from '../template';
import { useTexts } from '../texts';
import type { Operation, OperationResponse, Parameter, Representation } from '../types';

export interface OperationValues extends Record<string, unknown> {
  method: string;
  urlTemplate: string;
  displayName: string;
  description: string;
  templateParameters: Parameter[];
  queryParameters: Parameter[];
  headers: Parameter[];
  bodyDescription: string;
  representations: Representation[];
  responses: OperationResponse[];
}

export const operationTabs = ['signature', 'parameters', 'body', 'responses'] as const;
export type OperationTab = (typeof operationTabs)[number];

export function operationValues(o?: Operation): OperationValues {
  return {
    method: o?.method ?? 'GET',
    urlTemplate: o?.urlTemplate ?? '/',
    displayName: o?.displayName ?? '',
    description: o?.description ?? '',
    templateParameters: o?.templateParameters ?? [],
    queryParameters: o?.request?.queryParameters ?? [],
    headers: o?.request?.headers ?? [],
    bodyDescription: o?.request?.description ?? '',
    representations: o?.request?.representations ?? [],
    responses: o?.responses ?? [],
  };
}

export function operationProperties(v: OperationValues): Operation {
  return {
    method: v.method,
    urlTemplate: v.urlTemplate,
    displayName: v.displayName,
    description: v.description,
    templateParameters: templateParameters(v.urlTemplate, v.templateParameters),
    request: { description: v.bodyDescription, queryParameters: v.queryParameters, headers: v.headers, representations: v.representations },
    responses: v.responses,
  };
}

/** The form's name of a field that the server found wrong. */
export const operationField = (target: string) => target.replace(/^request\.description/, 'bodyDescription').replace(/^request\./, '');

const verbs = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS', 'TRACE'];
const statuses = [
  '200 OK',
  '201 Created',
  '202 Accepted',
  '204 No Content',
  '301 Moved Permanently',
  '304 Not Modified',
  '400 Bad Request',
  '401 Unauthorized',
  '403 Forbidden',
  '404 Not Found',
  '409 Conflict',
  '412 Precondition Failed',
  '429 Too Many Requests',
  '500 Internal Server Error',
  '503 Service Unavailable',
];
const contentTypes = [
  'application/json',
  'application/xml',
  'text/plain',
  'application/x-www-form-urlencoded',
  'multipart/form-data',
  'application/octet-stream',
];
const types = ['string', 'integer', 'number', 'boolean', 'array', 'object'];

type Form = UseFormReturnType<OperationValues>;

/** One tab of an operation's form. */
export function OperationFields({ form, tab }: { form: Form; tab: OperationTab }) {
  if (tab === 'signature') return <Signature form={form} />;
  if (tab === 'parameters') return <Parameters form={form} />;
  if (tab === 'body') return <Body form={form} />;
  return <Responses form={form} />;
}

function Signature({ form }: { form: Form }) {
  const t = useTexts();
  const verb = form.getInputProps('method');
  return (
    <Stack gap="md" maw={760}>
      <Group align="flex-start" wrap="nowrap">
        <Autocomplete w={130} label={t('apis.operations.method')} data={verbs} {...verb} onChange={v => verb.onChange(v.toUpperCase())} />
        <TextInput
          style={{ flex: 1 }}
          label={t('apis.operations.template')}
          description={t('apis.operations.templateHint')}
          inputWrapperOrder={['label', 'input', 'description', 'error']}
          required
          {...form.getInputProps('urlTemplate')}
        />
      </Group>
      <TextInput label={t('apis.operations.displayName')} required {...form.getInputProps('displayName')} />
      <MarkdownField label={t('common.description')} {...form.getInputProps('description')} />
    </Stack>
  );
}

function Parameters({ form }: { form: Form }) {
  const t = useTexts();
  const values = form.getValues();
  const names = templateNames(values.urlTemplate);
  const ofTemplate = templateParameters(values.urlTemplate, values.templateParameters);
  return (
    <Stack gap="lg">
      <section>
        <Title order={3} mb="xs">
          {t('apis.operations.templateParameters')}
        </Title>
        {names === undefined && <Text size="sm">{t('apis.operations.badTemplate')}</Text>}
        {ofTemplate.length === 0 && names && (
          <Text size="sm" c="dimmed">
            {t('apis.operations.noTemplateParameters')}
          </Text>
        )}
        {form.errors.templateParameters && (
          <Text size="sm" c="var(--mantine-color-error)">
            {form.errors.templateParameters}
          </Text>
        )}
        <ParameterList
          fixed
          parameters={ofTemplate}
          onChange={list => form.setFieldValue('templateParameters', list)}
          errors={form.errors}
          at="templateParameters"
        />
      </section>
      <section>
        <Title order={3} mb="xs">
          {t('apis.operations.queryParameters')}
        </Title>
        <ParameterList
          parameters={values.queryParameters}
          onChange={list => form.setFieldValue('queryParameters', list)}
          add={t('apis.operations.addQuery')}
          errors={form.errors}
          at="queryParameters"
        />
      </section>
      <section>
        <Title order={3} mb="xs">
          {t('apis.operations.headers')}
        </Title>
        <ParameterList
          parameters={values.headers}
          onChange={list => form.setFieldValue('headers', list)}
          add={t('apis.operations.addHeader')}
          errors={form.errors}
          at="headers"
        />
      </section>
    </Stack>
  );
}

interface ParameterListProps {
  parameters: Parameter[];
  onChange: (list: Parameter[]) => void;
  /** The names come from elsewhere, and all are required. */
  fixed?: boolean;
  add?: string;
  errors: Record<string, React.ReactNode>;
  at: string;
}

function ParameterList({ parameters, onChange, fixed, add, errors, at }: ParameterListProps) {
  const t = useTexts();
  const set = (i: number, change: Partial<Parameter>) => onChange(parameters.map((p, n) => (n === i ? { ...p, ...change } : p)));
  return (
    <Stack gap="xs">
      {parameters.map((p, i) => (
        <div key={i} className="panel padded" style={{ padding: '0.625rem 0.875rem' }}>
          <Group gap="sm" align="flex-end" wrap="wrap">
            <TextInput
              w={170}
              label={t('common.name')}
              value={p.name}
              readOnly={fixed}
              error={errors[`${at}.${i}.name`]}
              onChange={e => set(i, { name: e.currentTarget.value })}
            />
            <Autocomplete
              w={110}
              label={t('common.type')}
              data={types}
              value={p.type}
              error={errors[`${at}.${i}.type`]}
              onChange={type => set(i, { type })}
            />
            <TextInput
              w={150}
              label={t('apis.operations.defaultValue')}
              value={p.defaultValue ?? ''}
              onChange={e => set(i, { defaultValue: e.currentTarget.value })}
            />
            <TextInput
              style={{ flex: '1 1 14rem' }}
              label={t('common.description')}
              value={p.description ?? ''}
              onChange={e => set(i, { description: e.currentTarget.value })}
            />
            <Textarea
              w={150}
              minRows={1}
              label={t('apis.operations.values')}
              placeholder={t('apis.operations.valuesHint')}
              value={(p.values ?? []).join('\n')}
              onChange={e => set(i, { values: e.currentTarget.value === '' ? [] : e.currentTarget.value.split('\n') })}
            />
            {!fixed && (
              <>
                <Checkbox
                  mb={8}
                  label={t('apis.operations.required')}
                  checked={p.required ?? false}
                  onChange={e => set(i, { required: e.currentTarget.checked })}
                />
                <ActionIcon
                  mb={6}
                  variant="subtle"
                  color="gray"
                  aria-label={t('apis.operations.removeParameter', { name: p.name || i + 1 })}
                  onClick={() => onChange(parameters.filter((_, n) => n !== i))}
                >
                  <Icon name="trash" size={14} />
                </ActionIcon>
              </>
            )}
          </Group>
        </div>
      ))}
      {add && (
        <div>
          <Button
            size="xs"
            variant="default"
            leftSection={<Icon name="add" size={14} />}
            onClick={() => onChange([...parameters, { name: '', type: 'string' }])}
          >
            {add}
          </Button>
        </div>
      )}
    </Stack>
  );
}

function Body({ form }: { form: Form }) {
  const t = useTexts();
  const values = form.getValues();
  return (
    <Stack gap="md">
      <Textarea maw={760} label={t('apis.operations.bodyDescription')} {...form.getInputProps('bodyDescription')} />
      {values.representations.length === 0 && (
        <Text size="sm" c="dimmed">
          {t('apis.operations.noBody')}
        </Text>
      )}
      <Representations list={values.representations} onChange={list => form.setFieldValue('representations', list)} />
    </Stack>
  );
}

const exampleOf = (r: Representation): string => {
  const value = Object.values(r.examples ?? {})[0]?.value;
  return value === undefined ? '' : typeof value === 'string' ? value : JSON.stringify(value, null, 2);
};

function withExample(r: Representation, text: string): Representation {
  if (text === '') return { ...r, examples: undefined };
  let value: unknown = text;
  try {
    if (/json/.test(r.contentType)) value = JSON.parse(text);
  } catch {
    // while it is typed it is no JSON yet; it is kept as text
  }
  return { ...r, examples: { ...r.examples, [Object.keys(r.examples ?? {})[0] ?? 'default']: { value } } };
}

function Representations({ list, onChange }: { list: Representation[]; onChange: (list: Representation[]) => void }) {
  const t = useTexts();
  const [adding, setAdding] = useState('application/json');
  return (
    <Stack gap="sm">
      {list.map((r, i) => (
        <div key={i} className="panel padded">
          <Group justify="space-between" mb="xs">
            <span className="mono">{r.contentType}</span>
            <ActionIcon
              variant="subtle"
              color="gray"
              aria-label={t('apis.operations.removeRepresentation', { type: r.contentType })}
              onClick={() => onChange(list.filter((_, n) => n !== i))}
            >
              <Icon name="trash" size={14} />
            </ActionIcon>
          </Group>
          {r.typeName && (
            <Text size="xs" c="dimmed" mb="xs">
              {t('apis.operations.schema')}: <span className="mono">{r.typeName}</span>
            </Text>
          )}
          <Example r={r} onChange={next => onChange(list.map((old, n) => (n === i ? next : old)))} />
        </div>
      ))}
      <Group align="flex-end" gap="xs">
        <Autocomplete w={260} label={t('apis.operations.contentType')} data={contentTypes} value={adding} onChange={setAdding} />
        <Button
          variant="default"
          leftSection={<Icon name="add" size={14} />}
          disabled={adding.trim() === ''}
          onClick={() => onChange([...list, { contentType: adding.trim() }])}
        >
          {t('apis.operations.addRepresentation')}
        </Button>
      </Group>
    </Stack>
  );
}

/** An example as it is typed: JSON is read when the field is left. */
function Example({ r, onChange }: { r: Representation; onChange: (r: Representation) => void }) {
  const t = useTexts();
  const [text, setText] = useState(exampleOf(r));
  return (
    <Textarea
      label={t('apis.operations.example')}
      classNames={{ input: 'mono' }}
      spellCheck={false}
      value={text}
      onChange={e => {
        setText(e.currentTarget.value);
        onChange(withExample(r, e.currentTarget.value));
      }}
    />
  );
}

function Responses({ form }: { form: Form }) {
  const t = useTexts();
  const [status, setStatus] = useState<string | null>('200 OK');
  const { responses } = form.getValues();
  const set = (i: number, change: Partial<OperationResponse>) =>
    form.setFieldValue(
      'responses',
      responses.map((r, n) => (n === i ? { ...r, ...change } : r)),
    );
  const add = () => {
    const [code = '200', ...words] = (status ?? '').split(' ');
    if (responses.some(r => r.statusCode === Number(code))) return;
    form.setFieldValue(
      'responses',
      [...responses, { statusCode: Number(code), description: words.join(' ') }].sort((a, b) => a.statusCode - b.statusCode),
    );
  };
  return (
    <Stack gap="md">
      <Group align="flex-end" gap="xs">
        <Select w={260} label={t('apis.operations.chooseStatus')} data={statuses} searchable value={status} onChange={setStatus} />
        <Button variant="default" leftSection={<Icon name="add" size={14} />} onClick={add}>
          {t('apis.operations.addResponse')}
        </Button>
      </Group>
      {responses.length === 0 && (
        <Text size="sm" c="dimmed">
          {t('apis.operations.noResponses')}
        </Text>
      )}
      {responses.map((r, i) => (
        <Fragment key={r.statusCode}>
          <section className="panel padded" aria-label={t('apis.operations.status', { code: r.statusCode })}>
            <Group justify="space-between" mb="xs">
              <Title order={3}>{t('apis.operations.status', { code: r.statusCode })}</Title>
              <ActionIcon
                variant="subtle"
                color="gray"
                aria-label={t('apis.operations.removeResponse', { code: r.statusCode })}
                onClick={() =>
                  form.setFieldValue(
                    'responses',
                    responses.filter((_, n) => n !== i),
                  )
                }
              >
                <Icon name="trash" size={14} />
              </ActionIcon>
            </Group>
            <SimpleGrid cols={1} spacing="sm">
              <TextInput
                label={t('common.description')}
                value={r.description ?? ''}
                error={form.errors[`responses.${i}.statusCode`]}
                onChange={e => set(i, { description: e.currentTarget.value })}
              />
              <ParameterList
                parameters={r.headers ?? []}
                onChange={headers => set(i, { headers })}
                add={t('apis.operations.addHeader')}
                errors={form.errors}
                at={`responses.${i}.headers`}
              />
              <Representations list={r.representations ?? []} onChange={representations => set(i, { representations })} />
            </SimpleGrid>
          </section>
        </Fragment>
      ))}
    </Stack>
  );
}
