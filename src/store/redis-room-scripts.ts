import { RedisScript } from "./redis-connection.js";

/*
 * Atomic operations. Keys, all with the same {tag} so that they are on one cluster node:
 *   1 rooms    hash   meetingId -> "digits|reservedAt|validUntil", the last empty for no end
 *   2 owners   hash   digits -> meetingId, "" while resting
 *   3 digits   zset   all digits, resting and owned, by text
 *   4 resting  zset   digits -> end of the rest
 *   5 ending   zset   meetingId -> validUntil
 *   6 order    zset   all meetingIds, by text
 * The first arguments are the current time and the rest period, in milliseconds.
 */

const common = `
local rooms, owners, digitsOf, resting, ending, order = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5], KEYS[6]
local now, rest = tonumber(ARGV[1]), tonumber(ARGV[2])
local function ms(number) return string.format('%.0f', number) end
local function read(id)
  local value = redis.call('HGET', rooms, id)
  if not value then return nil end
  local digits, at, til = string.match(value, '^(%d+)|(%-?%d+)|(%-?%d*)$')
  return digits, at, til
end
local function laysDown(digits, til)
  redis.call('HSET', owners, digits, '')
  redis.call('ZADD', resting, ms(til), digits)
end
local function forget(id)
  redis.call('HDEL', rooms, id)
  redis.call('ZREM', ending, id)
  redis.call('ZREM', order, id)
end
local function write(id, digits, at, til)
  redis.call('HSET', rooms, id, digits .. '|' .. at .. '|' .. til)
  redis.call('HSET', owners, digits, id)
  redis.call('ZADD', digitsOf, 0, digits)
  redis.call('ZADD', order, 0, id)
  if til == '' then redis.call('ZREM', ending, id) else redis.call('ZADD', ending, til, id) end
end
local function sweep()
  local swept = 0
  for _, id in ipairs(redis.call('ZRANGEBYSCORE', ending, '-inf', ms(now), 'LIMIT', 0, 100)) do
    local digits, _, til = read(id)
    laysDown(digits, tonumber(til) + rest)
    forget(id)
    swept = swept + 1
  end
  for _, digits in ipairs(redis.call('ZRANGEBYSCORE', resting, '-inf', ms(now), 'LIMIT', 0, 100)) do
    redis.call('HDEL', owners, digits)
    redis.call('ZREM', digitsOf, digits)
    redis.call('ZREM', resting, digits)
    swept = swept + 1
  end
  return swept
end
-- An expired room does not count; if it has not been swept yet, remove it here.
local function find(id)
  local digits, at, til = read(id)
  if not digits then return nil end
  if til ~= '' and tonumber(til) <= now then
    laysDown(digits, tonumber(til) + rest)
    forget(id)
    return nil
  end
  return digits, at, til
end
local function isFree(digits)
  for length = 5, #digits do
    if redis.call('HEXISTS', owners, string.sub(digits, 1, length)) == 1 then return false end
  end
  return #redis.call('ZRANGEBYLEX', digitsOf, '[' .. digits, '(' .. digits .. ':', 'LIMIT', 0, 1) == 0
end
`;

/** now, rest, meetingId, "as-it-is" or validUntil or "", candidate digits... */
export const reserveScript = new RedisScript(`${common}
sweep()
local id, validity = ARGV[3], ARGV[4]
local digits, at, til = find(id)
if digits then
  if validity ~= 'as-it-is' and validity ~= til then
    write(id, digits, at, validity)
    til = validity
  end
  return {'known', digits, at, til}
end
til = validity == 'as-it-is' and '' or validity
for place = 5, #ARGV do
  if isFree(ARGV[place]) then
    write(id, ARGV[place], ms(now), til)
    return {'new', ARGV[place], ms(now), til}
  end
end
return {'taken'}
`);

/** now, rest, meetingId */
export const releaseScript = new RedisScript(`${common}
local digits = find(ARGV[3])
if not digits then return 0 end
laysDown(digits, now + rest)
forget(ARGV[3])
return 1
`);

/** now, rest, meetingId, digits, reservedAt, validUntil or "" */
export const importRoomScript = new RedisScript(`${common}
sweep()
local id, digits = ARGV[3], ARGV[4]
local known = find(id)
if known then return known == digits and 'known' or 'room-has-another-pin' end
if not isFree(digits) then return 'pin-is-taken' end
write(id, digits, ARGV[5], ARGV[6])
return 'imported'
`);

/** now, rest, digits, until */
export const importRestingScript = new RedisScript(`${common}
sweep()
local digits, til = ARGV[3], tonumber(ARGV[4])
if til <= now or not isFree(digits) then return 'known' end
redis.call('ZADD', digitsOf, 0, digits)
laysDown(digits, til)
return 'imported'
`);

/** now, rest; returns the number of removed entries of this batch */
export const sweepScript = new RedisScript(`${common}
return sweep()
`);
