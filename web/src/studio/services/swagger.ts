import { useQuery } from '@tanstack/react-query';
import { request } from '../../kit/http';
import { inScoring, path } from '../api';

// What a web service takes and gives, as its swagger document says it.

export interface Column {
  name: string;
  type: string;
  /** The values that are allowed, where only some are. */
  values: string[];
}

export interface Shape {
  inputs: { name: string; columns: Column[] }[];
  globals: Column[];
}

interface Schema {
  $ref?: string;
  type?: string;
  format?: string;
  enum?: string[];
  properties?: Record<string, Schema>;
  items?: Schema;
}

interface Document {
  definitions: Record<string, Schema>;
}

/** Reads the inputs, their columns and the web service parameters out of a document. */
export function shapeOf(doc: Document): Shape {
  const follow = (s: Schema | undefined): Schema => {
    const name = s?.$ref?.split('/').pop();
    return name ? follow(doc.definitions[name]) : (s ?? {});
  };
  const columns = (s: Schema): Column[] =>
    Object.entries(s.properties ?? {}).map(([name, p]) => {
      const whole = follow(p);
      return { name, type: whole.format ?? whole.type ?? 'string', values: whole.enum ?? [] };
    });
  const request = follow(doc.definitions.ExecutionRequest);
  const inputs = Object.entries(follow(request.properties?.Inputs).properties ?? {}).map(([name, s]) => {
    let whole = follow(s);
    while (whole.type === 'array') whole = follow(whole.items);
    return { name, columns: columns(whole) };
  });
  return { inputs, globals: columns(follow(request.properties?.GlobalParameters)) };
}

export function useShape(service: string, endpoint: string) {
  return useQuery({
    queryKey: ['swagger', service, endpoint],
    queryFn: async () => {
      const at = inScoring(path`/webservices/${service}/endpoints/${endpoint}/apidocument`);
      return shapeOf((await request<Document>('GET', at)).value);
    },
  });
}
