// The cells of the benchmark's table: which load is measured, with which name. No process is started here.
import type { QueryMode } from './target.ts';

/** What a transaction is: pgbench's select or its TPC-B, ten selects in one pipeline, or a result of a megabyte. */
export type LoadScript = 'select' | 'tpcb' | 'pipeline' | 'megabyte';

/** A pgbench load; `churn` connects anew for each transaction. */
export interface LoadCell {
  readonly kind: 'queries' | 'churn';
  readonly name: string;
  readonly script: LoadScript;
  readonly queryMode: QueryMode;
  readonly clients: number;
  readonly tls: boolean;
}

/** Memory per idle client; measured once a pooler and run, not once a round. */
export interface IdleCell {
  readonly kind: 'idle';
  readonly name: string;
  readonly tls: boolean;
}

const queryModes: readonly QueryMode[] = ['simple', 'extended', 'prepared'];
const clientCounts = [1, 16, 64, 256, 1000];
// One without a queue and one with.
const quickClientCounts = [1, 64];
/**
 * Loads other than a select by itself; a pipeline is of the extended protocol. Not TPC-B with prepared statements: pgbench stands
 * still with all its clients while one of them prepares, which none can while the others hold the pool in open transactions.
 */
const otherLoads: readonly Pick<LoadCell, 'script' | 'queryMode' | 'clients'>[] = [
  { script: 'tpcb', queryMode: 'extended', clients: 64 },
  { script: 'pipeline', queryMode: 'extended', clients: 64 },
  { script: 'megabyte', queryMode: 'simple', clients: 16 },
];

/** All load cells in the order of the report (few of them if `quick`), or those whose name contains one of the words given. */
export function loadCells(filter: readonly string[], quick: boolean): LoadCell[] {
  const cells: LoadCell[] = [];
  for (const tls of [false, true]) {
    const transport = tls ? 'tls' : 'plain';
    for (const queryMode of queryModes) {
      for (const clients of quick ? quickClientCounts : clientCounts) {
        const name = `${queryMode}-c${clients}-${transport}`;
        cells.push({ kind: 'queries', script: 'select', name, queryMode, clients, tls });
      }
    }
    for (const load of otherLoads)
      cells.push({ kind: 'queries', name: `${load.script}-c${load.clients}-${transport}`, ...load, tls });
    cells.push({
      ...{ kind: 'churn', script: 'select', queryMode: 'simple' },
      ...{ name: `churn-c16-${transport}`, clients: 16, tls },
    });
  }
  return cells.filter((cell) => matches(cell.name, filter));
}

/** The memory cells, filtered like the load cells. */
export function idleCells(filter: readonly string[]): IdleCell[] {
  const cells: IdleCell[] = [
    { kind: 'idle', name: 'idle-plain', tls: false },
    { kind: 'idle', name: 'idle-tls', tls: true },
  ];
  return cells.filter((cell) => matches(cell.name, filter));
}

function matches(name: string, filter: readonly string[]): boolean {
  return filter.length === 0 || filter.some((word) => name.includes(word));
}
