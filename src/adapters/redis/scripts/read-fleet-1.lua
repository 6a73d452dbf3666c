#!lua flags=no-writes
-- What the gateways said of their load, without those that have been silent for too long.
--
-- KEYS[1] hash of a fleet: gateway -> "<connections> <when it said so, ms> <revision of its policies, or ->"
-- ARGV[1] how long a silent gateway is remembered, ms
--
-- Returns gateway, connections and revision of each that is remembered, one after the other.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)

local said = redis.call('HGETALL', KEYS[1])
-- A report from the future is from before the clock went back, so it is as old as it is ahead.
local remembered = {}
for i = 1, #said, 2 do
  local connections, at, policies = string.match(said[i + 1], '^(%d+) (%d+) (%S+)$')
  if connections and math.abs(now - tonumber(at)) <= tonumber(ARGV[1]) then
    remembered[#remembered + 1] = said[i]
    remembered[#remembered + 1] = connections
    remembered[#remembered + 1] = policies
  end
end
return remembered
