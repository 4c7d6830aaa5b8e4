// A whole installation, cell after cell, so that only one of them is in memory.
import { Random } from '../random.ts';
import { Figures } from './figures.ts';
import { type CellResult, ModelCell } from './model-cell.ts';
import type { RedisCost } from './model-redis.ts';
import { ModelTenant } from './model-tenant.ts';
import type { ScaleOptions } from './options.ts';
import { budgetOf, clientsByRank, isAwake } from './tenant-sizes.ts';

export interface ScaleResult {
  /** Of all cells together, while nothing goes wrong. */
  readonly calm: Figures;
  readonly cells: readonly CellResult[];
  /** Tenants that have clients. */
  readonly present: number;
  readonly awake: number;
}

/**
 * Simulates the first `cells` of all, each of which `told` hears of when it is done. Throws where a budget is passed, a
 * client lost or a waiter forgotten.
 */
export function simulate(
  options: ScaleOptions,
  cost: RedisCost,
  cells = options.cells,
  told: (cell: number) => void = () => {},
): ScaleResult {
  const random = new Random(options.seed);
  const counts = clientsByRank(options.tenants, options.clients, options.zipf, random);
  const calm = new Figures();
  const results: CellResult[] = [];
  let present = 0;
  let awake = 0;
  for (let cell = 0; cell < cells; cell++) {
    const tenants: ModelTenant[] = [];
    // By turns, as whoever places tenants by their size would: each cell has some of the largest.
    for (let rank = cell; rank < counts.length; rank += options.cells) {
      const clients = counts[rank]!;
      if (clients > 0)
        tenants.push(new ModelTenant(rank, clients, budgetOf(clients, random), isAwake(clients, random)));
    }
    present += tenants.length;
    awake += tenants.filter((tenant) => tenant.isAwake).length;
    const result = new ModelCell(options, tenants, cost, random).run(cell === 0);
    results.push(result);
    calm.merge(result.calm);
    told(cell);
  }
  return { calm, cells: results, present, awake };
}
