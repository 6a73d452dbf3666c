#!lua flags=allow-oom
-- Gives a user a place in a room, or renews the one that it has, where the limit lets it.
--
-- KEYS[1] the places (sorted set): user, by when the place ends, ms
-- ARGV[1] the user
-- ARGV[2] places that there are
-- ARGV[3] how long a place lasts, ms
--
-- Returns 1 when the user is in, 0 when the room is full
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', string.format('%.0f', now))
-- Places that last for longer are from before the clock went back.
local ends = string.format('%.0f', now + ARGV[3])
for _, user in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '(' .. ends, '+inf')) do
  redis.call('ZADD', KEYS[1], ends, user)
end
local has = redis.call('ZSCORE', KEYS[1], ARGV[1])
if not has and redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[2]) then return 0 end
redis.call('ZADD', KEYS[1], ends, ARGV[1])
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return 1
