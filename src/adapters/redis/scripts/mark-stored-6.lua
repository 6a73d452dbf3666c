#!lua flags=allow-oom
-- Notes how far a room is in the store, tells its feed as "epoch:seq:seq before:seqs put aside", and lets its log go down to what is not stored and
-- a tail. A room that is stored to its end may go altogether after a while.
--
-- KEYS[1] meta of the partition (hash)
-- KEYS[2] log of the room (stream, ids are <seq>-0)
-- KEYS[3] state of the room (hash)
-- KEYS[4] feed of the room (shard channel)
-- KEYS[5] erased entries of the room (sorted set by seq)
-- KEYS[6] text changes of the room (sorted set by seq)
-- ARGV[1] fencing token of the caller's term
-- ARGV[2] epoch in which the caller read the buffer
-- ARGV[3] seq up to which everything is stored
-- ARGV[4] entries to keep
-- ARGV[5] how long the room is kept once everything is stored, ms
-- ARGV[6] seqs that were put aside, separated by commas
--
-- Returns OK; FENCED, with nothing done, where the term is over; STALE, with nothing done, in another epoch
local meta = redis.call('HMGET', KEYS[1], 'fence', 'epoch')
if tonumber(ARGV[1]) < tonumber(meta[1] or 0) then return 'FENCED' end
if meta[2] ~= ARGV[2] then return 'STALE' end

local room = redis.call('HMGET', KEYS[3], 'seq', 'stored')
if not room[1] then return 'OK' end
local seq = tonumber(room[1])
local before = tonumber(room[2] or 0)
local stored = math.max(before, tonumber(ARGV[3]))
-- Where the log lost its tail, the room ends beyond the last entry that the log has. Nothing is left to be stored then.
local last = redis.call('XREVRANGE', KEYS[2], '+', '-', 'COUNT', 1)[1]
if not last or tonumber(string.match(last[1], '^%d+')) <= stored then stored = math.max(stored, seq) end
if stored > before then
  local mark = string.format('%.0f', stored)
  redis.call('HSET', KEYS[3], 'stored', mark)
  redis.call('SPUBLISH', KEYS[4], meta[2] .. ':' .. mark .. ':' .. string.format('%.0f', before) .. ':' .. ARGV[6])
end
local first = string.format('%.0f', math.max(0, math.min(stored, seq - ARGV[4]) + 1))
redis.call('XTRIM', KEYS[2], 'MINID', first)
redis.call('ZREMRANGEBYSCORE', KEYS[5], '-inf', '(' .. first)
redis.call('ZREMRANGEBYSCORE', KEYS[6], '-inf', '(' .. first)
if stored >= seq then
  redis.call('PEXPIRE', KEYS[2], ARGV[5])
  redis.call('PEXPIRE', KEYS[3], ARGV[5])
  redis.call('PEXPIRE', KEYS[5], ARGV[5])
  redis.call('PEXPIRE', KEYS[6], ARGV[5])
end
return 'OK'
