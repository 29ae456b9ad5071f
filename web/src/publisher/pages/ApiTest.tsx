import {
  Alert,
  Button,
  Checkbox,
  Group,
  SegmentedControl,
  Select,
  SimpleGrid,
  Stack,
  Text,
  Textarea,
  TextInput,
  Title,
} from '@mantine/core';
import { useRef, useState } from 'react';
import { Copyable } from '../../kit/copy';
import { Empty, ErrorBox } from '../../kit/errors';
import { type Pair, Pairs } from '../../kit/fields';
import { useFormat } from '../../kit/format';
import { ApiError } from '../../kit/http';
import { Icon } from '../../kit/icons';
import { ButtonLink, useParam } from '../../kit/links';
import { Loaded, Panel } from '../../kit/page';
import { useMay } from '../../kit/session';
import { Method, Status } from '../../kit/status';
import { keptBytes, pretty, type TriedAnswer, textOf, tryOut, wrongHeader } from '../../kit/tryout';
import { idOf, path, post, type Resource, type Stored, useAll } from '../arm';
import { templateNames } from '../template';
import { useTexts } from '../texts';
import type { Api, Operation, Subscription } from '../types';
import { ApiFrame, baseOf } from './ApiFrame';
import { useAddress } from './ApiSummary';
import { type Trace, TraceView } from './TraceView';

/** Calls an operation as a client would, and shows the answer and what the policies did. */
export function ApiTest() {
  return <ApiFrame tab="test">{api => <Chooser api={api} />}</ApiFrame>;
}

function Chooser({ api }: { api: Stored<Api> }) {
  const t = useTexts();
  const may = useMay()('catalog.keys');
  const [name, setName] = useParam('operation');
  const at = path`/apis/${api.name}/operations`;
  const operations = useAll<Resource<Operation>>(at);
  if (!may) return <Alert color="yellow">{t('test.mayNot')}</Alert>;
  return (
    <Loaded query={operations}>
      {all => {
        const chosen = all.find(o => o.name === name) ?? all[0];
        if (!chosen) {
          return (
            <Empty
              icon="play"
              title={t('apis.operations.empty')}
              action={<ButtonLink to={`${at}/new`}>{t('apis.operations.add')}</ButtonLink>}
            >
              {t('apis.operations.emptyText')}
            </Empty>
          );
        }
        return (
          <Stack gap="md">
            <Select
              maw={480}
              label={t('policies.operation')}
              searchable
              value={chosen.name}
              onChange={v => setName(v ?? '')}
              data={all.map(o => ({ value: o.name, label: `${o.properties.method} ${o.properties.displayName}` }))}
            />
            <Console key={chosen.name} api={api} operation={chosen} />
          </Stack>
        );
      }}
    </Loaded>
  );
}

/** The headers with which the operation's body and examples begin. */
function firstHeaders(o: Operation): Pair[] {
  const declared = (o.request?.headers ?? [])
    .filter(h => h.required || h.defaultValue)
    .map(h => ({ name: h.name, value: h.defaultValue ?? '' }));
  const type = o.request?.representations?.[0]?.contentType;
  return type && !declared.some(h => h.name.toLowerCase() === 'content-type')
    ? [...declared, { name: 'Content-Type', value: type }]
    : declared;
}

function firstBody(o: Operation): string {
  const value = Object.values(o.request?.representations?.[0]?.examples ?? {})[0]?.value;
  return value === undefined ? '' : typeof value === 'string' ? value : JSON.stringify(value, null, 2);
}

function Console({ api, operation }: { api: Stored<Api>; operation: Resource<Operation> }) {
  const t = useTexts();
  const o = operation.properties;
  const address = useAddress(api.properties);
  const names = templateNames(o.urlTemplate) ?? [];
  const [values, setValues] = useState<Record<string, string>>(() =>
    Object.fromEntries((o.templateParameters ?? []).map(p => [p.name, p.defaultValue ?? ''])),
  );
  const [query, setQuery] = useState<Pair[]>(() =>
    (o.request?.queryParameters ?? []).filter(q => q.required || q.defaultValue).map(q => ({ name: q.name, value: q.defaultValue ?? '' })),
  );
  const [headers, setHeaders] = useState<Pair[]>(() => firstHeaders(o));
  const [body, setBody] = useState(() => firstBody(o));
  const [subscription, setSubscription] = useState<string | null>('');
  const [trace, setTrace] = useState(false);
  const [answer, setAnswer] = useState<TriedAnswer>();
  const [traced, setTraced] = useState<Trace>();
  const [error, setError] = useState<unknown>();
  const [running, setRunning] = useState(false);
  const stop = useRef<AbortController>(undefined);
  const subscriptions = useAll<Resource<Subscription>>('/subscriptions', { $filter: "state eq 'active'" });
  const url = urlOf(address, o.urlTemplate, values, query);
  const withBody = !['GET', 'HEAD'].includes(o.method);

  const send = async () => {
    setError(undefined);
    setAnswer(undefined);
    setTraced(undefined);
    const all = headers.filter(h => h.name.trim() !== '').map(h => [h.name.trim(), h.value] as [string, string]);
    const wrong = wrongHeader(all);
    if (wrong) return setError(new Error(t(wrong.reason === 'name' ? 'test.wrongName' : 'test.wrongValue', { name: wrong.name })));
    setRunning(true);
    stop.current = new AbortController();
    try {
      if (subscription) {
        const keyHeader = api.properties.subscriptionKeyParameterNames?.header ?? 'Ocp-Apim-Subscription-Key';
        all.push([keyHeader, (await post<{ primaryKey: string }>(path`/subscriptions/${subscription}/listSecrets`)).primaryKey]);
      }
      if (trace) all.push(['Apim-Debug-Authorization', await debugToken(api.name)]);
      const done = await tryOut(
        '/try',
        { method: o.method, url: url.slice(new URL(url).origin.length), headers: all, body: withBody && body !== '' ? body : undefined },
        stop.current.signal,
        setAnswer,
      );
      const id = done.headers.find(([name]) => name.toLowerCase() === 'apim-trace-id')?.[1];
      if (trace && id) setTraced(await post<Trace>('/gateways/managed/listTrace', { traceId: id }));
    } catch (failure) {
      setError(
        stop.current.signal.aborted
          ? new Error(t('test.stopped'))
          : failure instanceof TypeError
            ? new ApiError(0, 'Unreachable', '', [], '', '')
            : failure,
      );
    } finally {
      setRunning(false);
    }
  };
  return (
    <SimpleGrid cols={{ base: 1, lg: 2 }} spacing="md">
      <Panel title={t('test.request')}>
        <form
          onSubmit={e => {
            e.preventDefault();
            void send();
          }}
        >
          <Stack gap="md">
            {names.length > 0 && (
              <SimpleGrid cols={{ base: 1, sm: 2 }} spacing="sm">
                {names.map(name => (
                  <TextInput
                    key={name}
                    label={name}
                    value={values[name] ?? ''}
                    onChange={e => setValues({ ...values, [name]: e.currentTarget.value })}
                  />
                ))}
              </SimpleGrid>
            )}
            <Pairs label={t('apis.operations.queryParameters')} addLabel={t('test.addParameter')} pairs={query} onChange={setQuery} />
            <Pairs label={t('apis.operations.headers')} addLabel={t('apis.operations.addHeader')} pairs={headers} onChange={setHeaders} />
            {withBody && (
              <Textarea
                label={t('test.body')}
                classNames={{ input: 'mono' }}
                spellCheck={false}
                value={body}
                onChange={e => setBody(e.currentTarget.value)}
              />
            )}
            <Select
              label={t('test.subscription')}
              description={t('test.subscriptionHint')}
              searchable
              value={subscription}
              onChange={setSubscription}
              data={[
                { value: '', label: t('test.noKey') },
                ...(subscriptions.data ?? []).map(s => ({ value: s.name, label: s.properties.displayName || s.name })),
              ]}
            />
            <Checkbox label={t('test.trace')} checked={trace} onChange={e => setTrace(e.currentTarget.checked)} />
            <div>
              <Text size="xs" c="dimmed">
                {t('test.url')}
              </Text>
              <Group gap="xs" wrap="nowrap">
                <Method method={o.method} />
                <Copyable text={url} what={t('test.url')} />
              </Group>
            </div>
            <Group>
              <Button type="submit" leftSection={<Icon name="send" size={14} />} loading={running}>
                {t('test.send')}
              </Button>
              {running && (
                <Button variant="default" leftSection={<Icon name="stop" size={12} />} onClick={() => stop.current?.abort()}>
                  {t('test.stop')}
                </Button>
              )}
            </Group>
          </Stack>
        </form>
      </Panel>
      <Stack gap="md">
        <Panel title={t('test.answer')}>
          {error !== undefined && <ErrorBox error={error} />}
          {answer ? (
            <Answer answer={answer} url={url} />
          ) : (
            error === undefined && <Text c="dimmed">{running ? t('test.waiting') : t('test.nothing')}</Text>
          )}
        </Panel>
        {traced && (
          <Panel title={t('test.traceOf')}>
            <TraceView trace={traced} />
          </Panel>
        )}
      </Stack>
    </SimpleGrid>
  );
}

async function debugToken(api: string): Promise<string> {
  const { token } = await post<{ token: string }>('/gateways/managed/listDebugCredentials', {
    apiId: idOf(path`/apis/${baseOf(api)}`),
    purposes: ['tracing'],
    credentialsExpireAfter: 'PT1H',
  });
  return token;
}

/** The URL of a call: the template with its values, then the other parameters. */
export function urlOf(address: string, template: string, values: Record<string, string>, query: Pair[]): string {
  const [before = '', after] = template.split('?');
  const fill = (text: string) =>
    text.replace(/\{(\*?)([^{}]+)\}/g, (_, star, name: string) =>
      star ? encodeURI(values[name] ?? '') : encodeURIComponent(values[name] ?? ''),
    );
  const pairs = query.filter(q => q.name.trim() !== '').map(q => `${encodeURIComponent(q.name.trim())}=${encodeURIComponent(q.value)}`);
  const search = [...(after ? [fill(after)] : []), ...pairs].join('&');
  return address + fill(before) + (search === '' ? '' : `?${search}`);
}

function Answer({ answer, url }: { answer: TriedAnswer; url: string }) {
  const t = useTexts();
  const format = useFormat();
  const [shown, setShown] = useState('pretty');
  const text = textOf(answer);
  return (
    <Stack gap="sm" aria-live="polite">
      <Group gap="sm">
        <Status tone={answer.status < 400 ? 'ok' : answer.status < 500 ? 'warn' : 'bad'}>{String(answer.status)}</Status>
        <Text size="sm" c="dimmed">
          {t('test.took', { time: format.duration(answer.ended ?? answer.begun), size: format.bytes(answer.size) })}
        </Text>
        {answer.ended === undefined && <Text size="sm">{t('test.streaming')}</Text>}
      </Group>
      <Text size="xs" className="mono">
        {url}
      </Text>
      <Title order={3}>{t('apis.operations.headers')}</Title>
      <pre className="mono" style={{ margin: 0, whiteSpace: 'pre-wrap' }}>
        {answer.headers.map(([name, value]) => `${name}: ${value}`).join('\n')}
      </pre>
      <Group justify="space-between">
        <Title order={3}>{t('test.content')}</Title>
        <Group gap="xs">
          <SegmentedControl
            size="xs"
            aria-label={t('test.content')}
            value={shown}
            onChange={setShown}
            data={[
              { value: 'pretty', label: t('test.pretty') },
              { value: 'raw', label: t('test.raw') },
            ]}
          />
          <Button
            size="compact-xs"
            variant="default"
            component="a"
            download="answer"
            href={URL.createObjectURL(new Blob([answer.bytes as BlobPart]))}
          >
            {t('test.download')}
          </Button>
        </Group>
      </Group>
      {text === undefined ? (
        <Text size="sm">{t('test.binary', { size: format.bytes(answer.size) })}</Text>
      ) : (
        <pre className="mono" style={{ margin: 0, maxHeight: '28rem', overflow: 'auto', whiteSpace: 'pre-wrap' }} tabIndex={0}>
          {shown === 'pretty' ? pretty(text) : text}
        </pre>
      )}
      {answer.size > keptBytes && (
        <Alert color="yellow">{t('test.cut', { size: format.bytes(keptBytes), whole: format.bytes(answer.size) })}</Alert>
      )}
    </Stack>
  );
}
