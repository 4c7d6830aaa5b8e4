// Every job by its kind: what does it, how often the sweep looks, and what the log says when it fails.
import type { Catalog } from '@weir/catalog';
import type { Fleet } from '@weir/fleet';
import type { Logger } from '@weir/telemetry';
import { type ControlApiConfig, egressPolicy } from '../config.ts';
import { probeOptions } from '../upstream/ask-upstream.ts';
import { deliverWebhooks } from './deliver-webhooks.ts';
import type { JobKind, JobQueue } from './job-queue.ts';
import { prune } from './prune.ts';
import { publishChanges } from './publish-changes.ts';
import { type DnsPublishing, dnsJob } from './publish-dns.ts';
import { rollUpUsage } from './roll-up-usage.ts';
import { sealAgainJob } from './seal-again.ts';
import type { Job } from './start-worker.ts';
import { watchHealth } from './watch-health.ts';

export function allJobs(parts: {
  readonly catalog: Catalog;
  readonly fleet: Fleet;
  readonly config: ControlApiConfig;
  readonly queue: JobQueue;
  readonly log: Logger;
  /** Null: a wildcard record leads to all endpoints. */
  readonly dns: DnsPublishing | null;
}): Readonly<Partial<Record<JobKind, Job>>> {
  const { catalog, fleet, config, queue, log, dns } = parts;
  const policy = egressPolicy(config);
  const wakeAfter = (delayMs: number) => queue.wake('deliver-webhooks', delayMs);
  return {
    publish: {
      kind: 'publish',
      run: (stopping) => publishChanges({ catalog, publisher: fleet.publisher, log }, stopping),
      // A change is to reach poolers within a second, whatever became of its wake-up.
      sweepEveryMs: 500,
      failing: 'changes cannot be published now, trying again twice a second',
    },
    'deliver-webhooks': {
      kind: 'deliver-webhooks',
      run: (stopping) => deliverWebhooks({ catalog, policy, log, wakeAfter }, stopping),
      sweepEveryMs: 5_000,
      failing: 'webhooks cannot be told anything now; what they are to be told is kept',
    },
    'roll-up-usage': {
      kind: 'roll-up-usage',
      run: () => rollUpUsage({ catalog, usage: fleet.usage }),
      // As often as processes report.
      sweepEveryMs: 5_000,
      failing: 'usage cannot be rolled up now; what was counted is kept for an hour',
    },
    'watch-health': {
      kind: 'watch-health',
      run: (stopping) =>
        watchHealth(
          {
            catalog,
            registry: fleet.registry,
            probe: probeOptions(config),
            everyMs: config.healthCheckMs,
            log,
          },
          stopping,
        ),
      // What a check costs is bounded by when it is due, not by this.
      sweepEveryMs: 2_000,
      failing: 'the health of databases cannot be watched now; what the catalog says of it is old',
    },
    prune: {
      kind: 'prune',
      run: (stopping) => prune({ catalog, log }, stopping),
      sweepEveryMs: 60_000,
      failing: 'what is no longer needed cannot be pruned now, trying again in a minute',
    },
    'seal-again': {
      kind: 'seal-again',
      run: sealAgainJob({ catalog, publisher: fleet.publisher, log }),
      // It is woken when the key file changes; the sweep looks through whole tables, and is for a wake-up that was lost.
      sweepEveryMs: 60_000,
      failing: 'secrets cannot be sealed again now; old seal keys are needed until they are',
    },
    ...(dns !== null && {
      'publish-dns': {
        kind: 'publish-dns' as const,
        run: dnsJob(catalog, dns),
        // Nobody wakes it: a name takes longer than that to be known anyway.
        sweepEveryMs: 5_000,
        failing:
          'DNS records cannot be changed now, trying again less and less often, every 5 minutes at last',
      },
    }),
  };
}
