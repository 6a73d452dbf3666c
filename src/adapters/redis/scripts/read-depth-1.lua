#!lua flags=no-writes
-- How much waits to be stored, and for how long.
--
-- KEYS[1] write-behind buffer of the partition (stream)
--
-- Returns entries, age of the oldest in ms (0 when empty)
local oldest = redis.call('XRANGE', KEYS[1], '-', '+', 'COUNT', 1)[1]
if not oldest then return { 0, 0 } end

local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local at = tonumber(string.match(oldest[1], '^%d+'))
return { redis.call('XLEN', KEYS[1]), math.max(0, now - at) }
