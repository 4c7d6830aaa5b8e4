// The sizing calculator's numbers as typed, and the sizing that they give.
import { computeSizing, gibibyte, type Sizing } from '@weir/tenancy';

/** Everything as typed. Empty `maxConnections`: the server was not asked. */
export interface SizingForm {
  readonly ramGb: string;
  readonly divisorBytes: string;
  readonly cap: string;
  readonly reserve: string;
  readonly maxConnections: string;
  readonly reservedConnections: string;
}

export type SizingFormField = keyof SizingForm;

/** A sizing as it is typed. */
export function sizingFormOf(sizing: Sizing): SizingForm {
  const { ramBytes, divisorBytes, cap, reserve, maxConnections, reservedConnections } = sizing;
  return {
    ramGb: String(Math.round((ramBytes / gibibyte) * 1000) / 1000),
    divisorBytes: String(divisorBytes),
    cap: String(cap),
    reserve: String(reserve),
    maxConnections: maxConnections === null ? '' : String(maxConnections),
    reservedConnections: reservedConnections === null ? '' : String(reservedConnections),
  };
}

/** GiB as typed, or null if that is no amount of memory. */
export function readRamGb(text: string): number | null {
  const ramGb = text.trim() === '' ? Number.NaN : Number(text.trim().replace(',', '.'));
  return Number.isFinite(ramGb) && ramGb > 0 && ramGb <= 65_536 ? ramGb : null;
}

/** The sizing of a form, and what is wrong with its numbers; it is null while anything is. */
export function readSizing(form: SizingForm): {
  readonly sizing: Sizing | null;
  readonly faults: Readonly<Partial<Record<SizingFormField, string>>>;
} {
  const faults: Partial<Record<SizingFormField, string>> = {};
  const whole = (field: SizingFormField, least: number, most: number): number => {
    const text = form[field].trim().replaceAll(',', '');
    const number = /^\d+$/.test(text) ? Number(text) : Number.NaN;
    if (number >= least && number <= most) return number;
    faults[field] = `Must be a whole number from ${least} to ${most.toLocaleString('en')}.`;
    return least;
  };
  const ramGb = readRamGb(form.ramGb);
  if (ramGb === null) faults.ramGb = 'Must be an amount of memory in GiB.';
  const divisorBytes = whole('divisorBytes', 1, Number.MAX_SAFE_INTEGER);
  const cap = whole('cap', 1, 100_000);
  const reserve = whole('reserve', 0, 100_000);
  const isAsked = form.maxConnections.trim() !== '';
  const maxConnections = isAsked ? whole('maxConnections', 1, 1_000_000) : null;
  const reservedConnections =
    form.reservedConnections.trim() === '' ? null : whole('reservedConnections', 0, 1_000_000);
  if (Object.keys(faults).length > 0) return { sizing: null, faults };
  const ramBytes = Math.max(1, Math.round(ramGb! * gibibyte));
  const sizing = computeSizing({ ramBytes, divisorBytes, cap, reserve, maxConnections, reservedConnections });
  return { sizing, faults };
}
