#!lua flags=no-writes
-- How much waits to be stored, and for how long.
--
-- KEYS[1] write-behind buffer of the partition (stream)
-- KEYS[2] erased entries of the buffer (sorted set in the order of its members: "<padded buffer id>:<JSON>")
--
-- Returns entries, age of the oldest in ms (0 when empty)
local kept = redis.call('XRANGE', KEYS[1], '-', '+', 'COUNT', 1)[1]
local erased = redis.call('ZRANGE', KEYS[2], 0, 0)[1]
if not kept and not erased then return { 0, 0 } end

local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local at = math.min(
  kept and tonumber(string.match(kept[1], '^%d+')) or now,
  erased and tonumber(string.match(erased, '^%d+')) or now
)
return { redis.call('XLEN', KEYS[1]) + redis.call('ZCARD', KEYS[2]), math.max(0, now - at) }
