// Which settings of a server connection its client may have changed since the last proof, and what the proof says.
import type { SessionEffects } from '@weir/sql';
import { type ValueSet, valueSetOf } from './value-set.ts';

// Settings that RESET ALL leaves alone.
const keptByReset = ['role', 'session_authorization'];

// Names that Postgres itself writes with capitals; as in the startup parameters, so that one name has one spelling.
const spelling = new Map([
  ['datestyle', 'DateStyle'],
  ['intervalstyle', 'IntervalStyle'],
  ['timezone', 'TimeZone'],
]);

const spelled = (lower: string): string => spelling.get(lower) ?? lower;
const isCustom = (name: string): boolean => name.includes('.');

/** More names than this at a time are not asked about: the server is pinned. */
export const namesMax = 64;

/** What the texts of one checkout say that they changed. Whether they did, only the server knows. */
export class ChangedSettings {
  readonly names = new Set<string>();
  private readonly resets = new Set<string>();
  private resetAll: SessionEffects['resetAll'] = 'no';
  /** Put back by a text that may have been undone since, or not have run: the value tells. */
  private readonly maybeReset = new Set<string>();
  private maybeResetAll = false;
  /** Errors of the server connection when a reset was noted: with none since, it was carried out. */
  private errorsBefore = -1;
  /** The batch of the only text, if that is certain: if it fails, nothing has changed. */
  private onlyBatch = -1;
  private texts = 0;
  private nothing = false;

  /**
   * `certain`: nothing is owed before the text, it runs outside a transaction and has no BEGIN or COMMIT in it; so it
   * happens whole or fails.
   */
  note(effects: SessionEffects, certain: boolean, errors: number, server: ValueSet, batch: number): void {
    this.onlyBatch = this.texts++ === 0 && certain ? batch : -1;
    this.nothing = false;
    if (effects.resetAll !== 'no') {
      if (certain) {
        this.names.clear();
        this.resets.clear();
        if (this.resetAll !== 'discard') this.resetAll = effects.resetAll;
        this.errorsBefore = errors;
      } else {
        for (const name of server.values.keys()) this.names.add(name);
        this.maybeResetAll = true;
      }
    }
    if (!certain) for (const lower of effects.resets) this.maybeReset.add(spelled(lower));
    const resets = certain ? effects.resets : [];
    for (const lower of effects.settings) {
      const name = spelled(lower);
      this.names.add(name);
      this.resets.delete(name);
    }
    if (resets.length === 0) return;
    this.errorsBefore = errors;
    for (const lower of resets) this.resets.add(spelled(lower));
  }

  /** The query that was this batch has failed. */
  failed(batch: number): void {
    if (batch === this.onlyBatch) this.nothing = true;
  }

  /** The names to ask the server about, in order, or null: nothing can have changed. `server`: what it held before. */
  ask(errors: number, server: ValueSet): readonly string[] | null {
    if (this.nothing) return null;
    if (errors !== this.errorsBefore) {
      this.resets.clear();
      if (this.resetAll !== 'no') for (const name of server.values.keys()) this.names.add(name);
      this.resetAll = 'no';
    }
    return [...this.names].filter((name) => !this.resets.has(name));
  }

  /** What the server holds now, `shown` being its answers to `asked`. */
  held(asked: readonly string[], shown: readonly string[], before: ValueSet): ValueSet {
    const values = new Map(this.resetAll === 'no' ? before.values : []);
    if (this.resetAll === 'reset') {
      for (const name of keptByReset) {
        const value = before.values.get(name);
        if (value !== undefined) values.set(name, value);
      }
    }
    // A setting of the application that was there once is empty from then on, never unknown again.
    if (this.resetAll !== 'no')
      for (const name of before.values.keys()) if (isCustom(name)) values.set(name, '');
    for (const name of this.resets) {
      if (isCustom(name)) values.set(name, '');
      else values.delete(name);
    }
    for (const [index, name] of asked.entries()) {
      const value = shown[index]!;
      if (name === 'role' && value === 'none') values.delete(name);
      else values.set(name, value);
    }
    return valueSetOf(values);
  }

  /** Those of the startup values that may have been put back, `given` being what the server was opened with. */
  mayLack(startup: ValueSet, given: ValueSet | null): readonly (readonly [name: string, value: string])[] {
    return [...startup.values].filter(
      ([name, value]) => (this.wasReset(name) || this.mayBeReset(name)) && given?.values.get(name) !== value,
    );
  }

  private wasReset(name: string): boolean {
    return this.resetAll !== 'no' || this.resets.has(name);
  }

  private mayBeReset(name: string): boolean {
    return this.maybeResetAll || this.maybeReset.has(name);
  }

  /** What the client is to have: as the server, and where it has gone back to its start, its own startup values. */
  wanted(held: ValueSet, startup: ValueSet): ValueSet {
    const values = new Map(held.values);
    for (const [name, value] of startup.values) {
      const gone = (values.get(name) ?? '') === '' && this.wasReset(name);
      // A server that was opened without the value shows an empty one where it was put back.
      const emptied = values.get(name) === '' && this.mayBeReset(name);
      if (gone || emptied) values.set(name, value);
    }
    return valueSetOf(values);
  }
}

/** Asks for the settings one by one: SHOW needs no snapshot, no search_path and no right to read pg_settings. */
export function showQuery(names: readonly string[]): string {
  return names
    .map(
      (name) =>
        `SHOW ${name
          .split('.')
          .map((part) => `"${part.replaceAll('"', '""')}"`)
          .join('.')}`,
    )
    .join(';');
}
