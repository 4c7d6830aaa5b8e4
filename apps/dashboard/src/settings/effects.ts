// What a change of settings does to clients and server connections, said before it is made.
import type { SettingsChange } from '@weir/api-contract';
import { count, counted, duration } from '../format.ts';
import { type SettingName, type SettingValues, settingFields } from './setting-fields.ts';

/** What the effect depends on besides the settings. */
export interface Circumstances {
  readonly budget: number;
  /** Clients that are connected now; null: not known. */
  readonly clients: number | null;
}

/** One setting that changes. */
export interface Effect {
  readonly name: SettingName;
  readonly label: string;
  readonly from: string;
  readonly to: string;
  /** A sentence or two. */
  readonly says: string;
}

/** In the order of the form. */
export function effectsOf(before: SettingValues, change: SettingsChange, around: Circumstances): Effect[] {
  return settingFields.flatMap(({ name, label }) => {
    const to = change[name];
    if (to === undefined || to === before[name]) return [];
    const after = { ...before, ...change } as SettingValues;
    return [
      {
        name,
        label,
        from: shown(name, before),
        to: shown(name, after),
        says: sayings[name](after, before, around),
      },
    ];
  });
}

function shown(name: SettingName, values: SettingValues): string {
  const value = values[name];
  if (value === null) return 'budget';
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (typeof value === 'string') return value;
  if (!name.endsWith('Ms')) return count(value);
  return value === 0 ? 'no limit' : duration(value);
}

type Saying = (after: SettingValues, before: SettingValues, around: Circumstances) => string;

/** For a limit of time of which 0 means none. */
function limitSaying(name: SettingName, passed: (limit: string) => string, off: string): Saying {
  return (after) => {
    const ms = after[name] as number;
    return ms === 0 ? off : passed(duration(ms));
  };
}

const sayings: Readonly<Record<SettingName, Saying>> = {
  mode: ({ mode, poolSize }, _, { budget }) => {
    if (mode === 'statement') {
      return 'A server connection goes on after each statement. A client that begins a transaction of several statements is refused.';
    }
    if (mode === 'transaction') return 'A server connection goes to the next client after each transaction.';
    const most = Math.min(poolSize ?? budget, budget);
    return `A client keeps its server connection until it leaves. With more than ${count(most)} clients in a pool the others wait.`;
  },
  stateTracking: ({ stateTracking }) =>
    ({
      auto: 'What sessions set follows them to their next server connection. What is set inside functions is not seen.',
      strict:
        'Also what functions and triggers set is found, at the price of a question to the server after some statements.',
      off: 'What a session sets stays on the server connection, and the next client gets it. Only for clients that set nothing.',
    })[stateTracking],
  poolSize: (after, before, { budget }) => {
    const [most, was] = [after.poolSize ?? budget, before.poolSize ?? budget];
    if (after.poolSize === null || most >= budget) {
      return `A pool may take the whole budget of ${count(budget)}, as far as other pools leave it.`;
    }
    if (most > was)
      return `Clients that wait get up to ${counted(most - was, 'more server connection')} at once.`;
    return `Pools with more than ${count(most)} close those that are idle at once, the others after their transaction. Clients may wait longer; none is dropped.`;
  },
  poolSizeMin: ({ poolSizeMin: least, poolSize, mode, serverIdleTimeoutMs }, _, { budget }) => {
    if (least === 0)
      return 'Server connections are opened as clients want them, and all close once they are idle for too long.';
    if (mode === 'session')
      return 'Nothing in session mode, where each client has a server connection opened for it alone.';
    const kept = Math.min(least, poolSize ?? budget, budget);
    const fewer = kept < least ? ', as no more are allowed' : '';
    return `Each pool with clients keeps ${count(kept)} open in each pooler process${fewer}, and for ${duration(serverIdleTimeoutMs)} after its last client has left. Where the budget of ${count(budget)} is used up they make room at once for clients that wait.`;
  },
  pinsMax: ({ pinsMax }, before, { budget }) => {
    if (pinsMax === null || pinsMax >= budget)
      return 'Pinned server connections are limited by the budget alone.';
    const fewer = pinsMax < (before.pinsMax ?? budget);
    return `${fewer ? 'Those that are pinned stay so. ' : ''}A client that needs one of its own while ${counted(pinsMax, 'is', 'are')} pinned is refused (53300).`;
  },
  clientConnectionsMax: ({ clientConnectionsMax: most }, _, { clients }) => {
    const over = clients === null ? 0 : clients - most;
    const now = over > 0 ? ` ${counted(over, 'client')} more than that are connected now.` : '';
    return `New clients past ${count(most)} are refused (53300); those that are connected stay.${now}`;
  },
  requireTls: ({ requireTls }) =>
    requireTls
      ? 'New clients without TLS are refused (28000); those that are connected stay.'
      : 'Clients may connect without TLS. Their passwords stay secret, what they ask and get does not.',
  queryWaitTimeoutMs: ({ queryWaitTimeoutMs: ms }) =>
    `A client that waits longer than ${duration(ms)} for a server connection gets an error (53300), also one that waits now.`,
  serverIdleTimeoutMs: ({ serverIdleTimeoutMs: ms }, before) =>
    ms < before.serverIdleTimeoutMs
      ? `Server connections that have been idle for ${duration(ms)} close within a second.`
      : `Server connections stay open for ${duration(ms)} without work, so that fewer have to be opened anew.`,
  serverLifetimeMs: ({ serverLifetimeMs: ms }) =>
    `Server connections older than ${duration(ms)} close when they are idle or released; none in a transaction.`,
  queryTimeoutMs: limitSaying(
    'queryTimeoutMs',
    (limit) =>
      `A statement that takes longer than ${limit} is cancelled (57014), also one that runs now. Its client stays.`,
    'No statement is cancelled by Weir. Postgres has statement_timeout of its own.',
  ),
  transactionTimeoutMs: limitSaying(
    'transactionTimeoutMs',
    (limit) =>
      `A transaction of more than ${limit} is rolled back and its client ended (25P04), also one that is open now.`,
    'No transaction is ended for its length.',
  ),
  idleInTransactionTimeoutMs: limitSaying(
    'idleInTransactionTimeoutMs',
    (limit) =>
      `A client that is silent in a transaction for ${limit} is ended (25P03) and its transaction rolled back.`,
    'A client may hold a transaction open, and its server connection, for as long as it likes.',
  ),
  clientIdleTimeoutMs: limitSaying(
    'clientIdleTimeoutMs',
    (limit) => `A client that is silent for ${limit} outside a transaction is ended (57P05).`,
    'Idle clients stay connected. They hold no server connection.',
  ),
  pinIdleTimeoutMs: limitSaying(
    'pinIdleTimeoutMs',
    (limit) => `A client with a pinned server connection that is silent for ${limit} is ended (57P05).`,
    'Pinned server connections stay with their clients, however silent.',
  ),
};
