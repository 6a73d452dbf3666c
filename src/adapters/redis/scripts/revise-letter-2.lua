#!lua flags=allow-oom
-- Puts other bytes into a dead letter. It goes to the end of the letters, because an entry of a stream can't be changed.
--
-- KEYS[1] dead letters of the partition (stream)
-- KEYS[2] which buffer ids are among them (hash: buffer id to dead letter id)
-- ARGV[1] id of the dead letter
-- ARGV[2] its new bytes
--
-- Returns 1, or 0 where there was none
local letter = redis.call('XRANGE', KEYS[1], ARGV[1], ARGV[1])[1]
if not letter then return 0 end
local from, at, error = letter[2][2], letter[2][4], letter[2][6]
redis.call('XDEL', KEYS[1], ARGV[1])
local id = redis.call('XADD', KEYS[1], '*', 'from', from, 'at', at, 'error', error, 'raw', ARGV[2])
redis.call('HSET', KEYS[2], from, id)
return 1
