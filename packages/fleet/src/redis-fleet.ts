// The fleet over Redis: publisher and registry, and the assembly with the directory. Connections are redis-link's.
import type { EndpointPublisher, Fleet, ProcessRegistry, ProcessReport } from './contract.ts';
import { parseProcessReport, processReportTtlMs } from './process-report.ts';
import { RedisDirectory } from './redis-directory.ts';
import {
  allChanged,
  applyRecordLua,
  markCompleteLua,
  type RedisKeys,
  redisKeys,
  reportProcessLua,
} from './redis-keys.ts';
import { RedisLeases } from './redis-leases.ts';
import { RedisLink } from './redis-link.ts';
import type { SealKey } from './seal-keys.ts';
import { sealEndpoint } from './sealed-endpoint.ts';

export interface RedisFleetOptions {
  /** `redis://` or `rediss://`, with user, password and database number where there are any. */
  readonly url: string;
  /** The first seals, all open. */
  readonly sealKeys: readonly SealKey[];
  /** Names this process's connections, and is what `close` takes out of the registry. */
  readonly processId: string;
  /** Before every key and channel; `weir` unless told otherwise. */
  readonly keyPrefix?: string;
  /** For tests that cannot wait 5 s. */
  readonly reportTtlMs?: number;
  /** For tests on machines so busy that Redis itself needs more than a second. */
  readonly answerTimeoutMs?: number;
}

/**
 * Connects in the background and never throws for a Redis that is away: calls then reject with
 * FleetUnavailableError within 1 s, `healthy()` is false, and the connection comes back by itself.
 */
export function createRedisFleet(options: RedisFleetOptions): Fleet {
  const { url, sealKeys, processId, answerTimeoutMs } = options;
  const keys = redisKeys(options.keyPrefix ?? 'weir');
  const name = `weir:${processId}`.replaceAll(/[^\x21-\x7e]/g, '_');
  const link = new RedisLink({ url, name, answerTimeoutMs });
  const directory = new RedisDirectory({
    link,
    keys,
    sealKeys,
    subscriber: { url, name: `${name}:changes`, answerTimeoutMs },
  });
  const leases = new RedisLeases({
    link,
    keys,
    subscriber: { url, name: `${name}:leases`, answerTimeoutMs },
  });
  const registry = redisRegistry(link, keys, options.reportTtlMs ?? processReportTtlMs);
  return {
    kind: 'redis',
    directory,
    publisher: redisPublisher(link, keys, sealKeys),
    registry,
    leases,
    healthy: () => link.healthy() && directory.healthy(),
    async close() {
      directory.close();
      leases.close();
      // Politeness only: a process that cannot say good-bye is gone by its report's time to live.
      if (link.healthy()) await registry.leave(processId).catch(() => {});
      link.close();
    },
  };
}

function redisPublisher(link: RedisLink, keys: RedisKeys, sealKeys: readonly SealKey[]): EndpointPublisher {
  const apply = async (
    endpointId: string,
    epoch: number,
    generation: number,
    record: readonly [state: 'live' | 'deleted', keyId: string, box: string],
  ) => {
    const applied = await link.run((client) =>
      client.eval(
        applyRecordLua,
        1,
        keys.endpoint(endpointId),
        epoch,
        generation,
        ...record,
        keys.changes,
        endpointId,
      ),
    );
    return applied === 1 ? 'applied' : 'stale';
  };
  return {
    async publish(endpoint, epoch) {
      const { keyId, box } = sealEndpoint(sealKeys, 'published', endpoint, epoch);
      return apply(endpoint.endpointId, epoch, endpoint.generation, ['live', keyId, box]);
    },
    retire: (endpointId, generation, epoch) => apply(endpointId, epoch, generation, ['deleted', '', '']),
    async markComplete(epoch) {
      await link.run((client) =>
        client.eval(markCompleteLua, 1, keys.complete, epoch, keys.changes, allChanged),
      );
    },
    async completeEpoch() {
      const epoch = await link.run((client) => client.get(keys.complete));
      return epoch === null ? null : Number(epoch);
    },
  };
}

function redisRegistry(link: RedisLink, keys: RedisKeys, reportTtlMs: number): ProcessRegistry {
  return {
    async report(report) {
      const { processId } = report;
      await link.run((client) =>
        client.eval(
          reportProcessLua,
          2,
          keys.report(processId),
          keys.processes,
          processId,
          JSON.stringify(report),
          reportTtlMs,
        ),
      );
    },
    async leave(processId) {
      await link.run((client) =>
        client.pipeline().del(keys.report(processId)).zrem(keys.processes, processId).exec(),
      );
    },
    async all() {
      const texts = await link.run(async (client) => {
        const processIds = await client.zrange(keys.processes, 0, '-1');
        if (processIds.length === 0) return [];
        const replies = await client.pipeline(processIds.map((id) => ['get', keys.report(id)])).exec();
        return (replies ?? []).map(([error, reply]) => {
          if (error !== null) throw error;
          return reply as string | null;
        });
      });
      return texts.map((text) => (text === null ? null : parseProcessReport(text))).filter(isReport);
    },
  };
}

function isReport(report: ProcessReport | null): report is ProcessReport {
  return report !== null;
}
