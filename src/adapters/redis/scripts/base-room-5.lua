#!lua flags=allow-oom
-- Settles in this epoch how far a room got: the highest of what the log holds, what the store has and what anyone saw.
-- A room that is settled stays as it is.
--
-- KEYS[1] meta of the partition (hash)
-- KEYS[2] state of the room (hash)
-- KEYS[3] log of the room (stream, ids are <seq>-0)
-- KEYS[4] erased entries of the room (sorted set by seq)
-- KEYS[5] text changes of the room (sorted set by seq)
-- ARGV[1] run id of the server that the caller is connected to
-- ARGV[2] highest seq in the store
-- ARGV[3] how long a room is kept that has nothing waiting to be stored, ms
--
-- Returns 1 where it was settled now, 0 where it was before or can't be yet
local meta = redis.call('HMGET', KEYS[1], 'run', 'epoch', 'opensAt', 'replid')
local replid = string.match(redis.call('INFO', 'replication'), 'master_replid:(%x+)') or ''
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
if meta[1] ~= ARGV[1] or meta[4] ~= replid or now < tonumber(meta[3]) then return 0 end

local room = redis.call('HMGET', KEYS[2], 'epoch', 'seq', 'stored', 'floor')
if room[1] == meta[2] then return 0 end

local stored = tonumber(room[3] or 0)
local base = math.max(tonumber(room[2] or 0), stored, tonumber(ARGV[2]), tonumber(room[4] or 0))
-- The log has everything that waits to be stored. With some of it waiting, the highest in the store says nothing about
-- what lies before it. With none, what lies below the base is in the store or was lost with the log's tail: nothing will
-- ever store more of it.
local last = redis.call('XREVRANGE', KEYS[3], '+', '-', 'COUNT', 1)[1]
local waiting = last and tonumber(string.match(last[1], '^%d+')) > stored
if not waiting then stored = base end
redis.call('HSET', KEYS[2], 'epoch', meta[2], 'seq', string.format('%.0f', base), 'stored', string.format('%.0f', stored))
redis.call('HDEL', KEYS[2], 'floor')
if not waiting then
  redis.call('PEXPIRE', KEYS[2], ARGV[3])
  redis.call('PEXPIRE', KEYS[3], ARGV[3])
  redis.call('PEXPIRE', KEYS[4], ARGV[3])
  redis.call('PEXPIRE', KEYS[5], ARGV[3])
end
return 1
