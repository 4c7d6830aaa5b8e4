// What the load is sent through: Postgres itself, pgbouncer or Weir, behind one small interface.
import type { LoadCell } from './cell.ts';

export const targetNames = ['direct', 'pgbouncer', 'weir', 'weir-node', 'weir-bun', 'weir-two'] as const;
/** What is measured if nobody says otherwise: the others are for comparing ways in which Weir can run. */
export const defaultTargets = ['direct', 'pgbouncer', 'weir'] as const;
export type TargetName = (typeof targetNames)[number];

/** Where and as whom a client connects, with or without TLS. */
export interface Address {
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
}

/** Something that pgbench can be pointed at. */
export interface Target {
  readonly name: TargetName;
  /** Program and version, as it stands in the report. */
  readonly version: string;
  /** Processes whose CPU and memory are the pooler's; none for Postgres itself. */
  readonly pids: readonly number[];
  readonly address: Address;
  /** Why a cell does not run here; null: it does. */
  refuses(cell: LoadCell): string | null;
  close(): Promise<void>;
}

/** pgbench's `-M`. */
export type QueryMode = 'simple' | 'extended' | 'prepared';
