// The ordinary transactions whose cost is measured: for each kind, what a client sends. None of them makes session state.
import { bind, describe, execute, joinBytes, parse, query, sync } from '@weir/protocol';

/** One kind of transaction. A request is what a client sends before it waits for ReadyForQuery. */
export interface Traffic {
  readonly name: TrafficName;
  /** Sent once, before the first transaction. */
  readonly before: readonly Uint8Array[];
  /** The requests of one transaction. */
  readonly requests: readonly Uint8Array[];
}

export const trafficNames = ['simple', 'extended', 'prepared', 'transaction'] as const;
export type TrafficName = (typeof trafficNames)[number];

const text = 'SELECT abalance FROM pgbench_accounts WHERE aid = 4711';
const textWithParameter = 'SELECT abalance FROM pgbench_accounts WHERE aid = $1';
const run = (statement: string) => [bind('', statement, ['4711']), describe('P', ''), execute(''), sync()];

export function trafficOf(name: TrafficName): Traffic {
  switch (name) {
    case 'simple':
      return { name, before: [], requests: [query(text)] };
    case 'extended':
      return { name, before: [], requests: [joinBytes([parse('', textWithParameter), ...run('')])] };
    case 'prepared':
      return {
        name,
        before: [joinBytes([parse('by_aid', textWithParameter), sync()])],
        requests: [joinBytes(run('by_aid'))],
      };
    case 'transaction':
      return {
        name,
        before: [],
        requests: [
          'BEGIN',
          text,
          'UPDATE pgbench_accounts SET abalance = abalance + 12 WHERE aid = 4711',
          'DELETE FROM pgbench_history WHERE aid = 4711',
          'COMMIT',
        ].map((one) => query(one)),
      };
  }
}
