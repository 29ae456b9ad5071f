import { Alert, Button, Group, Modal, NumberInput, Select, Stack, Text, TextInput } from '@mantine/core';
import { useState } from 'react';
import { ErrorBox } from '../../kit/errors';
import { useFormat } from '../../kit/format';
import { ApiError, errorOf } from '../../kit/http';
import { Icon } from '../../kit/icons';
import { Loaded, Panel } from '../../kit/page';
import { useKit } from '../../kit/texts';
import { inScoring, type ServiceEndpoint, type WebService } from '../api';
import { useTexts } from '../texts';
import { type Column, type Shape, useShape } from './swagger';

interface Table {
  ColumnNames: string[];
  ColumnTypes?: string[];
  Values: (string | null)[][];
}

interface Answer {
  took: number;
  results: Record<string, { type: string; value: Table }>;
  raw: string;
}

/** One row of every input, typed in and sent; the answer stands below with a check mark. */
export function TestForm({ service, endpoint, serviceId }: { service: WebService; endpoint: ServiceEndpoint; serviceId: string }) {
  const t = useTexts();
  const shape = useShape(service.Id, endpoint.Name);
  const [open, setOpen] = useState(false);
  const [answer, setAnswer] = useState<Answer>();
  const format = useFormat();
  return (
    <Panel
      title={t('services.test')}
      hint={t('services.testHint')}
      actions={
        <Button
          size="xs"
          leftSection={<Icon name="play" size={14} />}
          disabled={endpoint.PrimaryKey === null}
          onClick={() => setOpen(true)}
        >
          {t('services.test')}
        </Button>
      }
    >
      {endpoint.PrimaryKey === null && <Text size="sm">{t('services.concealed')}</Text>}
      <Loaded query={shape}>
        {s =>
          open && (
            <Dialog
              shape={s}
              close={() => setOpen(false)}
              send={async body => {
                setAnswer(await call(serviceId, endpoint.PrimaryKey ?? '', body));
                setOpen(false);
              }}
            />
          )
        }
      </Loaded>
      {answer && (
        <Stack gap="sm" aria-live="polite">
          <Alert color="green" icon={<Icon name="check" />}>
            {t('services.testOk', { time: format.duration(answer.took) })}
          </Alert>
          {Object.entries(answer.results).map(([name, result]) => (
            <ResultTable key={name} name={name} table={result.value} />
          ))}
          <details>
            <summary>{t('services.raw')}</summary>
            <pre className="log" tabIndex={0} aria-label={t('services.raw')}>
              {answer.raw}
            </pre>
          </details>
        </Stack>
      )}
    </Panel>
  );
}

/** Calls the service as any program does, with its own key. */
async function call(serviceId: string, key: string, body: unknown): Promise<Answer> {
  const at = inScoring(`/services/${serviceId}/execute?api-version=2.0&details=true`);
  const began = performance.now();
  const response = await fetch(at, {
    method: 'POST',
    headers: { Authorization: `Bearer ${key}`, 'Content-Type': 'application/json', Accept: 'application/json' },
    body: JSON.stringify(body),
    credentials: 'omit',
  }).catch(() => {
    throw new ApiError(0, 'Unreachable', '', [], '', `POST ${at}`);
  });
  if (!response.ok) throw await errorOf(response, 'POST', at);
  const raw = await response.text();
  const took = performance.now() - began;
  const value = JSON.parse(raw) as { Results: Answer['results'] };
  return { took, results: value.Results, raw: JSON.stringify(value, null, 2) };
}

function ResultTable({ name, table }: { name: string; table: Table }) {
  return (
    <div style={{ overflowX: 'auto' }} tabIndex={0} role="region" aria-label={name}>
      <table className="plain-table">
        <caption style={{ textAlign: 'left', fontWeight: 600 }}>{name}</caption>
        <thead>
          <tr>
            {table.ColumnNames.map(c => (
              <th key={c} scope="col">
                {c}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {table.Values.map((row, i) => (
            <tr key={i}>
              {row.map((cell, c) => (
                <td key={c}>{cell ?? '–'}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Dialog({ shape, send, close }: { shape: Shape; send: (body: unknown) => Promise<void>; close: () => void }) {
  const t = useTexts();
  const kit = useKit();
  const [values, setValues] = useState<Record<string, string>>({});
  const [globals, setGlobals] = useState<Record<string, string>>({});
  const [error, setError] = useState<unknown>();
  const [busy, setBusy] = useState(false);
  const submit = async () => {
    setBusy(true);
    setError(undefined);
    const inputs = shape.inputs.map(input => [
      input.name,
      { ColumnNames: input.columns.map(c => c.name), Values: [input.columns.map(c => values[`${input.name}\n${c.name}`] ?? '')] },
    ]);
    const given = Object.entries(globals).filter(([, v]) => v !== '');
    try {
      await send({ Inputs: Object.fromEntries(inputs), GlobalParameters: Object.fromEntries(given) });
    } catch (failure) {
      setError(failure);
      setBusy(false);
    }
  };
  return (
    <Modal opened onClose={close} size="lg" title={t('services.test')} closeButtonProps={{ 'aria-label': kit('close') }}>
      <form
        onSubmit={e => {
          e.preventDefault();
          void submit();
        }}
      >
        <Stack gap="md">
          {shape.inputs.map((input, i) => (
            <fieldset key={input.name} style={{ border: 0, padding: 0, margin: 0 }}>
              <legend style={{ fontWeight: 600, fontSize: '0.8125rem' }}>{t('services.input', { name: input.name })}</legend>
              <Stack gap="xs">
                {input.columns.map((c, at) => (
                  <Field
                    key={c.name}
                    column={c}
                    first={i === 0 && at === 0}
                    value={values[`${input.name}\n${c.name}`] ?? ''}
                    set={v => setValues(old => ({ ...old, [`${input.name}\n${c.name}`]: v }))}
                  />
                ))}
              </Stack>
            </fieldset>
          ))}
          {shape.globals.length > 0 && (
            <fieldset style={{ border: 0, padding: 0, margin: 0 }}>
              <legend style={{ fontWeight: 600, fontSize: '0.8125rem' }}>{t('services.globals')}</legend>
              <Stack gap="xs">
                {shape.globals.map(c => (
                  <Field key={c.name} column={c} value={globals[c.name] ?? ''} set={v => setGlobals(old => ({ ...old, [c.name]: v }))} />
                ))}
              </Stack>
            </fieldset>
          )}
          {error !== undefined && <ErrorBox error={error} />}
          <Group justify="flex-end">
            <Button variant="default" onClick={close}>
              {kit('cancel')}
            </Button>
            <Button type="submit" loading={busy} leftSection={<Icon name="check" size={14} />}>
              {t('services.testSend')}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}

function Field({ column, value, set, first }: { column: Column; value: string; set: (v: string) => void; first?: boolean }) {
  const common = { label: column.name, description: column.type, 'data-autofocus': first || undefined };
  if (column.values.length > 0)
    return <Select {...common} value={value || null} onChange={v => set(v ?? '')} data={column.values} clearable />;
  if (['int32', 'int64', 'integer', 'double', 'float', 'number'].includes(column.type)) {
    return <NumberInput {...common} value={value} onChange={v => set(String(v))} allowDecimal={!column.type.startsWith('int')} />;
  }
  return <TextInput {...common} value={value} onChange={e => set(e.currentTarget.value)} />;
}
