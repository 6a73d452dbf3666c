#!lua flags=allow-oom
-- Opens a partition in this run of the server, under a new epoch, because the server may have come back without its
-- last writes. So does an epoch lower than one that was seen: then an older server has come back into its place. Opening
-- what is open changes nothing, so every gateway may try.
--
-- KEYS[1] meta of the partition (hash)
-- ARGV[1] run id of the server that the caller is connected to
-- ARGV[2] how long appends wait, so that every gateway can say how far it saw the rooms, ms
-- ARGV[3] highest epoch that the caller knows of, 0 for none
--
-- Returns epoch, ms until appends are taken, 1 where this call opened it
local meta = redis.call('HMGET', KEYS[1], 'run', 'epoch', 'opensAt')
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
if meta[1] == ARGV[1] and tonumber(meta[2]) >= tonumber(ARGV[3]) then
  return { meta[2], math.max(0, tonumber(meta[3]) - now), 0 }
end

local before = math.max(tonumber(meta[2] or 0), tonumber(ARGV[3]))
local epoch = string.format('%.0f', math.max(now, before + 1))
redis.call('HSET', KEYS[1], 'run', ARGV[1], 'epoch', epoch, 'opensAt', string.format('%.0f', now + ARGV[2]))
return { epoch, tonumber(ARGV[2]), 1 }
