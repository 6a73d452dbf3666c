#!lua flags=allow-oom
-- Takes one dead letter away.
--
-- KEYS[1] dead letters of the partition (stream)
-- KEYS[2] which buffer ids are among them (hash: buffer id to dead letter id)
-- ARGV[1] id of the dead letter
--
-- Returns 1, or 0 where there was none
local letter = redis.call('XRANGE', KEYS[1], ARGV[1], ARGV[1])[1]
if not letter then return 0 end
redis.call('HDEL', KEYS[2], letter[2][2])
return redis.call('XDEL', KEYS[1], ARGV[1])
