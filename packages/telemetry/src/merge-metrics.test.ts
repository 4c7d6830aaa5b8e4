// Metrics of several processes in one scrape.
import { expect, test } from 'vitest';
import { Histogram } from './histogram.ts';
import { mergeMetrics } from './merge-metrics.ts';
import { createMetrics } from './metrics.ts';

test('each process keeps its own samples under one name, with its label beside the others', async () => {
  const of = async (transactions: number) => {
    const waitSeconds = new Histogram();
    waitSeconds.observe(transactions);
    const metrics = createMetrics({ collect: () => [{ endpoint: 'ep-a', transactions, waitSeconds }] });
    // As it arrives from another process.
    return JSON.parse(JSON.stringify(await metrics.values()));
  };
  const text = await mergeMetrics([
    { process: '0', metrics: await of(3) },
    { process: '1', metrics: await of(5) },
    {
      process: null,
      metrics: [
        {
          name: 'weir_own',
          help: 'Own',
          type: 'gauge',
          values: [{ metricName: 'weir_own', labels: {}, value: 7 }],
        },
      ],
    },
  ]);
  expect(text.match(/^# TYPE weir_transactions_total counter$/gm)).toHaveLength(1);
  expect(text).toContain('weir_transactions_total{process="0",endpoint="ep-a"} 3');
  expect(text).toContain('weir_transactions_total{process="1",endpoint="ep-a"} 5');
  expect(text).toMatch(
    /weir_wait_seconds_bucket\{[^}]*process="1"[^}]*le="\+Inf"[^}]*\} 1|weir_wait_seconds_bucket\{[^}]*le="\+Inf"[^}]*process="1"[^}]*\} 1/,
  );
  expect(text).toMatch(/weir_wait_seconds_sum\{process="1",endpoint="ep-a"\} 5/);
  expect(text).toContain('weir_own 7');
  expect(text).toMatch(/process_cpu_seconds_total\{process="0"\} /);
});
