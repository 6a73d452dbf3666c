#!lua flags=no-writes
-- The oldest entries of a partition's buffer, with the epoch in which their places count.
--
-- KEYS[1] meta of the partition (hash)
-- KEYS[2] write-behind buffer of the partition (stream)
-- ARGV[1] how many
--
-- Returns epoch ("0" where the partition was never opened), entries as XRANGE gives them
local epoch = redis.call('HGET', KEYS[1], 'epoch') or '0'
return { epoch, redis.call('XRANGE', KEYS[2], '-', '+', 'COUNT', ARGV[1]) }
