// The metrics of several processes as one scrape, told apart by a label: counters of one that was started anew then read as begun anew.
import { type Metric, Registry } from 'prom-client';
import type { MetricValues } from './sample-set.ts';

/** What one process exports, and what it is called in the label `process`; null: its samples get no such label. */
export interface ProcessMetrics {
  readonly process: string | null;
  readonly metrics: readonly MetricValues[];
}

/** Prometheus's text format. */
export function mergeMetrics(all: Iterable<ProcessMetrics>): Promise<string> {
  const merged = new Map<string, { readonly first: MetricValues; readonly values: object[] }>();
  for (const { process, metrics } of all) {
    for (const metric of metrics) {
      const entry = merged.get(metric.name) ?? { first: metric, values: [] };
      merged.set(metric.name, entry);
      for (const sample of metric.values) {
        const labels = process === null ? sample.labels : { process, ...sample.labels };
        entry.values.push({ ...sample, labels });
      }
    }
  }
  const registry = new Registry();
  for (const { first, values } of merged.values()) {
    const { name, help, type } = first;
    const metric = { name, help, type, aggregator: 'sum', values };
    registry.registerMetric({ ...metric, reset() {}, get: async () => metric } as unknown as Metric);
  }
  return registry.metrics();
}
