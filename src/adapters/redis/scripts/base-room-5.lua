#!lua flags=allow-oom
-- Settles in this epoch how far a room got: the highest of what the log holds, what the store has and what anyone saw.
-- A room that is settled stays as it is.
--
-- KEYS[1] meta of the partition (hash)
-- KEYS[2] state of the room (hash)
-- KEYS[3] log of the room (stream, ids are <seq>-0)
-- KEYS[4] erased entries of the room (sorted set by seq)
-- KEYS[5] text changes of the room (sorted set by seq)
-- ARGV[1] run id of the server that the caller is connected to
-- ARGV[2] highest seq in the store; empty where the store does not answer
-- ARGV[3] how long a room is kept that has nothing waiting to be stored, ms
-- ARGV[4] up to which seq the caller has closed lost places and recalled answers, 0 for none
--
-- Returns one of
--   SETTLED               now
--   KNOWN                 it was settled before, or can't be yet
--   NEEDS_STORE           without the store it can't be told how far the room got, or what of it the log has lost
--   CLOSE, epoch, after, upTo   the log lost what lies below upTo. Neither log nor store has the places after `after`, and
--                         nothing may come to them later: the room is settled on upTo, whatever is seen from now on, by
--                         the call after they were closed. With none after `after`, answers alone have to be recalled
local meta = redis.call('HMGET', KEYS[1], 'run', 'epoch', 'opensAt', 'replid')
local replid = string.match(redis.call('INFO', 'replication'), 'master_replid:(%x+)') or ''
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
if meta[1] ~= ARGV[1] or meta[4] ~= replid or now < tonumber(meta[3]) then return { 'KNOWN' } end

local room = redis.call('HMGET', KEYS[2], 'epoch', 'seq', 'stored', 'floor', 'closing')
if room[1] == meta[2] then return { 'KNOWN' } end

local seq = tonumber(room[2] or 0)
local stored = tonumber(room[3] or 0)
local inStore = tonumber(ARGV[2])
local floor = tonumber(room[4] or 0)
-- "epoch:seq" of a call before this one that has yet to come back.
local closing = room[5] and string.match(room[5], '^' .. meta[2] .. ':(%d+)$')
if closing then floor = tonumber(closing) end

-- A log that is as far as everyone saw the room lost nothing of it, as far as anyone alive can tell.
if not inStore and (not room[2] or math.max(stored, floor) > seq) then return { 'NEEDS_STORE' } end

local kept = math.max(seq, inStore or 0)
local base = math.max(kept, stored, floor)
if base > math.max(seq, tonumber(ARGV[4])) then
  local upTo = string.format('%.0f', base)
  if base > kept then redis.call('HSET', KEYS[2], 'closing', meta[2] .. ':' .. upTo) end
  return { 'CLOSE', meta[2], string.format('%.0f', kept), upTo }
end

-- The log has everything that waits to be stored. With some of it waiting, the highest in the store says nothing about
-- what lies before it. With none, what lies below the base is in the store or was lost with the log's tail: nothing will
-- ever store more of it.
local last = redis.call('XREVRANGE', KEYS[3], '+', '-', 'COUNT', 1)[1]
local waiting = last and tonumber(string.match(last[1], '^%d+')) > stored
if not waiting then stored = base end
redis.call('HSET', KEYS[2], 'epoch', meta[2], 'seq', string.format('%.0f', base), 'stored', string.format('%.0f', stored))
redis.call('HDEL', KEYS[2], 'floor', 'closing')
if not waiting then
  redis.call('PEXPIRE', KEYS[2], ARGV[3])
  redis.call('PEXPIRE', KEYS[3], ARGV[3])
  redis.call('PEXPIRE', KEYS[4], ARGV[3])
  redis.call('PEXPIRE', KEYS[5], ARGV[3])
end
return { 'SETTLED' }
