// How many slots each holder ought to have, where more are needed than there are: what it needs, at most an equal part.
import { incumbencyMs } from './times.ts';

/** What one holder has and needs. */
export interface Need {
  readonly holder: string;
  readonly charge: number;
  /** Busy server connections, and those wanted beside them. */
  readonly need: number;
  /** For how long somebody has waited there. */
  readonly waitMs: number;
}

/** By holder, in any order; their sum is at most `budget`, and nobody's is above its need. */
export function shareOut(budget: number, needs: readonly Need[]): Map<string, number> {
  const rest = [...needs].sort((a, b) => a.need - b.need || byName(a, b));
  const targets = new Map<string, number>();
  let left = budget;
  for (let least = rest[0]; least !== undefined; least = rest[0]) {
    if (least.need > Math.floor(left / rest.length)) break;
    targets.set(least.holder, least.need);
    left -= least.need;
    rest.shift();
  }
  if (rest.length === 0) return targets;
  const level = Math.floor(left / rest.length);
  let extra = left - level * rest.length;
  const score = ({ waitMs, charge }: Need): number => waitMs + (charge > level ? incumbencyMs : 0);
  rest.sort((a, b) => score(b) - score(a) || byName(a, b));
  for (const { holder } of rest) {
    targets.set(holder, extra > 0 ? level + 1 : level);
    extra--;
  }
  return targets;
}

/** Names are ASCII, so that Redis's Lua puts them into the same order. */
export function byName(a: { readonly holder: string }, b: { readonly holder: string }): number {
  return a.holder < b.holder ? -1 : 1;
}
