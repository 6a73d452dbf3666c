#!lua flags=allow-oom
-- Keeps what a gateway says of its load, and forgets the gateways that have been silent for too long.
--
-- KEYS[1] hash of a fleet: gateway -> "<connections> <when it said so, ms> <revision of its policies, or ->"
-- ARGV[1] the gateway
-- ARGV[2] its connections
-- ARGV[3] how long a silent gateway is remembered, ms
-- ARGV[4] revision of the policies that it applies, or -
--
-- Returns gateway, connections and revision of each that is remembered, one after the other.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local memory = tonumber(ARGV[3])

redis.call('HSET', KEYS[1], ARGV[1], string.format('%d %.0f %s', ARGV[2], now, ARGV[4]))
redis.call('PEXPIRE', KEYS[1], memory)

local said = redis.call('HGETALL', KEYS[1])
-- A report from the future is from before the clock went back, so it is as old as it is ahead.
local remembered = {}
for i = 1, #said, 2 do
  local connections, at, policies = string.match(said[i + 1], '^(%d+) (%d+) (%S+)$')
  if connections and math.abs(now - tonumber(at)) <= memory then
    remembered[#remembered + 1] = said[i]
    remembered[#remembered + 1] = connections
    remembered[#remembered + 1] = policies
  else
    redis.call('HDEL', KEYS[1], said[i])
  end
end
return remembered
