// What each test of a run cost in server connections, from the line that the pooler writes at each client's end.
import type { Pooler } from '@weir/harness';

/** Sums over the clients of one test. */
export interface SessionCosts {
  clients: number;
  checkouts: number;
  /** How often a client got another server connection than the one before. */
  serverChanges: number;
  /** Server connections that stayed with a client, by reason. */
  readonly pins: Map<string, number>;
}

interface ClientLine {
  readonly msg?: string;
  readonly application?: string;
  readonly checkouts?: number;
  readonly serverChanges?: number;
  readonly pins?: readonly string[];
}

/** Listens from now on; the pooler must log at level `debug`. The map is by name of the test. */
export function collectSessionCosts(pooler: Pooler): Map<string, SessionCosts> {
  const costs = new Map<string, SessionCosts>();
  let rest = '';
  pooler.process.onOutput((text) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop()!;
    for (const line of lines) if (line.includes('"client ended"')) add(costs, JSON.parse(line) as ClientLine);
  });
  return costs;
}

function add(costs: Map<string, SessionCosts>, line: ClientLine): void {
  // pg_regress names itself so.
  const [, test] = /^pg_regress\/(.+)$/.exec(line.application ?? '') ?? [];
  if (test === undefined) return;
  const { checkouts = 0, serverChanges = 0 } = line;
  const pins = new Map<string, number>();
  for (const reason of line.pins ?? []) pins.set(reason, (pins.get(reason) ?? 0) + 1);
  addCosts(costs, test, { clients: 1, checkouts, serverChanges, pins });
}

/** Adds to what `test` has cost so far. */
export function addCosts(costs: Map<string, SessionCosts>, test: string, one: SessionCosts): void {
  let sum = costs.get(test);
  if (sum === undefined) {
    sum = { clients: 0, checkouts: 0, serverChanges: 0, pins: new Map() };
    costs.set(test, sum);
  }
  sum.clients += one.clients;
  sum.checkouts += one.checkouts;
  sum.serverChanges += one.serverChanges;
  for (const [reason, count] of one.pins) sum.pins.set(reason, (sum.pins.get(reason) ?? 0) + count);
}
