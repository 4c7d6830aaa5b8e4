// A scrape shows the counters of that moment, in names that stand in one table, with a bounded number of labels.
import { expect, test } from 'vitest';
import { Histogram } from './histogram.ts';
import { metricDefinitions } from './metric-names.ts';
import { createMetrics, type EndpointCounters } from './metrics.ts';

const full = (endpoint: string): EndpointCounters => ({
  endpoint,
  clients: { active: 1, idle: 2, waiting: 3 },
  servers: { active: 4, idle: 5, opening: 6, direct: 7, pinned: 8, closing: 9 },
  checkouts: 10,
  transactions: 11,
  pinnedTransactions: 3,
  queries: 12,
  waitSeconds: histogramOf(0.0001, 0.7),
  querySeconds: histogramOf(70),
  serverOpens: 13,
  serverCloses: { idle: 14 },
  pins: { listen: 2 },
  clientCloses: new Map([['terminated', 15]]),
  errors: { '28P01': 16 },
  budget: 17,
  budgetUsed: 18,
  budgetShare: 9,
  budgetQuarantined: 2,
  budgetOverruns: 1,
  foreignSessions: 3,
  generation: 21,
  bytes: { fromClients: 19, toClients: 20 },
});

function histogramOf(...values: number[]): Histogram {
  const histogram = new Histogram();
  for (const value of values) histogram.observe(value);
  return histogram;
}

test('every metric of the table is exported, with its labels', async () => {
  const counts = { due: 1, oldestDueSeconds: 2.5, runs: 3, failures: 4, retries: 5 };
  const jobs = async () => [{ job: 'publish', ...counts, seconds: histogramOf(0.3) }];
  const text = await createMetrics({ collect: () => [full('ep-a')], jobs }).text();
  for (const { name, type, help } of Object.values(metricDefinitions)) {
    expect(text).toContain(`# HELP ${name} ${help}\n# TYPE ${name} ${type}\n`);
  }
  for (const line of [
    'weir_clients{endpoint="ep-a",state="waiting"} 3',
    'weir_servers{endpoint="ep-a",state="closing"} 9',
    'weir_checkouts_total{endpoint="ep-a"} 10',
    'weir_server_closes_total{endpoint="ep-a",reason="idle"} 14',
    'weir_client_closes_total{endpoint="ep-a",reason="terminated"} 15',
    'weir_errors_total{endpoint="ep-a",code="28P01"} 16',
    'weir_budget{endpoint="ep-a"} 17',
    'weir_budget_share{endpoint="ep-a"} 9',
    'weir_budget_quarantined{endpoint="ep-a"} 2',
    'weir_budget_overrun_total{endpoint="ep-a"} 1',
    'weir_foreign_sessions{endpoint="ep-a"} 3',
    'weir_bytes_total{endpoint="ep-a",direction="to_clients"} 20',
    'weir_jobs_due{job="publish"} 1',
    'weir_jobs_oldest_due_seconds{job="publish"} 2.5',
    'weir_job_runs_total{job="publish"} 3',
    'weir_job_failures_total{job="publish"} 4',
    'weir_job_retries_total{job="publish"} 5',
    'weir_job_seconds_bucket{job="publish",le="0.5"} 1',
  ]) {
    expect(text).toContain(`${line}\n`);
  }
});

test('names start with weir_, end with _total if counted, and are written once', () => {
  const definitions = Object.values(metricDefinitions);
  for (const { name, type } of definitions) {
    expect(name).toMatch(/^weir_[a-z_]+$/);
    expect(name.endsWith('_total')).toBe(type === 'counter');
  }
  expect(new Set(definitions.map(({ name }) => name)).size).toBe(definitions.length);
});

test('histogram buckets are cumulated and end in +Inf', async () => {
  const text = await createMetrics({ collect: () => [full('ep-a')] }).text();
  expect(text).toContain('weir_wait_seconds_bucket{endpoint="ep-a",le="0.0001"} 1\n');
  expect(text).toContain('weir_wait_seconds_bucket{endpoint="ep-a",le="0.5"} 1\n');
  expect(text).toContain('weir_wait_seconds_bucket{endpoint="ep-a",le="1"} 2\n');
  expect(text).toContain('weir_wait_seconds_bucket{endpoint="ep-a",le="+Inf"} 2\n');
  expect(text).toContain('weir_wait_seconds_count{endpoint="ep-a"} 2\n');
  expect(text).toContain('weir_query_seconds_bucket{endpoint="ep-a",le="60"} 0\n');
  expect(text).toContain('weir_query_seconds_bucket{endpoint="ep-a",le="+Inf"} 1\n');
  expect(text).toContain('weir_query_seconds_sum{endpoint="ep-a"} 70\n');
});

test('counters are asked for once per scrape, and what is gone is not shown again', async () => {
  let asked = 0;
  let endpoints = [full('ep-a')];
  const metrics = createMetrics({
    collect: () => {
      asked++;
      return endpoints;
    },
  });
  expect(asked).toBe(0);
  await metrics.text();
  endpoints = [{ endpoint: 'ep-b', queries: 1 }];
  const text = await metrics.text();
  expect(asked).toBe(2);
  expect(text).toContain('weir_queries_total{endpoint="ep-b"} 1\n');
  expect(text).not.toContain('ep-a');
});

test('endpoints past the bound share one label, and nobody changes a label once given', async () => {
  let endpoints = ['', 'ep-a', 'ep-b', 'ep-c', 'ep-d'];
  const metrics = createMetrics({ endpointLabelsMax: 2, collect: () => endpoints.map(full) });
  const before = await metrics.text();
  endpoints = ['ep-c', 'ep-b'];
  const after = await metrics.text();
  const queries = (text: string) => text.split('\n').filter((line) => line.startsWith('weir_queries_total'));
  expect(queries(before)).toEqual([
    'weir_queries_total{endpoint=""} 12',
    'weir_queries_total{endpoint="ep-a"} 12',
    'weir_queries_total{endpoint="ep-b"} 12',
    'weir_queries_total{endpoint="other"} 24',
  ]);
  expect(queries(after)).toEqual([
    'weir_queries_total{endpoint="other"} 12',
    'weir_queries_total{endpoint="ep-b"} 12',
  ]);
  expect(before).toContain('weir_wait_seconds_count{endpoint="other"} 4\n');
});

test('a process without endpoints exports what it uses itself', async () => {
  const text = await createMetrics().text();
  expect(text).toContain('process_cpu_user_seconds_total');
  expect(text).toContain('nodejs_eventloop_lag_seconds');
  expect(text).not.toContain('weir_');
});

test('two sets of metrics in one process do not meet', async () => {
  const [first, second] = ['ep-a', 'ep-b'].map((id) => createMetrics({ collect: () => [full(id)] }));
  expect(await first!.text()).not.toContain('ep-b');
  expect(await second!.text()).not.toContain('ep-a');
});
