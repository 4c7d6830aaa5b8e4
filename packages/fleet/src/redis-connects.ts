// What endpoints have left of their connects over Redis, by its own clock: the rule of `token-bucket.ts` in Lua, for many at a time.
import type { ConnectStore } from './contract.ts';
import { nowLua, type RedisKeys } from './redis-keys.ts';
import type { RedisLink } from './redis-link.ts';
import type { BucketRule } from './token-bucket.ts';

/** A hash (level, at) for each endpoint, which is gone when it would be full. KEYS: endpoints. ARGV: perSecond, burst, what each has spent. */
const spendLua = `${nowLua}
local perSecond, burst = tonumber(ARGV[1]), tonumber(ARGV[2])
local left = {}
for i, key in ipairs(KEYS) do
  local before = redis.call('HMGET', key, 'level', 'at')
  local level = burst
  if before[1] then
    level = math.min(burst, tonumber(before[1]) + math.max(0, now - tonumber(before[2])) / 1000 * perSecond)
  end
  level = level - tonumber(ARGV[2 + i])
  redis.call('HSET', key, 'level', tostring(level), 'at', tostring(now))
  redis.call('PEXPIRE', key, math.ceil((burst - level) / perSecond * 1000) + 1000)
  left[i] = tostring(level)
end
return left
`;

export class RedisConnects implements ConnectStore {
  readonly #link: RedisLink;
  readonly #keys: RedisKeys;

  constructor(link: RedisLink, keys: RedisKeys) {
    this.#link = link;
    this.#keys = keys;
  }

  async spend(taken: ReadonlyMap<string, number>, rule: BucketRule): Promise<ReadonlyMap<string, number>> {
    const endpointIds = [...taken.keys()];
    if (endpointIds.length === 0) return new Map();
    const keys = endpointIds.map((endpointId) => this.#keys.connects(endpointId));
    const left = (await this.#link.run((client) =>
      client.eval(spendLua, keys.length, ...keys, rule.perSecond, rule.burst, ...taken.values()),
    )) as string[];
    return new Map(endpointIds.map((endpointId, index) => [endpointId, Number(left[index])]));
  }
}
