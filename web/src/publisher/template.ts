import type { Parameter } from './types';

/** The names in the braces of a URL template, each once; undefined where braces do not match. */
export function templateNames(template: string): string[] | undefined {
  const names: string[] = [];
  const rest = template.replace(/\{\*?([^{}]+)\}/g, (_, name: string) => {
    if (!names.some(n => n.toLowerCase() === name.toLowerCase())) names.push(name);
    return '';
  });
  return /[{}]/.test(rest) ? undefined : names;
}

/** The parameters of a template: those known keep what is said of them, others are strings. */
export function templateParameters(template: string, known: Parameter[]): Parameter[] {
  return (templateNames(template) ?? []).map(
    name => known.find(p => p.name.toLowerCase() === name.toLowerCase()) ?? { name, type: 'string', required: true },
  );
}
