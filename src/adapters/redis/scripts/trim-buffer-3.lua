#!lua flags=allow-oom
-- Removes the stored prefix of a partition's buffer. The only script that destroys what may be the only copy.
--
-- KEYS[1] meta of the partition (hash)
-- KEYS[2] write-behind buffer of the partition (stream)
-- KEYS[3] erased entries of the buffer (sorted set in the order of its members: "<padded buffer id>:<JSON>")
-- ARGV[1] fencing token of the caller's term
-- ARGV[2] epoch in which the caller read the buffer
-- ARGV[3] lowest id that stays
-- ARGV[4] the same padded, as the erased entries have it
--
-- Returns OK; FENCED, with nothing done, where the term is over; STALE, with nothing done, in another epoch
local meta = redis.call('HMGET', KEYS[1], 'fence', 'epoch')
if tonumber(ARGV[1]) < tonumber(meta[1] or 0) then return 'FENCED' end
redis.call('HSET', KEYS[1], 'fence', ARGV[1])
if (meta[2] or '0') ~= ARGV[2] then return 'STALE' end
redis.call('XTRIM', KEYS[2], 'MINID', ARGV[3])
redis.call('ZREMRANGEBYLEX', KEYS[3], '-', '(' .. ARGV[4])
return 'OK'
