// The settings of an endpoint as a form has them: in groups, with words, and as texts that are read back with their limits.
import type { SettingsChange } from '@weir/api-contract';
import { settingsChangeSchema } from '@weir/api-contract';
import type { EndpointSettings, PoolChoices } from '@weir/tenancy';
import { duration } from '../format.ts';

/** Every setting but the overrides, which have a form of their own. */
export type SettingName = Exclude<keyof EndpointSettings, 'overrides' | 'allowedAddresses'>;
export type SettingValues = Pick<EndpointSettings, SettingName>;

export interface SettingField {
  readonly name: SettingName;
  readonly label: string;
  readonly hint: string;
  /** How its text is typed. `count`: empty means no limit of its own, where that is allowed. `time`: `30 s`, `5 min`. */
  readonly kind: 'choice' | 'count' | 'time' | 'flag';
  readonly choices?: readonly { readonly value: string; readonly label: string }[];
}

export interface SettingGroup {
  readonly title: string;
  readonly fields: readonly SettingField[];
}

const modes = [
  { value: 'transaction', label: 'transaction: share after each transaction' },
  { value: 'session', label: 'session: one server for each client' },
  { value: 'statement', label: 'statement: share after each statement' },
];
const trackings = [
  { value: 'auto', label: 'auto: watch what sessions set' },
  { value: 'strict', label: 'strict: also inside functions' },
  { value: 'off', label: 'off: sessions may leak into each other' },
];

const limit = (name: SettingName, label: string, hint: string): SettingField => ({
  name,
  label,
  hint: `${hint} 0: no limit.`,
  kind: 'time',
});

export const settingGroups: readonly SettingGroup[] = [
  {
    title: 'Sharing',
    fields: [
      {
        name: 'mode',
        label: 'Pool mode',
        hint: 'When a server connection goes to the next client.',
        kind: 'choice',
        choices: modes,
      },
      {
        name: 'stateTracking',
        label: 'State tracking',
        hint: 'How closely session state is watched.',
        kind: 'choice',
        choices: trackings,
      },
      {
        name: 'poolSize',
        label: 'Server connections a pool',
        hint: 'A pool is one role in one database. Empty: as the budget allows.',
        kind: 'count',
      },
      {
        name: 'poolSizeMin',
        label: 'Kept open ahead of demand a pool',
        hint: 'While it has clients, in each pooler process, as far as nobody else waits for them. 0: none.',
        kind: 'count',
      },
      {
        name: 'pinsMax',
        label: 'Pinned server connections a pool',
        hint: 'Those that stay with one client. Empty: as the budget allows.',
        kind: 'count',
      },
      {
        name: 'clientConnectionsMax',
        label: 'Client connections',
        hint: 'Of the whole endpoint, pooled and direct.',
        kind: 'count',
      },
      {
        name: 'requireTls',
        label: 'Require TLS of clients',
        hint: 'Clients without it are refused.',
        kind: 'flag',
      },
    ],
  },
  {
    title: 'Waiting and server connections',
    fields: [
      {
        name: 'queryWaitTimeoutMs',
        label: 'Wait for a server',
        hint: 'How long a client may wait for one.',
        kind: 'time',
      },
      {
        name: 'serverIdleTimeoutMs',
        label: 'Idle servers close after',
        hint: 'Time without work.',
        kind: 'time',
      },
      {
        name: 'serverLifetimeMs',
        label: 'Servers close at age',
        hint: 'At their next release.',
        kind: 'time',
      },
    ],
  },
  {
    title: 'Limits of time',
    fields: [
      limit('queryTimeoutMs', 'A statement takes', 'Then it is cancelled.'),
      limit('transactionTimeoutMs', 'A transaction takes', 'Then its client is ended.'),
      limit('idleInTransactionTimeoutMs', 'Silence in a transaction', 'Then its client is ended.'),
      limit('clientIdleTimeoutMs', 'Silence of a client', 'Outside a transaction.'),
      limit('pinIdleTimeoutMs', 'Silence of a pinned client', 'Then it is ended.'),
    ],
  },
];

export const settingFields: readonly SettingField[] = settingGroups.flatMap(({ fields }) => fields);

const endpointOnly: readonly SettingName[] = ['clientConnectionsMax', 'requireTls'];

/** Those that may differ for a role or a database. */
export const poolSettingFields = settingFields.filter(({ name }) => !endpointOnly.includes(name));

export type SettingTexts = Readonly<Record<SettingName, string>>;

/** Each value as it is typed. */
export function textsOf(settings: SettingValues): SettingTexts {
  const texts = settingFields.map((field) => [field.name, textOf(field, settings[field.name])]);
  return Object.fromEntries(texts) as Record<SettingName, string>;
}

function textOf({ kind }: SettingField, value: SettingValues[SettingName]): string {
  if (value === null) return '';
  return kind === 'time' && typeof value === 'number' ? duration(value).replaceAll(',', '') : String(value);
}

/** What a text means, or what is wrong with it. */
export type Reading = { readonly value: SettingValues[SettingName] } | { readonly fault: string };

export function readSetting(field: SettingField, text: string): Reading {
  const value = meaningOf(field, text.trim());
  if (value === undefined) {
    return {
      fault: field.kind === 'time' ? 'Write a time as 500 ms, 30 s, 5 min or 1 h.' : 'Write a whole number.',
    };
  }
  const checked = settingsChangeSchema.safeParse({ [field.name]: value });
  if (checked.success) return { value };
  return { fault: faultText(field, checked.error.issues[0]!) };
}

function meaningOf({ kind }: SettingField, text: string): SettingValues[SettingName] | undefined {
  switch (kind) {
    case 'choice':
      return text as PoolChoices['mode'];
    case 'flag':
      return text === 'true';
    case 'count':
      if (text === '') return null;
      return /^[\d,]+$/.test(text) ? Number(text.replaceAll(',', '')) : undefined;
    case 'time':
      return readDuration(text);
  }
}

interface Issue {
  readonly code: string;
  readonly minimum?: unknown;
  readonly maximum?: unknown;
}

function faultText({ kind }: SettingField, { code, minimum, maximum }: Issue): string {
  const shown = (bound: unknown) =>
    kind === 'time' ? duration(Number(bound)) : Number(bound).toLocaleString('en');
  if (code === 'too_small') return `Must be at least ${shown(minimum)}.`;
  if (code === 'too_big') return `Must be at most ${shown(maximum)}.`;
  return 'Must not be empty.';
}

const unitMs: Readonly<Record<string, number>> = { ms: 1, s: 1000, min: 60_000, h: 3_600_000, d: 86_400_000 };

/** Ms of a text such as `1.5 h`; without a unit, and not 0, it is none. */
export function readDuration(text: string): number | undefined {
  const parts = /^([\d,]*\.?\d+)\s*(ms|s|min|h|d)?$/.exec(text);
  if (parts === null) return undefined;
  const amount = Number(parts[1]!.replaceAll(',', ''));
  if (parts[2] === undefined) return amount === 0 ? 0 : undefined;
  return Math.round(amount * unitMs[parts[2]]!);
}

/** What of a form differs from the settings as they are, and what is wrong in it. */
export function readSettings(
  texts: SettingTexts,
  before: SettingValues,
): { readonly change: SettingsChange; readonly faults: Readonly<Partial<Record<SettingName, string>>> } {
  const change: Record<string, unknown> = {};
  const faults: Partial<Record<SettingName, string>> = {};
  for (const field of settingFields) {
    const reading = readSetting(field, texts[field.name]);
    if ('fault' in reading) faults[field.name] = reading.fault;
    else if (reading.value !== before[field.name]) change[field.name] = reading.value;
  }
  return { change: change as SettingsChange, faults };
}
