import { Accordion, Group, Text } from '@mantine/core';
import { useTexts } from '../texts';

/** A trace, as the gateway gives it. */
export interface Trace {
  traceEntries?: Record<string, TraceEntry[]>;
}

interface TraceEntry {
  source: string;
  timestamp?: string;
  elapsed?: string;
  data?: unknown;
}

/** What each policy did to a call, section by section. */
export function TraceView({ trace }: { trace: Trace }) {
  const t = useTexts();
  const sections = Object.entries(trace.traceEntries ?? {}).filter(([, entries]) => entries.length > 0);
  if (sections.length === 0) return <Text c="dimmed">{t('test.noTrace')}</Text>;
  return (
    <Accordion multiple variant="separated">
      {sections.map(([section, entries]) =>
        entries.map((e, i) => (
          <Accordion.Item key={`${section}-${i}`} value={`${section}-${i}`}>
            <Accordion.Control>
              <Group gap="sm">
                <Text size="xs" c="dimmed" w={70}>
                  {section}
                </Text>
                <span className="mono">{e.source}</span>
                <Text size="xs" c="dimmed" ml="auto">
                  {e.elapsed}
                </Text>
              </Group>
            </Accordion.Control>
            <Accordion.Panel>
              <pre className="mono" style={{ margin: 0, whiteSpace: 'pre-wrap' }}>
                {typeof e.data === 'string' ? e.data : JSON.stringify(e.data, null, 2)}
              </pre>
            </Accordion.Panel>
          </Accordion.Item>
        )),
      )}
    </Accordion>
  );
}
