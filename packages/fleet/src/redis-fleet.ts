// The fleet over Redis: the publisher, and the assembly with directory and reports. Connections are redis-link's.
import {
  type EndpointPublisher,
  type Fleet,
  FleetUnavailableError,
  type ProcessRegistry,
} from './contract.ts';
import { parseProcessReport, processReportTtlMs } from './process-report.ts';
import { parseRedisAddress } from './redis-address.ts';
import { RedisBans } from './redis-bans.ts';
import { RedisCancels } from './redis-cancels.ts';
import { RedisConnects } from './redis-connects.ts';
import { RedisDirectory } from './redis-directory.ts';
import { allChanged, applyRecordLua, markCompleteLua, type RedisKeys, redisKeys } from './redis-keys.ts';
import { RedisLeases } from './redis-leases.ts';
import { RedisLink } from './redis-link.ts';
import { redisReports } from './redis-reports.ts';
import { parseSealKeyReport } from './seal-key-report.ts';
import type { SealKeySource } from './seal-key-ring.ts';
import { sealEndpoint } from './sealed-endpoint.ts';
import { parseUsageReport, usageReportName, usageReportTtlMs } from './usage-report.ts';

export interface RedisFleetOptions {
  /** As `parseRedisAddress` reads it. */
  readonly url: string;
  readonly sealKeys: SealKeySource;
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
 * Throws RedisAddressError for a `url` that is none. Connects in the background and never throws for a Redis that is away: calls then reject with
 * FleetUnavailableError within 1 s, `healthy()` is false, and the connection comes back by itself.
 */
export function createRedisFleet(options: RedisFleetOptions): Fleet {
  const { sealKeys, processId, answerTimeoutMs } = options;
  const address = parseRedisAddress(options.url);
  const keys = redisKeys(options.keyPrefix ?? 'weir');
  const name = `weir:${processId}`.replaceAll(/[^\x21-\x7e]/g, '_');
  const link = new RedisLink({ address, name, answerTimeoutMs });
  const directory = new RedisDirectory({
    link,
    keys,
    sealKeys,
    subscriber: { address, name: `${name}:changes`, answerTimeoutMs },
  });
  const leases = new RedisLeases({
    link,
    keys,
    subscriber: { address, name: `${name}:leases`, answerTimeoutMs },
  });
  const reports = redisReports({
    link,
    keyOf: keys.report,
    names: keys.processes,
    ttlMs: options.reportTtlMs ?? processReportTtlMs,
    parse: parseProcessReport,
  });
  const registry: ProcessRegistry = {
    report: (report) => reports.put(report.processId, report),
    leave: reports.remove,
    all: reports.all,
    silent: reports.silent,
  };
  const sealKeyReports = redisReports({
    link,
    keyOf: keys.sealKeyReport,
    names: keys.sealKeyReports,
    ttlMs: processReportTtlMs,
    parse: parseSealKeyReport,
  });
  const usages = redisReports({
    link,
    keyOf: keys.usage,
    names: keys.usages,
    ttlMs: usageReportTtlMs,
    parse: parseUsageReport,
  });
  const cancels = new RedisCancels({
    link,
    keys,
    sealKeys,
    subscriber: { address, name: `${name}:cancels`, answerTimeoutMs },
  });
  return {
    kind: 'redis',
    directory,
    publisher: redisPublisher(link, keys, sealKeys),
    registry,
    sealKeys: {
      report: (report) => sealKeyReports.put(report.processId, report),
      leave: sealKeyReports.remove,
      all: sealKeyReports.all,
    },
    leases,
    usage: { report: (report) => usages.put(usageReportName(report), report), all: usages.all },
    cancels,
    bans: new RedisBans(link, keys),
    connects: new RedisConnects(link, keys),
    healthy: () => link.healthy() && directory.healthy(),
    async close() {
      directory.close();
      leases.close();
      cancels.close();
      // Politeness only: a process that cannot say good-bye is gone by its report's time to live.
      if (link.healthy()) await registry.leave(processId).catch(() => {});
      link.close();
    },
  };
}

function redisPublisher(link: RedisLink, keys: RedisKeys, sealKeys: SealKeySource): EndpointPublisher {
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
      const { keyId, box } = sealEndpoint(sealKeys.keys, 'published', endpoint, epoch);
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
    async sealKeyIds(endpointIds) {
      if (endpointIds.length === 0) return [];
      // Not as a sequence, which in a cluster waits for one answer after the other: a catalog may have very many endpoints.
      const answers = await link.batch(endpointIds.map((id) => ['hget', keys.endpoint(id), 'keyId']));
      return answers.map(([error, keyId]) => {
        if (error !== null) throw new FleetUnavailableError('a record cannot be read', { cause: error });
        // A tombstone has an empty one.
        return (keyId as string | null) || null;
      });
    },
  };
}
