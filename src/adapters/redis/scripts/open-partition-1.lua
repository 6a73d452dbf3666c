#!lua flags=allow-oom
-- Opens a partition in this life of the server, under a new epoch, because the server may have come back without its
-- last writes. A life is a run of its process (run id) as one primary (replication id): one that was a replica for a
-- while has the data of another, in the same run. An epoch lower than one that was seen is opened anew too: then an older
-- server has come back into its place. Opening what is open changes nothing, so every gateway may try.
--
-- KEYS[1] meta of the partition (hash)
-- ARGV[1] run id of the server that the caller is connected to
-- ARGV[2] how long appends wait, so that every gateway can say how far it saw the rooms, ms
-- ARGV[3] highest epoch that the caller knows of, 0 for none
--
-- Returns epoch, ms until appends are taken, 1 where this call opened it
local meta = redis.call('HMGET', KEYS[1], 'run', 'epoch', 'opensAt', 'replid', 'graceMs')
local replid = string.match(redis.call('INFO', 'replication'), 'master_replid:(%x+)') or ''
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
-- A version that knew no replication ids opened it without one.
local isSame = meta[1] == ARGV[1] and (not meta[4] or meta[4] == replid)
if isSame and tonumber(meta[2]) >= tonumber(ARGV[3]) then
  if not meta[4] then redis.call('HSET', KEYS[1], 'replid', replid) end
  local waits = math.max(0, tonumber(meta[3]) - now)
  -- A wait above the grace was set before the clock went back, and begins anew.
  local grace = tonumber(meta[5] or ARGV[2])
  if waits > grace then
    waits = grace
    redis.call('HSET', KEYS[1], 'opensAt', string.format('%.0f', now + grace))
  end
  return { meta[2], waits, 0 }
end

local before = math.max(tonumber(meta[2] or 0), tonumber(ARGV[3]))
local epoch = string.format('%.0f', math.max(now, before + 1))
local opensAt = string.format('%.0f', now + ARGV[2])
redis.call('HSET', KEYS[1], 'run', ARGV[1], 'replid', replid, 'epoch', epoch, 'opensAt', opensAt, 'graceMs', ARGV[2])
return { epoch, tonumber(ARGV[2]), 1 }
