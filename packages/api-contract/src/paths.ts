// The paths of the API, made from ids, for those who call it. No request is sent here.

import type { OperationId } from './operations/operations.ts';
import { operations } from './operations/operations.ts';

/** An operation's path with its parameters put in. */
export function pathOf(id: OperationId, params: Readonly<Record<string, string>> = {}): string {
  return operations[id].path.replace(/:(\w+)/g, (_, name: string) => encodeURIComponent(params[name] ?? ''));
}

/** `?name=value&…` of what is defined; empty if nothing is. */
export function queryOf(query: Readonly<Record<string, unknown>>): string {
  const pairs = Object.entries(query)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}=${encodeURIComponent(String(value))}`);
  return pairs.length === 0 ? '' : `?${pairs.join('&')}`;
}
