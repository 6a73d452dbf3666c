#!lua
-- Lets one message of a user pass in each interval; the same message passes again.
--
-- KEYS[1] the user's last turn in the room (string): "<when it was taken, ms> <id of the message>"
-- ARGV[1] id of the message
-- ARGV[2] the interval, ms
--
-- Returns 0 when it may pass, else how long to wait, ms
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local every = tonumber(ARGV[2])
local at, id = string.match(redis.call('GET', KEYS[1]) or '', '^(%d+) (.*)$')
local waits = at and tonumber(at) + every - now or 0
-- A turn that was taken in the future was taken before the clock went back.
if waits > every then waits = 0 end
if waits > 0 then return id == ARGV[1] and 0 or waits end
redis.call('SET', KEYS[1], string.format('%.0f %s', now, ARGV[1]), 'PX', ARGV[2])
return 0
