#!lua flags=allow-oom
-- Puts the room policies in the place of those before, and tells who follows them. The same again changes nothing.
--
-- KEYS[1] the policies (hash): revision, document
-- KEYS[2] channel of those who follow them (shard channel)
-- ARGV[1] the document
--
-- Returns the revision: the time of publication in Unix ms, and higher than the one before
local before = redis.call('HMGET', KEYS[1], 'revision', 'document')
if before[1] and before[2] == ARGV[1] then return before[1] end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local revision = string.format('%.0f', math.max(now, tonumber(before[1] or 0) + 1))
redis.call('HSET', KEYS[1], 'revision', revision, 'document', ARGV[1])
redis.call('SPUBLISH', KEYS[2], revision)
return revision
