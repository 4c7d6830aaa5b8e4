// Where in Redis everything lies: the keys, the channel, and the Lua that changes them.

/** What stands in braces decides the hash slot in a cluster: keys that one script changes have it in common. */
export interface RedisKeys {
  /** Hash: epoch, generation, state (live | deleted), keyId, box. */
  endpoint(endpointId: string): string;
  /** String: the epoch of the last complete publication. */
  readonly complete: string;
  /** Channel: ids of changed endpoints; `*` asks for a look at all of them. */
  readonly changes: string;
  /** String with a time to live: one process's report as JSON. */
  report(processId: string): string;
  /** Sorted set: process ids by the time of their last report, so that nobody ever scans for them. */
  readonly processes: string;
  /** What is leased of an upstream. Those of one bucket share their memory, and a hash slot of a Redis cluster. */
  leases(upstream: string): LeaseKeys;
  /** The memories of all buckets. */
  readonly leaseMemories: readonly string[];
  /** Channel: what holders of leases are told between their requests. */
  readonly leaseNotes: string;
  /** Channel: ids of processes that have ended, as those say who waited for it. */
  readonly endedProcesses: string;
  /** The same for the seal keys that each process has. */
  sealKeyReport(processId: string): string;
  readonly sealKeyReports: string;
  /** The same for what processes have counted; `id` names one start of one process. */
  usage(id: string): string;
  readonly usages: string;
  /** Bans of all, and what failed at one endpoint; of one hash slot, since a script changes them together. */
  bans(endpointId: string): BanKeys;
  /** Hash with a time to live: what one endpoint has left of its connects; all of one hash slot, since a script changes many. */
  connects(endpointId: string): string;
  /** String with a time to live: one sealed cancel request. */
  cancelRequest(id: string): string;
  /** Channel: ids of cancel requests for keys of one giver, each with who wants to know when it is done. */
  cancels(giver: number): string;
  /** Channel: cancel requests of one sender that are done. */
  cancelsDone(sender: string): string;
}

export interface BanKeys {
  /** Hash: source -> failed logins in this window. */
  readonly failures: string;
  /** Sorted set: endpoint id and source by the end of the ban in ms. */
  readonly bans: string;
  /** String: when bans changed last. */
  readonly version: string;
}

export interface LeaseKeys {
  /** Hash: runId, nonce, open. */
  readonly memory: string;
  /** Hash: holder -> its record as JSON. */
  readonly holders: string;
  /** Hash: holder and process id of a backend -> role. */
  readonly servers: string;
}

/** Enough to spread over any cluster, few enough that each memory is soon open. */
const leaseBuckets = 64;

export function redisKeys(prefix: string): RedisKeys {
  return {
    endpoint: (endpointId) => `${prefix}:endpoint:${endpointId}`,
    complete: `${prefix}:complete`,
    changes: `${prefix}:changes`,
    report: (processId) => `${prefix}:{processes}:${processId}`,
    processes: `${prefix}:{processes}`,
    bans: (endpointId) => ({
      failures: `${prefix}:{bans}:failures:${endpointId}`,
      bans: `${prefix}:{bans}:all`,
      version: `${prefix}:{bans}:version`,
    }),
    connects: (endpointId) => `${prefix}:{connects}:${endpointId}`,
    leases(upstream) {
      const tag = bucketTag(prefix, bucketOf(upstream));
      return {
        memory: `${tag}:memory`,
        holders: `${tag}:holders:${upstream}`,
        servers: `${tag}:servers:${upstream}`,
      };
    },
    leaseMemories: Array.from({ length: leaseBuckets }, (_, bucket) => `${bucketTag(prefix, bucket)}:memory`),
    leaseNotes: `${prefix}:lease-notes`,
    endedProcesses: `${prefix}:ended-processes`,
    sealKeyReport: (processId) => `${prefix}:{seal-keys}:${processId}`,
    sealKeyReports: `${prefix}:{seal-keys}`,
    usage: (id) => `${prefix}:{usages}:${id}`,
    usages: `${prefix}:{usages}`,
    cancelRequest: (id) => `${prefix}:cancel-request:${id}`,
    cancels: (giver) => `${prefix}:cancels:${giver}`,
    cancelsDone: (sender) => `${prefix}:cancels-done:${sender}`,
  };
}

function bucketTag(prefix: string, bucket: number): string {
  return `${prefix}:{leases-${bucket}}`;
}

/** FNV-1a of the name. */
function bucketOf(upstream: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < upstream.length; i++) hash = Math.imul(hash ^ upstream.charCodeAt(i), 0x01000193);
  return (hash >>> 0) % leaseBuckets;
}

/** What is told on the channel when every endpoint has to be looked at again. */
export const allChanged = '*';

/**
 * Writes a record or a tombstone if (epoch, generation) is greater than what is there, and tells the channel. A record
 * also takes the place of the same one that another key has sealed.
 * KEYS: endpoint. ARGV: epoch, generation, state, keyId, box, channel, endpoint id. Returns 1 if applied, 0 if stale.
 */
export const applyRecordLua = `
local epoch, generation = tonumber(ARGV[1]), tonumber(ARGV[2])
local current = redis.call('HMGET', KEYS[1], 'epoch', 'generation', 'state', 'keyId')
if current[1] then
  local currentEpoch, currentGeneration = tonumber(current[1]), tonumber(current[2])
  local isSame = epoch == currentEpoch and generation == currentGeneration
  local isSealedAnew = isSame and ARGV[3] == 'live' and current[3] == 'live' and ARGV[4] ~= current[4]
  local isNewer = epoch > currentEpoch or (epoch == currentEpoch and generation > currentGeneration)
  if not (isNewer or isSealedAnew) then
    return 0
  end
end
redis.call('DEL', KEYS[1])
redis.call('HSET', KEYS[1], 'epoch', ARGV[1], 'generation', ARGV[2], 'state', ARGV[3], 'keyId', ARGV[4], 'box', ARGV[5])
redis.call('PUBLISH', ARGV[6], ARGV[7])
return 1
`;

/** Raises the complete marker, never lowers it. KEYS: complete. ARGV: epoch, channel, «all changed». */
export const markCompleteLua = `
local current = redis.call('GET', KEYS[1])
if current and tonumber(ARGV[1]) <= tonumber(current) then
  return 0
end
redis.call('SET', KEYS[1], ARGV[1])
redis.call('PUBLISH', ARGV[2], ARGV[3])
return 1
`;

/** The time by Redis's own clock: `time` as it tells it, `now` in ms. */
export const nowLua = `
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
`;

/**
 * Stores a report and notes its name by Redis's own clock; forgets names that have been silent for ten lifetimes.
 * KEYS: report, names. ARGV: name, report, time to live in ms.
 */
export const storeReportLua = `${nowLua}
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
redis.call('ZADD', KEYS[2], now, ARGV[1])
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', now - 10 * tonumber(ARGV[3]))
return 1
`;
