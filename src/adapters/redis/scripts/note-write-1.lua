#!lua flags=allow-oom
-- Writes something, so that a WAIT on the same connection has a write to wait for.
--
-- KEYS[1] a key for nothing else (string)
-- ARGV[1] run id of the server that the caller is connected to
--
-- Returns OK
return redis.call('SET', KEYS[1], ARGV[1])
