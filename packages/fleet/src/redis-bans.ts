// Bans over Redis: failed logins are counted there by its own clock, so that an attack on many processes is one attack.
import { bansMax, sourcesMax } from './ban-counts.ts';
import type { Ban, BanRule, BanStore } from './contract.ts';
import { nowLua, type RedisKeys } from './redis-keys.ts';
import type { RedisLink } from './redis-link.ts';

/** A hash of counts for each endpoint, which is gone with its window. KEYS: failures, bans, version. */
const failedLua = `${nowLua}
local source, failuresMax, windowMs, banMs = ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])
if redis.call('HLEN', KEYS[1]) >= ${sourcesMax} and redis.call('HEXISTS', KEYS[1], source) == 0 then
  redis.call('DEL', KEYS[1])
end
local failures = redis.call('HINCRBY', KEYS[1], source, 1)
if redis.call('PTTL', KEYS[1]) < 0 then redis.call('PEXPIRE', KEYS[1], windowMs) end
if failures < failuresMax then return 0 end
redis.call('HDEL', KEYS[1], source)
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', now)
redis.call('ZADD', KEYS[2], now + banMs, ARGV[1] .. ' ' .. source)
redis.call('ZREMRANGEBYRANK', KEYS[2], 0, -${bansMax + 1})
redis.call('SET', KEYS[3], time[1] .. '.' .. time[2])
return 1
`;

/** KEYS: bans, version. ARGV: the version that is known. */
const readLua = `${nowLua}
local version = redis.call('GET', KEYS[2]) or ''
if version == ARGV[1] then return false end
return { version, tostring(now), redis.call('ZRANGEBYSCORE', KEYS[1], '(' .. now, '+inf', 'WITHSCORES') }
`;

/** KEYS: failures, bans, version. ARGV: endpoint id, source or nothing. */
const clearLua = `${nowLua}
local cleared = 0
if ARGV[2] then
  redis.call('HDEL', KEYS[1], ARGV[2])
  cleared = redis.call('ZREM', KEYS[2], ARGV[1] .. ' ' .. ARGV[2])
else
  redis.call('DEL', KEYS[1])
  local start = ARGV[1] .. ' '
  for _, member in ipairs(redis.call('ZRANGE', KEYS[2], 0, -1)) do
    if string.sub(member, 1, #start) == start then cleared = cleared + redis.call('ZREM', KEYS[2], member) end
  end
end
redis.call('SET', KEYS[3], time[1] .. '.' .. time[2])
return cleared
`;

export class RedisBans implements BanStore {
  readonly #link: RedisLink;
  readonly #keys: RedisKeys;

  constructor(link: RedisLink, keys: RedisKeys) {
    this.#link = link;
    this.#keys = keys;
  }

  async failed(endpointId: string, source: string, rule: BanRule): Promise<boolean> {
    const { failures, bans, version } = this.#keys.bans(endpointId);
    const { failuresMax, windowMs, banMs } = rule;
    const banned = await this.#link.run((client) =>
      client.eval(failedLua, 3, failures, bans, version, endpointId, source, failuresMax, windowMs, banMs),
    );
    return banned === 1;
  }

  async read(known: string | null): Promise<{ version: string; bans: readonly Ban[] } | null> {
    const { bans, version } = this.#keys.bans('');
    const reply = await this.#link.run((client) =>
      client.eval(readLua, 2, bans, version, known ?? 'nothing'),
    );
    if (reply === null) return null;
    const [current, now, pairs] = reply as [string, string, string[]];
    const all: Ban[] = [];
    for (let i = 0; i + 1 < pairs.length; i += 2) {
      const [endpointId, source] = pairs[i]!.split(' ') as [string, string];
      all.push({ endpointId, source, leftMs: Number(pairs[i + 1]) - Number(now) });
    }
    return { version: current, bans: all };
  }

  async clear(endpointId: string, source: string | null): Promise<number> {
    const { failures, bans, version } = this.#keys.bans(endpointId);
    const which = source === null ? [endpointId] : [endpointId, source];
    const cleared = await this.#link.run((client) =>
      client.eval(clearLua, 3, failures, bans, version, ...which),
    );
    return cleared as number;
  }
}
