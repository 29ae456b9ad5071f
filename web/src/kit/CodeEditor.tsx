import { autocompletion, type CompletionSource, closeBrackets, closeBracketsKeymap, completionKeymap } from '@codemirror/autocomplete';
import { defaultKeymap, history, historyKeymap, indentWithTab } from '@codemirror/commands';
import {
  bracketMatching,
  foldGutter,
  foldKeymap,
  HighlightStyle,
  indentOnInput,
  indentUnit,
  syntaxHighlighting,
} from '@codemirror/language';
import { type Diagnostic, linter, lintGutter, lintKeymap } from '@codemirror/lint';
import { highlightSelectionMatches, searchKeymap } from '@codemirror/search';
import { Compartment, EditorState, type Extension } from '@codemirror/state';
import { drawSelection, EditorView, highlightActiveLine, highlightActiveLineGutter, keymap, lineNumbers } from '@codemirror/view';
import { tags } from '@lezer/highlight';
import { useEffect, useImperativeHandle, useRef } from 'react';
import { nonce } from './nonce';

export interface CodeEditorHandle {
  /** Puts a text at the cursor, on lines of its own, as deep as the line is. */
  insert: (text: string) => void;
  focus: () => void;
}

export interface CodeEditorProps {
  label: string;
  value: string;
  onChange?: (value: string) => void;
  /** Where the cursor stands, from the text's beginning. */
  onCursor?: (position: number) => void;
  readOnly?: boolean;
  height?: string;
  language: 'xml' | 'json' | 'html' | 'text';
  complete?: CompletionSource;
  lint?: (text: string) => Promise<Diagnostic[]>;
  ref?: React.Ref<CodeEditorHandle>;
}

const colours = HighlightStyle.define([
  { tag: [tags.tagName, tags.keyword], color: 'light-dark(#14607c, #7cc4dc)' },
  { tag: [tags.attributeName, tags.propertyName], color: 'light-dark(#8a3b12, #f0b35e)' },
  { tag: [tags.attributeValue, tags.string], color: 'light-dark(#1b5e2a, #98dda7)' },
  { tag: [tags.number, tags.bool, tags.null], color: 'light-dark(#5b4aa8, #b9adf5)' },
  { tag: tags.comment, color: 'light-dark(#5a656e, #a3adb6)', fontStyle: 'italic' },
  { tag: [tags.angleBracket, tags.punctuation, tags.brace, tags.bracket], color: 'light-dark(#55606b, #a3adb6)' },
  { tag: tags.invalid, color: 'light-dark(#b42318, #ff9d94)' },
]);

const look = EditorView.theme({
  '&': { backgroundColor: 'var(--p-panel)', color: 'var(--mantine-color-text)' },
  '.cm-content': { fontFamily: 'var(--mantine-font-family-monospace)', caretColor: 'var(--mantine-color-text)' },
  '.cm-gutters': { backgroundColor: 'var(--p-back)', color: 'light-dark(#55606b, #a3adb6)', border: 'none' },
  '.cm-activeLine, .cm-activeLineGutter': { backgroundColor: 'light-dark(#f0f5f7, #1e262b)' },
  '.cm-selectionBackground, &.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground': {
    backgroundColor: 'light-dark(#cfe5ee, #27505f)',
  },
  '.cm-cursor': { borderLeftColor: 'var(--mantine-color-text)' },
  '.cm-tooltip': { backgroundColor: 'var(--p-panel)', border: '1px solid var(--p-line)', color: 'var(--mantine-color-text)' },
  '.cm-tooltip-autocomplete ul li[aria-selected]': { backgroundColor: 'light-dark(#14607c, #14607c)', color: '#fff' },
  '.cm-panels': { backgroundColor: 'var(--p-back)', color: 'var(--mantine-color-text)' },
  '.cm-selectionMatch': { backgroundColor: 'light-dark(#e3eef2, #2a3a41)' },
});

async function languageOf(name: CodeEditorProps['language']): Promise<Extension> {
  if (name === 'xml' || name === 'html') return (await import('@codemirror/lang-xml')).xml({ autoCloseTags: true });
  return name === 'json' ? (await import('@codemirror/lang-json')).json() : [];
}

/** A text editor with colours, completion and marks beside wrong lines. */
export default function CodeEditor(props: CodeEditorProps) {
  const holder = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView>(undefined);
  const latest = useRef(props);
  latest.current = props;
  // biome-ignore lint/correctness/useExhaustiveDependencies: the editor keeps its own state; later props are read through latest
  useEffect(() => {
    if (!holder.current) return;
    const language = new Compartment();
    const editor = new EditorView({
      parent: holder.current,
      state: EditorState.create({ doc: props.value, extensions: extensionsOf(latest, language) }),
    });
    view.current = editor;
    let gone = false;
    void languageOf(props.language).then(extension => !gone && editor.dispatch({ effects: language.reconfigure(extension) }));
    return () => {
      gone = true;
      editor.destroy();
    };
  }, []);
  useEffect(() => {
    const editor = view.current;
    if (editor && editor.state.doc.toString() !== props.value) {
      editor.dispatch({ changes: { from: 0, to: editor.state.doc.length, insert: props.value } });
    }
  }, [props.value]);
  useImperativeHandle(props.ref, () => ({
    focus: () => view.current?.focus(),
    insert: text => {
      const editor = view.current;
      if (!editor) return;
      const line = editor.state.doc.lineAt(editor.state.selection.main.head);
      const indent = /^\s*/.exec(line.text)?.[0] ?? '';
      const whole = text.replaceAll('\n', `\n${indent}`);
      const blank = line.text.trim() === '';
      const insert = blank ? indent + whole : `\n${indent}${whole}`;
      editor.dispatch({
        changes: { from: blank ? line.from : line.to, to: line.to, insert },
        selection: { anchor: (blank ? line.from : line.to) + insert.length },
        scrollIntoView: true,
        userEvent: 'input',
      });
      editor.focus();
    },
  }));
  return <div className="editor" ref={holder} style={{ height: props.height ?? '26rem' }} />;
}

function extensionsOf(latest: React.RefObject<CodeEditorProps>, language: Compartment): Extension[] {
  const p = latest.current;
  const check = p.lint;
  const complete = p.complete;
  return [
    EditorView.cspNonce.of(nonce),
    EditorView.contentAttributes.of({ 'aria-label': p.label, spellcheck: 'false' }),
    EditorState.readOnly.of(p.readOnly ?? false),
    lineNumbers(),
    foldGutter(),
    highlightActiveLine(),
    highlightActiveLineGutter(),
    history(),
    drawSelection(),
    indentOnInput(),
    indentUnit.of('    '),
    bracketMatching(),
    closeBrackets(),
    highlightSelectionMatches(),
    EditorView.lineWrapping,
    syntaxHighlighting(colours),
    look,
    language.of([]),
    complete ? autocompletion({ override: [context => latest.current.complete?.(context) ?? null] }) : [],
    check ? [lintGutter(), linter(view => latest.current.lint?.(view.state.doc.toString()) ?? [], { delay: 400 })] : [],
    keymap.of([
      ...closeBracketsKeymap,
      ...defaultKeymap,
      ...searchKeymap,
      ...historyKeymap,
      ...foldKeymap,
      ...completionKeymap,
      ...lintKeymap,
      ...(p.readOnly ? [] : [indentWithTab]),
    ]),
    EditorView.updateListener.of(update => {
      if (update.docChanged) latest.current.onChange?.(update.state.doc.toString());
      if (update.docChanged || update.selectionSet) latest.current.onCursor?.(update.state.selection.main.head);
    }),
  ];
}
