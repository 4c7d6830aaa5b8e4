// Numbers, memory and times as people read them, always in the same locale so that pages and tests agree.

const whole = new Intl.NumberFormat('en');
const day = new Intl.DateTimeFormat('en', { year: 'numeric', month: 'short', day: 'numeric' });
const moment = new Intl.DateTimeFormat('en', { dateStyle: 'medium', timeStyle: 'medium', hourCycle: 'h23' });
const gibibyteBytes = 1_073_741_824;
const mebibyteBytes = 1_048_576;

/** `9,531,392` */
export function count(value: number): string {
  return whole.format(value);
}

/** `3 clients`, `1 client` */
export function counted(value: number, one: string, many = `${one}s`): string {
  return `${count(value)} ${value === 1 ? one : many}`;
}

/** Memory in the largest unit that leaves at most two decimals worth reading: `512 MiB`, `1.5 GiB`. */
export function memory(bytes: number): string {
  if (bytes < gibibyteBytes) return `${count(Math.round(bytes / mebibyteBytes))} MiB`;
  return `${whole.format(Math.round((bytes / gibibyteBytes) * 100) / 100)} GiB`;
}

/** `Nov 3, 2026`; what is no date comes back as it is. */
export function date(iso: string): string {
  const time = Date.parse(iso);
  return Number.isNaN(time) ? iso : day.format(time);
}

const durationUnits = [
  { unit: 'd', ms: 86_400_000 },
  { unit: 'h', ms: 3_600_000 },
  { unit: 'min', ms: 60_000 },
  { unit: 's', ms: 1000 },
] as const;

/** `60 s`, `5 min`, `1 h`: the largest unit that is left whole, but seconds up to two minutes. */
export function duration(ms: number): string {
  if (ms < 1000) return `${count(ms)} ms`;
  if (ms >= 120_000) {
    const whole = durationUnits.find((one) => ms % one.ms === 0);
    if (whole !== undefined) return `${count(ms / whole.ms)} ${whole.unit}`;
  }
  return `${count(Math.round(ms / 100) / 10)} s`;
}

/** `Nov 3, 2026, 14:05:09`, in the time zone of who reads it. */
export function time(iso: string): string {
  const at = Date.parse(iso);
  return Number.isNaN(at) ? iso : moment.format(at);
}

/** How long something has lasted, roughly, in one unit that only ever grows: `0 s`, `59 s`, `7 min`, `3 h`, `2 d`. */
export function age(ms: number): string {
  const fitting = durationUnits.find((one) => ms >= one.ms) ?? durationUnits[durationUnits.length - 1]!;
  return `${count(Math.max(0, Math.floor(ms / fitting.ms)))} ${fitting.unit}`;
}

/** With two decimals at most: `0.25`, `1,204.5`. */
export function decimal(value: number): string {
  return whole.format(Math.round(value * 100) / 100);
}

const byteUnits = ['B', 'kB', 'MB', 'GB', 'TB'] as const;

/** Bytes in units of a thousand: `950 B`, `1.2 MB`. */
export function bytes(value: number): string {
  const power = value < 1 ? 0 : Math.min(byteUnits.length - 1, Math.floor(Math.log10(value) / 3));
  return `${whole.format(Math.round((value / 1000 ** power) * 10) / 10)} ${byteUnits[power]}`;
}

const hourOfDay = new Intl.DateTimeFormat('en', {
  month: 'short',
  day: 'numeric',
  hour: '2-digit',
  minute: '2-digit',
  hourCycle: 'h23',
  timeZone: 'UTC',
});
const dayOfYear = new Intl.DateTimeFormat('en', {
  year: 'numeric',
  month: 'short',
  day: 'numeric',
  timeZone: 'UTC',
});
const monthOfYear = new Intl.DateTimeFormat('en', { year: 'numeric', month: 'long', timeZone: 'UTC' });

/** When a period begins, in UTC: `Nov 3, 14:00`, `Nov 3, 2026`, `November 2026`. */
export function period(iso: string, by: 'hour' | 'day' | 'month'): string {
  const format = { hour: hourOfDay, day: dayOfYear, month: monthOfYear }[by];
  return format.format(Date.parse(iso));
}
