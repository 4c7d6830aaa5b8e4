// What the package lends: the logger with its redaction, the metrics with their names, and the admin listener.
export { AdminListenError, type AdminListener, type AdminOptions, type Probe, serveAdmin } from './admin.ts';
export { Histogram, secondsBounds } from './histogram.ts';
export { createLogger, type Logger, type LoggerOptions, type LogLevel } from './log.ts';
export { mergeMetrics, type ProcessMetrics } from './merge-metrics.ts';
export { type MetricDefinition, metricDefinitions } from './metric-names.ts';
export {
  type Collected,
  type Collector,
  createMetrics,
  type EndpointCounters,
  type JobCounters,
  type Metrics,
  type MetricsOptions,
} from './metrics.ts';
export { redact, redacted, redactText } from './redact.ts';
export type { MetricValues } from './sample-set.ts';
