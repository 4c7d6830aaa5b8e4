// From the replies of the last minutes to the lines of the charts. No drawing.
import type { EndpointActivityReply } from '@weir/api-contract';
import { countedBetween, quantileOf } from './durations.ts';

/** Values over time; null where there is none. In the order of `seconds`. */
export type Line = readonly (number | null)[];

export interface Percentiles {
  readonly p50: Line;
  readonly p95: Line;
  readonly p99: Line;
}

export interface Series {
  /** Unix time. */
  readonly seconds: readonly number[];
  readonly clients: { readonly active: Line; readonly idle: Line; readonly waiting: Line };
  readonly servers: { readonly open: Line; readonly budget: Line };
  /** In ms. */
  readonly waits: Percentiles;
  readonly executions: Percentiles;
  readonly transactionsPerSecond: Line;
  readonly errorsPerSecond: Line;
}

// Long enough that a percentile of quiet traffic means something, short enough to see what happens now.
const windowMs = 10_000;

/** `history`: oldest first. */
export function seriesOf(history: readonly EndpointActivityReply[]): Series {
  const atMs = history.map(({ at }) => Date.parse(at));
  const line = (value: (reply: EndpointActivityReply) => number): Line => history.map(value);
  return {
    seconds: atMs.map((ms) => ms / 1000),
    clients: {
      active: line(({ totals }) => totals.clientsActive),
      idle: line(({ totals }) => totals.clientsIdle),
      waiting: line(({ totals }) => totals.clientsWaiting),
    },
    servers: { open: line(({ serversOpen }) => serversOpen), budget: line(({ budget }) => budget) },
    waits: percentilesOf(history, atMs, ({ counted }) => counted.waits),
    executions: percentilesOf(history, atMs, ({ counted }) => counted.executions),
    transactionsPerSecond: rateOf(history, atMs, ({ totals }) => totals.transactionsTotal),
    errorsPerSecond: rateOf(history, atMs, ({ counted }) =>
      Object.values(counted.errors).reduce((sum, count) => sum + count, 0),
    ),
  };
}

type Classes = (reply: EndpointActivityReply) => readonly number[];

function percentilesOf(
  history: readonly EndpointActivityReply[],
  atMs: readonly number[],
  classes: Classes,
): Percentiles {
  let from = 0;
  const windows = history.map((reply, index) => {
    while (atMs[index]! - atMs[from]! > windowMs) from++;
    const counts = from === index ? null : countedBetween(classes(history[from]!), classes(reply));
    return { bounds: reply.counted.boundsSeconds, counts };
  });
  const line = (quantile: number): Line =>
    windows.map(({ bounds, counts }) => {
      const seconds = counts === null ? null : quantileOf(bounds, counts, quantile);
      return seconds === null ? null : seconds * 1000;
    });
  return { p50: line(0.5), p95: line(0.95), p99: line(0.99) };
}

function rateOf(
  history: readonly EndpointActivityReply[],
  atMs: readonly number[],
  total: (reply: EndpointActivityReply) => number,
): Line {
  return history.map((reply, index) => {
    const before = history[index - 1];
    if (before === undefined) return null;
    const seconds = (atMs[index]! - atMs[index - 1]!) / 1000;
    const counted = total(reply) - total(before);
    return seconds <= 0 || counted < 0 ? null : counted / seconds;
  });
}

/** The newest value of a line; null: there is none. */
export function newestOf(line: Line): number | null {
  return line.at(-1) ?? null;
}
