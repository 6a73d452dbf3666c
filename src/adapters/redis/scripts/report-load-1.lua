#!lua
-- Keeps what a gateway says of its load, and forgets the gateways that have been silent for too long.
--
-- KEYS[1] hash of a fleet: gateway -> "<connections> <when it said so, ms>"
-- ARGV[1] the gateway
-- ARGV[2] its connections
-- ARGV[3] how long a silent gateway is remembered, ms
--
-- Returns gateway and connections of each that is remembered, one after the other.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local memory = tonumber(ARGV[3])

redis.call('HSET', KEYS[1], ARGV[1], string.format('%d %.0f', ARGV[2], now))
redis.call('PEXPIRE', KEYS[1], memory)

local said = redis.call('HGETALL', KEYS[1])
local remembered = {}
for i = 1, #said, 2 do
  local connections, at = string.match(said[i + 1], '^(%d+) (%d+)$')
  if connections and now - tonumber(at) <= memory then
    remembered[#remembered + 1] = said[i]
    remembered[#remembered + 1] = connections
  else
    redis.call('HDEL', KEYS[1], said[i])
  end
end
return remembered
