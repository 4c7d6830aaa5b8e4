// The lease rule as Redis runs it: the same steps as `decide` of @weir/leases, which a test compares with it.
import { incumbencyMs, strangersHolder, wantFreshMs } from '@weir/leases';

/**
 * KEYS: memory, holders, servers. ARGV: request as JSON, channel of notes, opened servers as JSON (process id -> role),
 * process ids of servers that are gone as JSON, and, for tests only, run id and clock in place of Redis's own.
 * Returns the answer as JSON, and its `others` as JSON (an empty table has no type in cjson).
 */
export const leaseLua = `
local request = cjson.decode(ARGV[1])
local runId, now = ARGV[5], tonumber(ARGV[6])
if runId == '' then
  runId = string.match(redis.call('INFO', 'server'), 'run_id:(%x+)')
  -- Without it nobody can tell whether this is still the server that remembers.
  if not runId then return redis.error_reply('ERR leases need a Redis whose INFO server has a run_id') end
  local time = redis.call('TIME')
  now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
end

local memory = redis.call('HMGET', KEYS[1], 'runId', 'nonce', 'open', 'fresh')
local nonce, open, isFreshMemory = memory[2], memory[3] == '1', memory[4] == '1'
if memory[1] ~= runId then
  nonce, open, isFreshMemory = request.nonce, false, false
  redis.call('HSET', KEYS[1], 'runId', runId, 'nonce', nonce, 'open', '0', 'fresh', '0')
elseif not open and request.reopen == nonce then
  open = true
  redis.call('HSET', KEYS[1], 'open', '1')
end

local holders, names = {}, {}
local flat = redis.call('HGETALL', KEYS[2])
local checked
for i = 1, #flat, 2 do
  if flat[i] == ' checked' then checked = flat[i + 1] else holders[flat[i]] = cjson.decode(flat[i + 1]) end
end
local me = request.holder
local before = holders[me]
if before and request.seq <= before.seq then return { 'null', '[]' } end

local silent = request.silent
if silent ~= cjson.null then
  local record = holders[silent.holder]
  if record and record.seq == silent.seq and silent.charge < record.charge then
    if silent.charge == 0 then
      holders[silent.holder] = nil
      redis.call('HDEL', KEYS[2], silent.holder)
      for _, field in ipairs(redis.call('HKEYS', KEYS[3])) do
        if string.sub(field, 1, #silent.holder + 1) == silent.holder .. ' ' then redis.call('HDEL', KEYS[3], field) end
      end
    else
      record.charge, record.used, record.idle, record.held, record.wanted = silent.charge, silent.charge, 0, 0, 0
      redis.call('HSET', KEYS[2], silent.holder, cjson.encode(record))
    end
  end
end

local function fresh(record) return record.atMs <= now and now - record.atMs < ${wantFreshMs} end
for name, record in pairs(holders) do
  if record.charge == 0 and not fresh(record) then
    holders[name] = nil
    redis.call('HDEL', KEYS[2], name)
  end
end

local sight = request.checked
local memoryIsOpen = open
if sight ~= cjson.null and open and sight.memory == nonce and checked ~= nonce then
  checked = nonce
  redis.call('HSET', KEYS[2], ' checked', nonce)
  if sight.strangers > 0 then
    holders['${strangersHolder}'] = {
      seq = request.seq, budget = request.budget, charge = sight.strangers, used = sight.strangers, idle = 0,
      held = 0, wanted = 0, waitMs = 0, atMs = now,
    }
    redis.call('HSET', KEYS[2], '${strangersHolder}', cjson.encode(holders['${strangersHolder}']))
  else
    holders['${strangersHolder}'] = nil
    redis.call('HDEL', KEYS[2], '${strangersHolder}')
  end
end
open = open and (isFreshMemory or checked == nonce)

local own = {
  seq = request.seq, budget = request.budget, charge = request.keep, used = request.used, idle = request.idle,
  held = request.held, wanted = request.wanted, waitMs = request.waitMs, atMs = now,
}
holders[me] = own
local budget, charged = request.budget, 0
for name, record in pairs(holders) do
  names[#names + 1] = name
  budget = math.min(budget, record.budget)
  charged = charged + record.charge
end
table.sort(names)

local function wants(record) if fresh(record) then return record.wanted end return 0 end

local targets, rest, left = {}, {}, budget
for _, name in ipairs(names) do
  local record = holders[name]
  if fresh(record) then
    local wait = 0
    if record.wanted > 0 then wait = record.waitMs + now - record.atMs end
    local need = record.used - record.idle + record.wanted
    rest[#rest + 1] = { name = name, charge = record.charge, need = need, wait = wait }
  else
    targets[name] = record.charge
    left = left - record.charge
  end
end
left = math.max(0, left)
table.sort(rest, function(a, b)
  if a.need ~= b.need then return a.need < b.need end
  return a.name < b.name
end)
while rest[1] and rest[1].need <= math.floor(left / #rest) do
  targets[rest[1].name] = rest[1].need
  left = left - rest[1].need
  table.remove(rest, 1)
end
if #rest > 0 then
  local level = math.floor(left / #rest)
  local extra = left - level * #rest
  for _, one in ipairs(rest) do
    one.score = one.wait
    if one.charge > level then one.score = one.score + ${incumbencyMs} end
  end
  table.sort(rest, function(a, b)
    if a.score ~= b.score then return a.score > b.score end
    return a.name < b.name
  end)
  for _, one in ipairs(rest) do
    targets[one.name] = level
    if extra > 0 then targets[one.name] = level + 1 end
    extra = extra - 1
  end
end

local function missing()
  local counts, sum = {}, 0
  for _, name in ipairs(names) do
    local record = holders[name]
    local count = math.min(wants(record), targets[name] - record.charge)
    if count > 0 then
      counts[name] = count
      sum = sum + count
    end
  end
  return counts, sum
end

local counts, sum = missing()
if open and charged <= budget then
  local mine = counts[me] or 0
  local free = budget - charged
  local owed = math.min(mine, free)
  local beyond = math.min(request.wanted - owed + request.spare, free - owed - (sum - mine))
  local granted = owed + math.max(0, beyond)
  own.charge = own.charge + granted
  charged = charged + granted
  counts, sum = missing()
end

local short = charged - budget
if open then short = short + sum end
local function ready(record) return record.charge - record.used + record.idle end
local order = {}
for i, name in ipairs(names) do order[i] = name end
table.sort(order, function(a, b)
  local readyA, readyB = ready(holders[a]), ready(holders[b])
  if readyA ~= readyB then return readyA > readyB end
  return a < b
end)
local limits = {}
for _, name in ipairs(order) do
  local gives = math.min(holders[name].charge - targets[name], short)
  if gives > 0 then
    limits[name] = holders[name].charge - gives
    short = short - gives
  end
end

local others, heldElsewhere, wantedElsewhere = {}, 0, 0
local waits = open and own.charge < request.keep + request.wanted
for _, name in ipairs(names) do
  if name ~= me then
    local record = holders[name]
    heldElsewhere = heldElsewhere + record.held
    wantedElsewhere = wantedElsewhere + wants(record)
    others[#others + 1] = cjson.encode({ holder = name, seq = record.seq, charge = record.charge })
    local note
    if limits[name] then
      note = { upstream = request.upstream, holder = name, limit = limits[name] }
    elseif open and charged < budget and counts[name] then
      note = { upstream = request.upstream, holder = name, limit = cjson.null }
    elseif waits and record.charge > 0 and fresh(record) then
      note = { upstream = request.upstream, holder = name, limit = record.charge }
    end
    if note then redis.call('PUBLISH', ARGV[2], cjson.encode(note)) end
  end
end

if own.charge == 0 and own.wanted == 0 then
  redis.call('HDEL', KEYS[2], me)
else
  redis.call('HSET', KEYS[2], me, cjson.encode(own))
end
for processId, role in pairs(cjson.decode(ARGV[3])) do redis.call('HSET', KEYS[3], me .. ' ' .. processId, role) end
for _, processId in ipairs(cjson.decode(ARGV[4])) do redis.call('HDEL', KEYS[3], me .. ' ' .. processId) end

local closed, unchecked = cjson.null, cjson.null
if not memoryIsOpen then closed = nonce elseif not open then unchecked = nonce end
return {
  cjson.encode({
    current = true, share = own.charge, open = open and charged <= budget, limit = limits[me] or own.charge,
    budget = budget, heldElsewhere = heldElsewhere, wantedElsewhere = wantedElsewhere, closed = closed, unchecked = unchecked, known = before ~= nil,
  }),
  '[' .. table.concat(others, ',') .. ']',
}
`;

/** Opens a memory that does not exist yet. KEYS: memory. */
export const freshLeasesLua = `
if redis.call('EXISTS', KEYS[1]) == 1 then return 0 end
local runId = string.match(redis.call('INFO', 'server'), 'run_id:(%x+)')
redis.call('HSET', KEYS[1], 'runId', runId, 'nonce', ARGV[1], 'open', '1', 'fresh', '1')
return 1
`;
