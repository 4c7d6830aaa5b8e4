// Settings of a pool as people read them: a label and a value each, in one order everywhere.
import type { PoolChoices } from '@weir/tenancy';
import { count, duration } from '../format.ts';

/** One setting in words. */
export interface SettingRow {
  readonly label: string;
  readonly value: string;
}

type Write<Value> = readonly [label: string, write: (value: Value) => string];

const asItIs = (word: string) => word;
const most = (value: number | null) => (value === null ? 'as the budget allows' : `at most ${count(value)}`);
const least = (value: number) => (value === 0 ? 'none' : `at least ${count(value)} a pool`);
const limit = (ms: number) => (ms === 0 ? 'no limit' : `at most ${duration(ms)}`);

const rows: { readonly [Name in keyof PoolChoices]: Write<PoolChoices[Name]> } = {
  mode: ['Pool mode', asItIs],
  stateTracking: ['State tracking', asItIs],
  poolSize: ['Server connections a pool', most],
  poolSizeMin: ['Kept open ahead of demand', least],
  pinsMax: ['Pinned ones a pool', most],
  queryWaitTimeoutMs: ['Wait for a server', limit],
  queryTimeoutMs: ['A statement takes', limit],
  transactionTimeoutMs: ['A transaction takes', limit],
  idleInTransactionTimeoutMs: ['Silence in a transaction', limit],
  clientIdleTimeoutMs: ['Silence of a client', limit],
  pinIdleTimeoutMs: ['Silence of a pinned client', limit],
  serverIdleTimeoutMs: ['Idle servers close after', duration],
  serverLifetimeMs: ['Servers close at age', duration],
};

/** Those of `settings` that are there. */
export function settingRows(settings: Partial<PoolChoices>): SettingRow[] {
  return (Object.keys(rows) as (keyof PoolChoices)[]).flatMap((name) => {
    const value = settings[name];
    if (value === undefined) return [];
    const [label, write] = rows[name] as Write<typeof value>;
    return [{ label, value: write(value) }];
  });
}
