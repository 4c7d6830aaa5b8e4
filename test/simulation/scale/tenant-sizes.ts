// How large the simulated tenants are: clients by Zipf's law, databases that grow with them, and who is awake.
import { computeSizing, gibibyte } from '@weir/tenancy';
import type { Random } from '../random.ts';

/** No tenant has more: the default limit of an endpoint. */
const clientsMax = 10_000;

/** Memory of the tenants' database machines in GiB, and how common each is among tenants with so many clients. */
const machines: readonly (readonly [
  clientsBelow: number,
  shares: readonly (readonly [GiB: number, share: number])[],
])[] = [
  [
    10,
    [
      [0.125, 0.3],
      [0.25, 0.5],
      [1, 0.2],
    ],
  ],
  [
    100,
    [
      [0.125, 0.1],
      [0.25, 0.4],
      [1, 0.4],
      [4, 0.1],
    ],
  ],
  [
    1_000,
    [
      [0.25, 0.2],
      [1, 0.5],
      [4, 0.3],
    ],
  ],
  [
    Number.POSITIVE_INFINITY,
    [
      [1, 0.2],
      [4, 0.5],
      [16, 0.3],
    ],
  ],
];

/** Tenants are told apart by how many clients they have: below 2, 10, 100, 1000, and more. */
export const sizeNames = ['1 client', '2 to 9', '10 to 99', '100 to 999', '1000 and more'] as const;

export function sizeOf(clients: number): number {
  return clients < 2 ? 0 : Math.min(sizeNames.length - 1, Math.floor(Math.log10(clients)) + 1);
}

/**
 * Clients of each tenant, largest first. Their sum is `clients`, unless so few tenants may have no more of them.
 * Zipf with exponent 1 has as many clients in each decade of ranks: neither a few large tenants nor the many small
 * ones decide alone what is seen.
 */
export function clientsByRank(tenants: number, clients: number, zipf: number, random: Random): Uint16Array {
  const weights = new Float64Array(tenants);
  for (let rank = 0; rank < tenants; rank++) weights[rank] = (rank + 1) ** -zipf;
  const total = Math.min(clients, tenants * clientsMax);
  const sumAt = (factor: number): number => {
    let sum = 0;
    for (const weight of weights) sum += Math.min(clientsMax, weight * factor);
    return sum;
  };
  let low = 0;
  let high = 1;
  while (sumAt(high) < total * 0.999_999) high *= 2;
  for (let i = 0; i < 50; i++) {
    const middle = (low + high) / 2;
    if (sumAt(middle) < total) low = middle;
    else high = middle;
  }
  // Whole numbers with the same sum: each tenant gets those that the running sum passes.
  const counts = new Uint16Array(tenants);
  const offset = random.next();
  let sum = 0;
  let given = 0;
  for (let rank = 0; rank < tenants; rank++) {
    sum += Math.min(clientsMax, weights[rank]! * high);
    const upTo = rank === tenants - 1 ? total : Math.min(total, Math.floor(sum + offset));
    counts[rank] = Math.min(clientsMax, upTo - given);
    given += counts[rank]!;
  }
  return counts;
}

/** The budget of a tenant with so many clients, by the sizing that serves real ones. */
export function budgetOf(clients: number, random: Random): number {
  const [, shares] = machines.find(([below]) => clients < below)!;
  let left = random.next();
  let [memory] = shares.at(-1)!;
  for (const [size, share] of shares) {
    left -= share;
    if (left >= 0) continue;
    memory = size;
    break;
  }
  return computeSizing({ ramBytes: memory * gibibyte, maxConnections: null, reservedConnections: null })
    .budget;
}

/** Of tenants with few clients most only keep them open, as warm instances of functions and idle pools of programs do. */
export function isAwake(clients: number, random: Random): boolean {
  return random.chance(clients < 10 ? 0.3 : 0.8);
}
