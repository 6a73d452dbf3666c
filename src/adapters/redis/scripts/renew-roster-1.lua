#!lua flags=allow-oom
-- Renews the places of users in a room, and gives one to those who have none.
--
-- KEYS[1] the places (sorted set): user, by when the place ends, ms
-- ARGV[1] how long a place lasts, ms
-- ARGV[2] the users, as JSON
--
-- Returns how many there are in the room now
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local ends = string.format('%.0f', now + ARGV[1])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', string.format('%.0f', now))
-- Places that last for longer are from before the clock went back.
for _, user in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '(' .. ends, '+inf')) do
  redis.call('ZADD', KEYS[1], ends, user)
end
for _, user in ipairs(cjson.decode(ARGV[2])) do redis.call('ZADD', KEYS[1], ends, user) end
redis.call('PEXPIRE', KEYS[1], ARGV[1])
return redis.call('ZCARD', KEYS[1])
