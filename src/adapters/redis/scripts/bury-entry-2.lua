#!lua flags=allow-oom
-- Puts an entry that the store refuses among the dead letters, once.
--
-- KEYS[1] dead letters of the partition (stream)
-- KEYS[2] which buffer ids are among them (hash: buffer id to dead letter id)
-- ARGV[1] id of the entry in the buffer
-- ARGV[2] its bytes
-- ARGV[3] why it was refused
--
-- Returns 1, or 0 where it was there before
if redis.call('HEXISTS', KEYS[2], ARGV[1]) == 1 then return 0 end
local time = redis.call('TIME')
local at = string.format('%.0f', time[1] * 1000 + math.floor(time[2] / 1000))
local id = redis.call('XADD', KEYS[1], '*', 'from', ARGV[1], 'at', at, 'error', ARGV[3], 'raw', ARGV[2])
redis.call('HSET', KEYS[2], ARGV[1], id)
return 1
