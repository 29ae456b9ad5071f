import { useQuery } from '@tanstack/react-query';
import { lazy, Suspense, useMemo } from 'react';
import type { CodeEditorHandle } from '../../kit/CodeEditor';
import { ApiError, type Problem } from '../../kit/http';
import { call } from '../arm';
import { completer, type Declaration } from './declarations';

const CodeEditor = lazy(() => import('../../kit/CodeEditor'));

/** What the server says of every policy. */
export function useDeclarations() {
  return useQuery({
    queryKey: ['policyDescriptions'],
    queryFn: async () => {
      const { value } = await call<{ value: { properties: { declaration: Declaration } }[] }>('GET', '/policyDescriptions');
      return value.value.map(d => d.properties.declaration);
    },
    staleTime: Number.POSITIVE_INFINITY,
  });
}

/** What is wrong with a document, as the server sees it; warnings too. */
export async function validate(scope: string, value: string): Promise<{ severity: 'error' | 'warning'; message: string }[]> {
  try {
    const answer = await call<{ warnings?: Problem[] }>('POST', '/validatePolicies', { body: { format: 'rawxml', scope, value } });
    return (answer.value.warnings ?? []).map(w => ({ severity: 'warning', message: w.message }));
  } catch (error) {
    if (error instanceof ApiError && error.status === 400) {
      return (error.problems.length > 0 ? error.problems : [{ message: error.message }]).map(p => ({
        severity: 'error',
        message: p.message,
      }));
    }
    throw error;
  }
}

/** Where a message says that something is wrong: "… on line 2, column 18: …", as an offset; the document's beginning without. */
export function offsetOf(text: string, message: string): number {
  const found = /line (\d+), column (\d+)/.exec(message);
  if (!found) return 0;
  let offset = 0;
  for (let line = 1; line < Number(found[1]); line++) {
    const next = text.indexOf('\n', offset);
    if (next < 0) break;
    offset = next + 1;
  }
  return Math.min(offset + Number(found[2]) - 1, text.length);
}

export interface PolicyEditorProps {
  label: string;
  scope: string;
  value: string;
  onChange?: (value: string) => void;
  onCursor?: (position: number) => void;
  readOnly?: boolean;
  height?: string;
  ref?: React.Ref<CodeEditorHandle>;
}

/** Edits a policy document with completion and marks beside what is wrong. */
export function PolicyEditor(props: PolicyEditorProps) {
  const declarations = useDeclarations();
  const { scope } = props;
  const complete = useMemo(() => completer(declarations.data ?? [], scope), [declarations.data, scope]);
  const lint = async (text: string) =>
    (await validate(scope, text)).map(p => {
      const from = offsetOf(text, p.message);
      const word = /^[\w.:-]*/.exec(text.slice(from, from + 100))?.[0].length ?? 0;
      return { from, to: Math.min(from + Math.max(word, 1), text.length), severity: p.severity, message: p.message };
    });
  return (
    <Suspense fallback={<div className="editor" style={{ height: props.height ?? '26rem' }} />}>
      <CodeEditor {...props} language="xml" complete={props.readOnly ? undefined : complete} lint={props.readOnly ? undefined : lint} />
    </Suspense>
  );
}
