// The samples of one scrape, gathered by metric and added up where labels are the same.
import type { Histogram } from './histogram.ts';
import type { MetricDefinition } from './metric-names.ts';

export type Labels = Readonly<Record<string, string>>;

/** In the shape prom-client prints; `metricName` differs from the metric's own for a histogram's parts. */
export interface Sample {
  readonly metricName: string;
  readonly labels: Labels;
  value: number;
}

/** One metric of one scrape. Plain data, so that it can be sent to another process. */
export interface MetricValues {
  readonly name: string;
  readonly help: string;
  readonly type: string;
  readonly values: readonly Sample[];
}

export class SampleSet {
  readonly #samples = new Map<string, Map<string, Sample>>();

  add(metric: MetricDefinition, labels: Labels, value: number): void {
    this.#add(metric.name, metric.name, labels, value);
  }

  /** Adds the bucket, sum and count samples, cumulated as Prometheus wants them. */
  addHistogram(metric: MetricDefinition, labels: Labels, histogram: Histogram): void {
    const { name } = metric;
    let count = 0;
    for (const [index, inBucket] of histogram.counts.entries()) {
      count += inBucket;
      const bound = histogram.bounds[index];
      this.#add(
        name,
        `${name}_bucket`,
        { ...labels, le: bound === undefined ? '+Inf' : String(bound) },
        count,
      );
    }
    this.#add(name, `${name}_sum`, labels, histogram.sum);
    this.#add(name, `${name}_count`, labels, count);
  }

  /** In the order they were first added. */
  of(metric: MetricDefinition): Sample[] {
    return [...(this.#samples.get(metric.name)?.values() ?? [])];
  }

  #add(metric: string, metricName: string, labels: Labels, value: number): void {
    let samples = this.#samples.get(metric);
    if (samples === undefined) this.#samples.set(metric, (samples = new Map()));
    const key = JSON.stringify([metricName, labels]);
    const sample = samples.get(key);
    if (sample === undefined) samples.set(key, { metricName, labels, value });
    else sample.value += value;
  }
}
