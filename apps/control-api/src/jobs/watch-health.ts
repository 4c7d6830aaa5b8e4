// The job that watches the health of databases: by what poolers report, and by checks of those that no traffic tells of.
import {
  type Catalog,
  type ClaimedCheck,
  claimChecks,
  type HealthNews,
  newsOf,
  noteHealth,
  type SeenHealth,
} from '@weir/catalog';
import type { ProcessRegistry } from '@weir/fleet';
import type { Logger } from '@weir/telemetry';
import { checkUpstream } from '../health/check-upstream.ts';
import { pauseAfter } from '../health/pauses.ts';
import { seenByTraffic } from '../health/traffic.ts';
import type { ProbeOptions } from '../upstream/ask-upstream.ts';
import { spread } from './spread.ts';

/** Checks at a time, and in one run: of a process. What is left is due in the next. */
const checksAtOnce = 8;
const checksPerRun = 64;
/** Traffic stands in for checks, but does not say what the server allows: that is read so often at least. */
const limitsAgeMs = 6 * 3_600_000;

export interface Watching {
  readonly catalog: Catalog;
  readonly registry: ProcessRegistry;
  readonly probe: ProbeOptions;
  /** Between two checks of a database that is well and that no traffic tells of; null: none is made. */
  readonly everyMs: number | null;
  readonly log: Logger;
}

/** Rejects with the catalog's error or FleetUnavailableError. A check that was begun and not finished is due again in a minute. */
export async function watchHealth(parts: Watching, stopping: () => boolean): Promise<void> {
  await watchTraffic(parts);
  if (parts.everyMs === null) return;
  for (let left = checksPerRun; left > 0 && !stopping(); left -= checksAtOnce) {
    const claimed = await claimChecks(parts.catalog, checksAtOnce);
    await Promise.all(claimed.map((check) => look(parts, check)));
    if (claimed.length < checksAtOnce) return;
  }
}

async function watchTraffic(parts: Watching): Promise<void> {
  const seen = seenByTraffic(await parts.registry.all());
  const states = new Map([...seen].map(([id, { state }]) => [id, state]));
  for (const endpointId of await newsOf(parts.catalog, states, limitsAgeMs))
    await write(parts, { endpointId, seen: seen.get(endpointId)! });
}

async function look(parts: Watching, check: ClaimedCheck): Promise<void> {
  const found = await checkUpstream(check, parts.probe);
  if (found === null) return;
  const { endpointId, generation } = check;
  await write(parts, { endpointId, generation, ...found });
}

async function write(parts: Watching, what: Omit<SeenHealth, 'againInMs'>): Promise<void> {
  const { catalog, log } = parts;
  // Where nothing is checked, what is due stands for nothing; a day keeps it out of the way.
  const everyMs = parts.everyMs ?? 86_400_000;
  const news = await noteHealth(catalog, {
    ...what,
    againInMs: (health) => spread(pauseAfter(health, everyMs, Date.now())),
  });
  if (news !== null) tell(log, news);
}

function tell(log: Logger, { endpointId, from, health, budget }: HealthNews): void {
  const { state, code, latencyMs } = health;
  if (from !== state) {
    const level = state === 'healthy' ? 'info' : 'warn';
    log[level]({ endpointId, from, state, code, latencyMs }, `the database of an endpoint is ${state}`);
  }
  if (budget !== null)
    log.info(
      { endpointId, ...budget },
      'the server allows another number of connections: so does the budget',
    );
}
