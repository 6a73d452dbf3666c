#!lua flags=allow-oom
-- Forgets the older of the two hashes of first answers, and begins a new one. The caller says when: it has seen the
-- generation for long enough by its own monotonic clock. So a jump of the server's clock forgets nothing.
--
-- KEYS[1] meta of the partition (hash)
-- KEYS[2] young answers (hash)
-- KEYS[3] old answers (hash)
-- ARGV[1] generation that is to end; empty to ask for the generation only
--
-- Returns the generation: "<how many ended before it>-<what makes it unique>"
local generation = redis.call('HGET', KEYS[1], 'answers')
if generation and generation ~= ARGV[1] then return generation end
if generation then
  redis.call('UNLINK', KEYS[3])
  if redis.call('EXISTS', KEYS[2]) == 1 then redis.call('RENAME', KEYS[2], KEYS[3]) end
end
-- The time makes it unique, also where a server came back with an older one.
local ended = generation and tonumber(string.match(generation, '^%d+')) + 1 or 0
local time = redis.call('TIME')
generation = string.format('%.0f-%s.%06d', ended, time[1], time[2])
redis.call('HSET', KEYS[1], 'answers', generation)
return generation
