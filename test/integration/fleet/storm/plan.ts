// What happens in a storm, and when: drawn from a seed before it begins. Nothing here does anything.
import type { SeededRandom } from '../../seeded-random.ts';

/** `place`: of one of a node's processes, by its supervisor's count. */
export type Fault =
  | { readonly kind: 'kill-process'; readonly node: number; readonly place: number }
  | { readonly kind: 'kill-supervisor' | 'roll' | 'restart'; readonly node: number }
  | {
      readonly kind: 'freeze-process';
      readonly node: number;
      readonly place: number;
      readonly forMs: number;
    }
  | {
      readonly kind: 'freeze-supervisor' | 'freeze-node' | 'refuse-redis' | 'hold-redis' | 'hold-database';
      readonly node: number;
      readonly forMs: number;
    };

export type FaultKind = Fault['kind'];

export interface PlannedFault {
  /** From the beginning of the storm. */
  readonly atMs: number;
  readonly fault: Fault;
}

export interface StormShape {
  readonly seconds: number;
  /** From one fault to the next. */
  readonly everyMs: number;
  readonly nodes: number;
  /** Processes of a node. */
  readonly places: number;
  readonly forMsMin: number;
  readonly forMsMax: number;
}

/** Kinds that end or stop processes, and how long a node needs afterwards, about: it is to serve before it is hit again. */
const restMs: Partial<Record<FaultKind, number>> = {
  'kill-process': 4_000,
  'kill-supervisor': 8_000,
  'freeze-process': 5_000,
  'freeze-supervisor': 3_000,
  'freeze-node': 5_000,
  roll: 8_000,
  restart: 8_000,
};

/** Those that cut a line; a node may be cut off while something else happens to it. */
const cuts: readonly FaultKind[] = ['refuse-redis', 'hold-redis', 'hold-database'];

export const faultKinds = [...Object.keys(restMs), ...cuts] as readonly FaultKind[];

export function isCut({ kind }: Pick<Fault, 'kind'>): boolean {
  return cuts.includes(kind);
}

/** One fault after the other, each kind before any comes again, and one node at least left running at any time. */
export function planStorm(random: SeededRandom, shape: StormShape): PlannedFault[] {
  const { seconds, everyMs, nodes, places, forMsMin, forMsMax } = shape;
  const runsAgainAtMs = Array.from({ length: nodes }, () => 0);
  const cutUntilMs = new Map<string, number>();
  const planned: PlannedFault[] = [];
  let kinds: FaultKind[] = [];
  for (let atMs = everyMs; atMs < seconds * 1_000; atMs += everyMs) {
    if (kinds.length === 0) kinds = [...faultKinds];
    const free = runsAgainAtMs.flatMap((untilMs, node) => (untilMs <= atMs ? [node] : []));
    const choicesOf = (some: readonly FaultKind[]) =>
      some.flatMap((kind) => {
        const able = isCut({ kind })
          ? nodesNotCut(kind, nodes, cutUntilMs, atMs)
          : free.length > 1
            ? free
            : [];
        return able.map((node) => ({ kind, node }));
      });
    const choices = choicesOf(kinds);
    // While nodes rest, lines can be cut.
    const open = choices.length > 0 ? choices : choicesOf(cuts);
    if (open.length === 0) continue;
    const { kind, node } = random.pick(open);
    const forMs = forMsMin + random.below(forMsMax - forMsMin + 1);
    kinds = kinds.filter((other) => other !== kind);
    const fault = { kind, node, place: random.below(places), forMs } as Fault;
    if (!isCut({ kind })) {
      const lastsMs = kind.startsWith('freeze') ? forMs : 0;
      runsAgainAtMs[node] = atMs + lastsMs + restMs[kind]!;
    } else cutUntilMs.set(`${kind} ${node}`, atMs + forMs);
    planned.push({ atMs, fault });
  }
  return planned;
}

function nodesNotCut(
  kind: FaultKind,
  nodes: number,
  cutUntilMs: ReadonlyMap<string, number>,
  atMs: number,
): number[] {
  return Array.from({ length: nodes }, (_, node) => node).filter(
    (node) => (cutUntilMs.get(`${kind} ${node}`) ?? 0) <= atMs,
  );
}

/** Budgets from 1 to `most`, small ones as often as the next bigger ones together; both ends are among them. */
export function drawBudgets(random: SeededRandom, count: number, most: number): number[] {
  const budgets = [1, most];
  while (budgets.length < count) {
    budgets.push(Math.round(Math.exp((random.below(10_001) / 10_000) * Math.log(most))));
  }
  return budgets.slice(0, count);
}

/** `clients` shared out over tenants: some for each, and the more the bigger its budget. */
export function shareClients(clients: number, budgets: readonly number[]): number[] {
  const weights = budgets.map((budget) => 8 + budget / 2);
  const whole = weights.reduce((sum, weight) => sum + weight, 0);
  let weight = 0;
  let given = 0;
  return weights.map((own) => {
    weight += own;
    const upTo = Math.round((clients * weight) / whole);
    const share = upTo - given;
    given = upTo;
    return share;
  });
}
