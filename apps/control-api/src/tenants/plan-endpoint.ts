// What a request for an endpoint becomes before it is written: the database tried out, defaults filled in, a new id.
import { randomBytes } from 'node:crypto';
import { type CreateEndpointBody, ramBytesOf } from '@weir/api-contract';
import { type Cell, IdTakenError, type NewEndpoint } from '@weir/catalog';
import { defaultEndpointSettings, newEndpointId } from '@weir/tenancy';
import type { Parts } from '../parts.ts';
import { probeOptions } from '../upstream/ask-upstream.ts';
import { probeUpstream } from '../upstream/probe-upstream.ts';

// 36^6 times some thousand names: a second try is rare, a fifth would be a broken source of randomness.
const idTriesMax = 5;

/** What is to be written, and how long the database took to be tried out. */
export interface EndpointPlan {
  readonly plan: NewEndpoint;
  readonly probeMs: number;
}

/** Throws ApiError, an `upstream-…` one if the database cannot be used. */
export async function planEndpoint(
  { config }: Parts,
  body: CreateEndpointBody,
  { region, id: cell }: Cell,
): Promise<EndpointPlan> {
  const { upstream } = body;
  const startedAt = performance.now();
  const probed = await probeUpstream({ ...upstream, caPem: upstream.caPem ?? null }, probeOptions(config));
  const probeMs = performance.now() - startedAt;
  const plan: NewEndpoint = {
    id: newEndpointId(randomBytes),
    kind: body.kind ?? 'read_write',
    region,
    cell,
    probed,
    // The schema takes a body only with exactly one of the two ways to name it.
    ramBytes: ramBytesOf(body)!,
    sizing: {
      divisorBytes: body.sizing?.divisorBytes ?? null,
      cap: body.sizing?.cap ?? null,
      reserve: body.sizing?.reserve ?? null,
    },
    settings: { ...defaultEndpointSettings, ...withoutUndefined(body.settings ?? {}) },
    authQuery: body.authQuery ?? null,
  };
  return { plan, probeMs };
}

/** `Server-Timing` of a creation: what of its time was the database's, which Weir cannot shorten. */
export function probeTiming(probeMs: number): string {
  return `probe;desc="database tried out";dur=${probeMs.toFixed(1)}`;
}

/** Calls `write` with new ids until they are free. */
export async function withFreshIds<T>(
  plan: NewEndpoint,
  write: (plan: NewEndpoint) => Promise<T>,
): Promise<T> {
  let current = plan;
  for (let tries = 1; ; tries++) {
    try {
      return await write(current);
    } catch (error) {
      if (!(error instanceof IdTakenError) || tries === idTriesMax) throw error;
      current = { ...current, id: newEndpointId(randomBytes) };
    }
  }
}

function withoutUndefined<T extends object>(value: T): { [Name in keyof T]: Exclude<T[Name], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, field]) => field !== undefined)) as never;
}
