#!lua flags=no-writes
-- The oldest entries of a partition's buffer, with the epoch in which their places count.
--
-- KEYS[1] meta of the partition (hash)
-- KEYS[2] write-behind buffer of the partition (stream)
-- KEYS[3] erased entries of the buffer (sorted set in the order of its members: "<padded buffer id>:<JSON>")
-- ARGV[1] how many of each
--
-- Returns epoch ("0" where the partition was never opened), entries as XRANGE gives them, erased entries as members
local epoch = redis.call('HGET', KEYS[1], 'epoch') or '0'
local kept = redis.call('XRANGE', KEYS[2], '-', '+', 'COUNT', ARGV[1])
return { epoch, kept, redis.call('ZRANGEBYLEX', KEYS[3], '-', '+', 'LIMIT', 0, ARGV[1]) }
