// One way to write each setting's name and value, so that clients that mean the same share a pool. Pure.
import { booleanGucs, enumGucs, otherGucs } from './guc-names.ts';

type GucKind = 'boolean' | 'enum' | 'other';

/** A known setting: its name as Postgres shows it. */
export interface KnownGuc {
  readonly name: string;
  readonly kind: GucKind;
}

const known = new Map<string, KnownGuc>();
for (const name of booleanGucs) known.set(name.toLowerCase(), { name, kind: 'boolean' });
for (const name of enumGucs) known.set(name.toLowerCase(), { name, kind: 'enum' });
for (const name of otherGucs) known.set(name.toLowerCase(), { name, kind: 'other' });
// Old names that the server still takes.
known.set('sort_mem', known.get('work_mem')!);
known.set('vacuum_mem', known.get('maintenance_work_mem')!);

/** The setting of that name in any case, or null: no version of Postgres from 13 to 18 has it. */
export function knownGuc(name: string): KnownGuc | null {
  return known.get(name.toLowerCase()) ?? null;
}

const customName = /^[a-z_\u0080-\uffff][\w$\u0080-\uffff]*(?:\.[a-z_\u0080-\uffff][\w$\u0080-\uffff]*)+$/i;

/** Whether `name` may be a setting of an extension or an application (`app.tenant_id`). */
export function isCustomGucName(name: string): boolean {
  return customName.test(name);
}

/**
 * A value in its usual form: on and off, enumerations in lower case, encodings by their name. What is not understood
 * stays as it is, and the server has the last word.
 */
export function canonicalGucValue(guc: KnownGuc, value: string): string {
  const trimmed = value.trim();
  if (guc.kind === 'boolean') return canonicalBoolean(trimmed) ?? value;
  if (guc.kind === 'enum') return trimmed.toLowerCase();
  if (guc.name === 'client_encoding') return canonicalEncoding(value);
  // Empty and blank differ for texts such as search_path; numbers don't care.
  return trimmed === '' ? value : trimmed;
}

/** `on`, `off`, or null if Postgres would not take it as a boolean: any beginning of the words that is not in doubt. */
export function canonicalBoolean(value: string): 'on' | 'off' | null {
  const text = value.toLowerCase();
  if (text === '') return null;
  if ('true'.startsWith(text) || 'yes'.startsWith(text) || text === 'on' || text === '1') return 'on';
  if ('false'.startsWith(text) || 'no'.startsWith(text) || text === '0') return 'off';
  return text === 'of' || text === 'off' ? 'off' : null;
}

const encodings: Readonly<Record<string, string>> = {
  utf8: 'UTF8',
  unicode: 'UTF8',
  sqlascii: 'SQL_ASCII',
  latin1: 'LATIN1',
  iso88591: 'LATIN1',
  latin9: 'LATIN9',
  iso885915: 'LATIN9',
  win1252: 'WIN1252',
  windows1252: 'WIN1252',
  win1251: 'WIN1251',
  win: 'WIN1251',
  windows1251: 'WIN1251',
};

// As the server compares names of encodings: letters and digits only, in any case. asyncpg sends `'utf-8'`, quotes and all.
function canonicalEncoding(value: string): string {
  return encodings[value.toLowerCase().replace(/[^a-z0-9]/g, '')] ?? value.trim();
}
