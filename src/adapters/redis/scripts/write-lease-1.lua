#!lua flags=allow-oom
-- Writes the lease record if it is still at the version that the caller saw.
--
-- KEYS[1] the lease (hash)
-- ARGV[1] the version, empty for "there is none"
-- ARGV[2] holder
-- ARGV[3] duration, ms
-- ARGV[4] transitions
--
-- Returns the new version, or nil where someone else wrote first
local version = redis.call('HGET', KEYS[1], 'version') or ''
if version ~= ARGV[1] then return nil end
-- The time makes a version unique even where the record was lost and began again; the counter within a microsecond.
local time = redis.call('TIME')
local count = tonumber(string.match(version, '%d+$') or 0) + 1
local new = string.format('%s.%06d-%.0f', time[1], time[2], count)
redis.call('HSET', KEYS[1], 'holder', ARGV[2], 'durationMs', ARGV[3], 'transitions', ARGV[4], 'version', new)
return new
