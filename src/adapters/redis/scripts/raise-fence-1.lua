#!lua flags=allow-oom
-- Makes a token the lowest that may trim.
--
-- KEYS[1] meta of the partition (hash)
-- ARGV[1] fencing token
--
-- Returns 1, or 0 where a higher token was there before
local fence = tonumber(redis.call('HGET', KEYS[1], 'fence') or 0)
if tonumber(ARGV[1]) < fence then return 0 end
redis.call('HSET', KEYS[1], 'fence', ARGV[1])
return 1
