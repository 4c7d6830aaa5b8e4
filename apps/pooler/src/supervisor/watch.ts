// What a supervisor shows to those who watch it, over all its processes: health, readiness, metrics.
import {
  type AdminListener,
  createMetrics,
  type Logger,
  type MetricDefinition,
  type MetricValues,
  mergeMetrics,
  metricDefinitions,
  serveAdmin,
} from '@weir/telemetry';
import type { InheritedSocket } from '../config.ts';
import type { Supervisor } from './supervisor.ts';

/** Rejects with AdminListenError. */
export function watch(
  supervisor: Supervisor,
  socket: InheritedSocket,
  options: { readonly leaving: () => boolean; readonly log: Logger },
): Promise<AdminListener> {
  const own = createMetrics();
  const states = () =>
    supervisor
      .processes()
      .map(({ place, process: { processId, pid, state } }) => ({ place, process: processId, pid, state }));
  return serveAdmin({
    host: socket.host,
    port: socket.port,
    inherited: socket.fd,
    health: () => ({ ok: true, detail: { processes: states() } }),
    ready: () => ({
      ok: supervisor.ready && !options.leaving(),
      detail: { draining: options.leaving(), processes: states() },
    }),
    metrics: async () =>
      mergeMetrics([
        ...(await Promise.all(
          supervisor.processes().map(async ({ place, process }) => ({
            process: place,
            metrics: (await process.metrics()) ?? [],
          })),
        )),
        { process: 'supervisor', metrics: await own.values() },
        { process: null, metrics: [processesByState(states()), restartsOf(supervisor)] },
      ]),
    onError: (error) => options.log.error(error, 'admin request failed'),
  });
}

function processesByState(processes: readonly { readonly state: string }[]): MetricValues {
  const counts = new Map<string, number>();
  for (const { state } of processes) counts.set(state, (counts.get(state) ?? 0) + 1);
  return valuesOf(metricDefinitions.processes, 'state', counts);
}

function restartsOf({ restarts }: Supervisor): MetricValues {
  return valuesOf(metricDefinitions.processRestarts, 'reason', restarts);
}

function valuesOf(
  { name, help, type }: MetricDefinition,
  label: string,
  counts: ReadonlyMap<string, number>,
): MetricValues {
  const values = [...counts].map(([word, value]) => ({ metricName: name, labels: { [label]: word }, value }));
  return { name, help, type, values };
}
