// An override as a form has it: for whom, which settings it has of its own, and the list with it in its place.
import type { EndpointReply } from '@weir/api-contract';
import { settingsChangeSchema } from '@weir/api-contract';
import {
  poolSettingFields,
  readSetting,
  type SettingName,
  type SettingTexts,
  type SettingValues,
  textsOf,
} from './setting-fields.ts';

type Overrides = EndpointReply['settings']['overrides'];
export type Override = Overrides[number];

export interface OverrideForm {
  /** Empty: every role, every database. */
  readonly role: string;
  readonly database: string;
  readonly texts: SettingTexts;
  /** Settings that differ; the others stay as the endpoint has them. */
  readonly own: ReadonlySet<SettingName>;
}

/** The form of an override, or of a new one, over the endpoint's settings. */
export function formOf(override: Override | null, settings: SettingValues): OverrideForm {
  return {
    role: override?.role ?? '',
    database: override?.database ?? '',
    texts: textsOf({ ...settings, ...withoutUndefined(override?.settings ?? {}) }),
    own: new Set(Object.keys(withoutUndefined(override?.settings ?? {})) as SettingName[]),
  };
}

export interface OverrideReading {
  readonly override: Override;
  readonly faults: Readonly<Partial<Record<SettingName, string>>>;
  /** What is wrong with the whole: nobody is named, or nothing differs. */
  readonly fault: string | null;
}

/** What a form means. */
export function readOverride(form: OverrideForm): OverrideReading {
  const settings: Record<string, unknown> = {};
  const faults: Partial<Record<SettingName, string>> = {};
  for (const field of poolSettingFields) {
    if (!form.own.has(field.name)) continue;
    const reading = readSetting(field, form.texts[field.name]);
    if ('fault' in reading) faults[field.name] = reading.fault;
    else settings[field.name] = reading.value;
  }
  const role = form.role.trim() === '' ? null : form.role;
  const database = form.database.trim() === '' ? null : form.database;
  const nobody = role === null && database === null;
  const fault = nobody
    ? 'Name a role, a database or both.'
    : form.own.size === 0
      ? 'Choose at least one setting that differs.'
      : null;
  return { override: { role, database, settings: settings as Override['settings'] }, faults, fault };
}

/** The list with `after` in place of `before`; null: it is new, or goes. */
export function withOverride(list: Overrides, before: Override | null, after: Override | null): Overrides {
  if (before === null) return after === null ? list : [...list, after];
  return list.flatMap((one) => (one !== before ? [one] : after === null ? [] : [after]));
}

/** What the contract has against a whole list: two for the same, too many. */
export function listFault(overrides: Overrides): string | null {
  const checked = settingsChangeSchema.safeParse({ overrides });
  return checked.success ? null : (checked.error.issues[0]?.message ?? null);
}

function withoutUndefined<T extends object>(value: T): T {
  return Object.fromEntries(Object.entries(value).filter(([, field]) => field !== undefined)) as T;
}
