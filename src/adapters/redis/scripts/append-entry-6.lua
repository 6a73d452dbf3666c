#!lua
-- Gives an entry its place in its room and writes and publishes it, or says why not. All refusals come before the
-- first write, so a refused append leaves no seq out.
--
-- KEYS[1] meta of the partition (hash)
-- KEYS[2] write-behind buffer of the partition (stream)
-- KEYS[3] log of the room (stream, ids are <seq>-0)
-- KEYS[4] state of the room (hash)
-- KEYS[5] first answer to this (room, user, id) (string)
-- KEYS[6] feed of the room (shard channel)
-- ARGV[1] run id of the server that the caller is connected to
-- ARGV[2] highest epoch that the caller knows of
-- ARGV[3] the entry as JSON, without its opening brace
-- ARGV[4] entries in the buffer from which on it is closed
-- ARGV[5] entries in the buffer at which it opens again
-- ARGV[6] how long to remember the first answer, ms
-- ARGV[7] content mark of the entry, to tell a retry from another use of the id
--
-- Returns one of
--   OK, epoch, seq, at, replication id of the server
--   DUPLICATE, "epoch:seq:at:mark" of the first answer, replication id; without the mark where an older version wrote it
--   CLOSED                the partition is not open in this life of the server, or is behind the caller's epoch
--   RECOVERING, ms        it opens after that time
--   OVERLOADED
--   NEEDS_BASE            it is not known yet in this epoch how far the room got
local meta = redis.call('HMGET', KEYS[1], 'run', 'epoch', 'opensAt', 'overloaded', 'replid')
local replid = string.match(redis.call('INFO', 'replication'), 'master_replid:(%x+)') or ''
local epoch = meta[2]
if meta[1] ~= ARGV[1] or meta[5] ~= replid or tonumber(epoch) < tonumber(ARGV[2]) then return { 'CLOSED' } end

local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
if now < tonumber(meta[3]) then return { 'RECOVERING', tonumber(meta[3]) - now } end

local first = redis.call('GET', KEYS[5])
if first then return { 'DUPLICATE', first, replid } end

local depth = redis.call('XLEN', KEYS[2])
if depth >= tonumber(ARGV[4]) or (meta[4] and depth > tonumber(ARGV[5])) then
  if not meta[4] then redis.call('HSET', KEYS[1], 'overloaded', 1) end
  return { 'OVERLOADED' }
end

local room = redis.call('HMGET', KEYS[4], 'epoch', 'seq', 'at', 'stored')
if room[1] ~= epoch then return { 'NEEDS_BASE' } end

local seq = string.format('%.0f', room[2] + 1)
local at = string.format('%.0f', math.max(now, tonumber(room[3] or 0)))
local entry = '{"epoch":"' .. epoch .. '","seq":' .. seq .. ',"at":' .. at .. ',' .. ARGV[3]

if meta[4] then redis.call('HDEL', KEYS[1], 'overloaded') end
if tonumber(room[4]) >= tonumber(room[2]) then
  -- Everything was stored, so the room was on its way out.
  redis.call('PERSIST', KEYS[3])
  redis.call('PERSIST', KEYS[4])
end
redis.call('HSET', KEYS[4], 'seq', seq, 'at', at)
redis.call('XADD', KEYS[3], seq .. '-0', 'e', entry)
redis.call('XADD', KEYS[2], '*', 'e', entry)
redis.call('SET', KEYS[5], epoch .. ':' .. seq .. ':' .. at .. ':' .. ARGV[7], 'PX', ARGV[6])
redis.call('SPUBLISH', KEYS[6], entry)
return { 'OK', epoch, seq, at, replid }
