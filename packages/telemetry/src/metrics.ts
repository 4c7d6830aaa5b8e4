// Metrics as a process exports them: its counters are plain numbers, read once per scrape and never touched before it.
import { collectDefaultMetrics, type Metric, Registry } from 'prom-client';
import { EndpointLabels } from './endpoint-labels.ts';
import type { Histogram } from './histogram.ts';
import { type MetricDefinition, metricDefinitions } from './metric-names.ts';
import { type MetricValues, SampleSet } from './sample-set.ts';

/** What one process counted for one endpoint. Totals only ever rise; what is left out is not exported. */
export interface EndpointCounters {
  /** The endpoint's id; empty for what ended before an endpoint was known. */
  readonly endpoint: string;
  readonly clients?: Readonly<Record<'active' | 'idle' | 'waiting', number>>;
  readonly servers?: Readonly<
    Record<'active' | 'idle' | 'opening' | 'direct' | 'pinned' | 'closing', number>
  >;
  readonly checkouts?: number;
  readonly transactions?: number;
  readonly pinnedTransactions?: number;
  readonly queries?: number;
  readonly waitSeconds?: Histogram;
  readonly querySeconds?: Histogram;
  readonly serverOpens?: number;
  readonly connectsDelayed?: number;
  readonly serverCloses?: CountsByWord;
  readonly pins?: CountsByWord;
  readonly clientCloses?: CountsByWord;
  readonly errors?: CountsByWord;
  readonly cancels?: CountsByWord;
  readonly budget?: number;
  readonly budgetUsed?: number;
  readonly budgetShare?: number;
  readonly budgetQuarantined?: number;
  readonly budgetOverruns?: number;
  readonly foreignSessions?: number;
  readonly knownEndpoints?: number;
  readonly circuit?: Readonly<Record<'closed' | 'open' | 'recovering', number>>;
  readonly circuitOpens?: number;
  readonly budgetCeiling?: number;
  readonly generation?: number;
  readonly pausedPools?: number;
  /** As seen from clients: what they sent, and what they were sent. */
  readonly bytes?: { readonly fromClients: number; readonly toClients: number };
}

/** What one process counted for one job, or read of what is due of it; what is left out is not exported. */
export interface JobCounters {
  readonly job: string;
  readonly due?: number;
  readonly oldestDueSeconds?: number;
  readonly runs?: number;
  readonly failures?: number;
  readonly retries?: number;
  readonly seconds?: Histogram;
}

/** Counts by close reason or error code; the words must come from a closed list. */
export type CountsByWord = Readonly<Record<string, number>> | ReadonlyMap<string, number>;

export type Collected = Iterable<EndpointCounters>;

/** Called once per scrape; hands over the counters as they stand. */
export type Collector = () => Collected;

export interface MetricsOptions {
  /** Left out, like `jobs`: without both only the process's own metrics (CPU, memory, event loop) are exported. */
  readonly collect?: Collector;
  /** Called once per scrape. Must not reject. */
  readonly jobs?: () => Promise<Iterable<JobCounters>>;
  /** Endpoints with a label of their own; the rest are added up as `other`. 200 unless told otherwise. */
  readonly endpointLabelsMax?: number;
}

export interface Metrics {
  /** One scrape, in Prometheus's text format. */
  text(): Promise<string>;
  readonly contentType: string;
  /** The same scrape as values, for whoever prints those of several processes together. */
  values(): Promise<readonly MetricValues[]>;
}

const definitions: readonly MetricDefinition[] = Object.values(metricDefinitions);
const isOfJobs = ({ labels }: MetricDefinition) => labels[0] === 'job';

export function createMetrics(options: MetricsOptions = {}): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const labels = new EndpointLabels(options.endpointLabelsMax ?? 200);
  const { collect, jobs } = options;
  let samples = new SampleSet();
  for (const definition of definitions) {
    if ((isOfJobs(definition) ? jobs : collect) !== undefined)
      registry.registerMetric(scraped(definition, () => samples));
  }
  const sample = async () => {
    const ofJobs = (await jobs?.()) ?? [];
    const taken = sampleAll(collect?.() ?? [], labels);
    for (const counters of ofJobs) sampleJob(taken, counters);
    samples = taken;
  };
  return {
    contentType: registry.contentType,
    async text() {
      await sample();
      return registry.metrics();
    },
    async values() {
      await sample();
      return (await registry.getMetricsAsJSON()) as unknown as MetricValues[];
    },
  };
}

// What prom-client asks of a metric when it prints: a name, and the samples of the moment.
function scraped(definition: MetricDefinition, samples: () => SampleSet): Metric {
  const { name, help, type } = definition;
  const metric = { name, help, type, aggregator: 'sum', reset() {} };
  return {
    ...metric,
    get: async () => ({ ...metric, values: samples().of(definition) }),
  } as unknown as Metric;
}

function sampleAll(collected: Collected, labels: EndpointLabels): SampleSet {
  const samples = new SampleSet();
  for (const counters of collected) sampleEndpoint(samples, labels.labelOf(counters.endpoint), counters);
  return samples;
}

function sampleJob(samples: SampleSet, { job, seconds, ...counters }: JobCounters): void {
  const d = metricDefinitions;
  const numbers = [
    [d.jobsDue, counters.due],
    [d.jobsOldestDueSeconds, counters.oldestDueSeconds],
    [d.jobRuns, counters.runs],
    [d.jobFailures, counters.failures],
    [d.jobRetries, counters.retries],
  ] as const;
  for (const [metric, value] of numbers) if (value !== undefined) samples.add(metric, { job }, value);
  if (seconds !== undefined) samples.addHistogram(d.jobSeconds, { job }, seconds);
}

function sampleEndpoint(samples: SampleSet, endpoint: string, counters: EndpointCounters): void {
  const d = metricDefinitions;
  const number = (metric: MetricDefinition, value: number | undefined) => {
    if (value !== undefined) samples.add(metric, { endpoint }, value);
  };
  const byWord = (metric: MetricDefinition, label: string, counts: CountsByWord = {}) => {
    const entries = counts instanceof Map ? counts : Object.entries(counts as Record<string, number>);
    for (const [word, count] of entries) samples.add(metric, { endpoint, [label]: word }, count);
  };
  const histogram = (metric: MetricDefinition, value: Histogram | undefined) => {
    if (value !== undefined) samples.addHistogram(metric, { endpoint }, value);
  };
  byWord(d.clients, 'state', counters.clients);
  byWord(d.servers, 'state', counters.servers);
  number(d.checkouts, counters.checkouts);
  number(d.transactions, counters.transactions);
  number(d.pinnedTransactions, counters.pinnedTransactions);
  number(d.queries, counters.queries);
  histogram(d.waitSeconds, counters.waitSeconds);
  histogram(d.querySeconds, counters.querySeconds);
  number(d.serverOpens, counters.serverOpens);
  number(d.connectsDelayed, counters.connectsDelayed);
  byWord(d.serverCloses, 'reason', counters.serverCloses);
  byWord(d.pins, 'reason', counters.pins);
  byWord(d.clientCloses, 'reason', counters.clientCloses);
  byWord(d.errors, 'code', counters.errors);
  byWord(d.cancels, 'outcome', counters.cancels);
  number(d.budget, counters.budget);
  number(d.budgetUsed, counters.budgetUsed);
  number(d.budgetShare, counters.budgetShare);
  number(d.budgetQuarantined, counters.budgetQuarantined);
  number(d.budgetOverruns, counters.budgetOverruns);
  number(d.foreignSessions, counters.foreignSessions);
  number(d.knownEndpoints, counters.knownEndpoints);
  byWord(d.circuit, 'state', counters.circuit);
  number(d.circuitOpens, counters.circuitOpens);
  number(d.budgetCeiling, counters.budgetCeiling);
  number(d.generation, counters.generation);
  number(d.pausedPools, counters.pausedPools);
  if (counters.bytes !== undefined) {
    byWord(d.bytes, 'direction', {
      from_clients: counters.bytes.fromClients,
      to_clients: counters.bytes.toClients,
    });
  }
}
