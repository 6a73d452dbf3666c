#!lua flags=allow-oom
-- Puts an entry that the store refuses among the dead letters, once. Its bytes are those of the buffer, because a text may have
-- been erased there since the caller read it.
--
-- KEYS[1] dead letters of the partition (stream)
-- KEYS[2] which buffer ids are among them (hash: buffer id to dead letter id)
-- KEYS[3] write-behind buffer of the partition (stream)
-- KEYS[4] erased entries of the buffer (sorted set in the order of its members: "<padded buffer id>:<JSON>")
-- ARGV[1] id of the entry in the buffer
-- ARGV[2] its bytes as they were read, for an entry that is no longer in the buffer
-- ARGV[3] why it was refused
-- ARGV[4] the id padded, as the erased entries have it
-- ARGV[5] the most letters
--
-- Returns 1, 0 where it was there before, or -1 with nothing done where there are too many
if redis.call('HEXISTS', KEYS[2], ARGV[1]) == 1 then return 0 end
if redis.call('XLEN', KEYS[1]) >= tonumber(ARGV[5]) then return -1 end
local raw = ARGV[2]
local kept = redis.call('XRANGE', KEYS[3], ARGV[1], ARGV[1])[1]
local erased = redis.call('ZRANGEBYLEX', KEYS[4], '[' .. ARGV[4] .. ':', '(' .. ARGV[4] .. ';')[1]
if kept then raw = kept[2][2] elseif erased then raw = string.sub(erased, #ARGV[4] + 2) end

local time = redis.call('TIME')
local at = string.format('%.0f', time[1] * 1000 + math.floor(time[2] / 1000))
local id = redis.call('XADD', KEYS[1], '*', 'from', ARGV[1], 'at', at, 'error', ARGV[3], 'raw', raw)
redis.call('HSET', KEYS[2], ARGV[1], id)
return 1
