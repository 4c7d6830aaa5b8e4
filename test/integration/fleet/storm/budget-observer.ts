// Watches the database from outside, under a role of its own: whether any tenant ever has more server connections than its budget.
import type pg from 'pg';

/** A tenant that had more than its budget at one moment. */
export interface Overrun {
  readonly atMs: number;
  readonly role: string;
  readonly budget: number;
  readonly backends: readonly unknown[];
}

export interface BudgetSight {
  readonly samples: number;
  /** Of all tenants together. */
  readonly most: number;
  /** Longest time from one sample to the next, ms. */
  readonly gapMsMost: number;
  /** How many tenants had all of their budget in use at once. */
  readonly full: number;
  readonly overruns: readonly Overrun[];
}

const sampleEachMs = 50;

// A snapshot of pg_stat_activity is not taken at one moment: somebody seen at its beginning may have left before another
// came who is seen at its end. All that were there before it began have been there together at that moment.
const countQuery = `
  select usename as role, count(*)::int as count
  from pg_stat_activity
  where backend_type = 'client backend' and usename like $1 and backend_start <= statement_timestamp()
  group by 1`;

const whoQuery = `
  select pid, application_name, client_port, state, backend_start, state_change, left(query, 80) as query, now()
  from pg_stat_activity where usename = $1`;

export class BudgetObserver {
  private readonly client: pg.Client;
  private readonly budgets: ReadonlyMap<string, number>;
  private readonly mostOf = new Map<string, number>();
  private readonly overruns: Overrun[] = [];
  private samples = 0;
  private most = 0;
  private gapMsMost = 0;
  private going = true;
  private readonly done: Promise<void>;

  /** `client` is connected, `roles` is a pattern for LIKE, `budgets` goes by role. */
  constructor(client: pg.Client, roles: string, budgets: ReadonlyMap<string, number>) {
    this.client = client;
    this.budgets = budgets;
    client.on('error', () => {});
    this.done = this.watch(roles);
    // Heard by `stop`, if it comes to that.
    this.done.catch(() => {});
  }

  async stop(): Promise<BudgetSight> {
    this.going = false;
    await this.done;
    await this.client.end();
    const { samples, most, gapMsMost, overruns, budgets, mostOf } = this;
    const full = [...budgets].filter(([role, budget]) => (mostOf.get(role) ?? 0) >= budget).length;
    return { samples, most, gapMsMost, full, overruns };
  }

  private async watch(roles: string): Promise<void> {
    for (let lastMs = performance.now(); this.going; ) {
      const { rows } = await this.client.query<{ role: string; count: number }>(countQuery, [roles]);
      const nowMs = performance.now();
      this.gapMsMost = Math.max(this.gapMsMost, nowMs - lastMs);
      lastMs = nowMs;
      this.samples++;
      let all = 0;
      for (const { role, count } of rows) {
        all += count;
        this.mostOf.set(role, Math.max(this.mostOf.get(role) ?? 0, count));
        const budget = this.budgets.get(role)!;
        if (count <= budget || this.overruns.length >= 20) continue;
        const { rows: backends } = await this.client.query(whoQuery, [role]);
        this.overruns.push({ atMs: Date.now(), role, budget, backends: [count, ...backends] });
      }
      this.most = Math.max(this.most, all);
      const leftMs = sampleEachMs - (performance.now() - nowMs);
      await new Promise((resolve) => setTimeout(resolve, Math.max(0, leftMs)));
    }
  }
}
