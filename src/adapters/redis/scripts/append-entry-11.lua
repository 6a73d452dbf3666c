#!lua
-- Gives an entry its place in its room and writes and publishes it, or says why not. All refusals come before the
-- first write, so a refused append leaves no seq out. An edit or a delete also erases the texts that it supersedes: their
-- entries give way to erased forms, in the room's log and in the buffer. A message touches none of the keys for that.
--
-- KEYS[1] meta of the partition (hash)
-- KEYS[2] write-behind buffer of the partition (stream)
-- KEYS[3] log of the room (stream, ids are <seq>-0)
-- KEYS[4] state of the room (hash)
-- KEYS[5] first answer to this (room, user, id) by an older version (string)
-- KEYS[6] feed of the room (shard channel)
-- KEYS[7] erased entries of the room (sorted set by seq: "<buffer id>|<JSON>")
-- KEYS[8] changes of the room (sorted set by seq: "<target>" for the latest edit, "-<target>" for the delete, "~<target>" for the latest reaction)
-- KEYS[9] erased entries of the buffer (sorted set in the order of its members: "<padded buffer id>:<JSON>")
-- KEYS[10] young answers (hash: room, id and user to the first answer)
-- KEYS[11] old answers (hash)
-- ARGV[1] run id of the server that the caller is connected to
-- ARGV[2] highest epoch that the caller knows of
-- ARGV[3] the entry as JSON, without its opening brace
-- ARGV[4] entries in the buffer from which on it is closed
-- ARGV[5] entries in the buffer at which it opens again
-- ARGV[6] field of the first answer
-- ARGV[7] content mark of the entry, to tell a retry from another use of the id
-- ARGV[8] how many of the sender's entries must be in before this one; their fields are the last arguments
-- ARGV[9] target of an edit or a delete; empty for everything else
-- ARGV[10] what read-texts-3 said of the target, which has to hold still
-- ARGV[11] the change to note, "<target>", "-<target>" or "~<target>"; empty for none
-- ARGV[12] how many entries to erase, from here on with four arguments each: seq, buffer id (empty where unknown), JSON up to the
-- place of the change, and the rest of the JSON after it (empty where the change is not named)
--
-- Returns one of
--   OK, epoch, seq, at, replication id of the server
--   DUPLICATE, "epoch:seq:at:mark" of the first answer, replication id; without the mark where an older version wrote it
--   CLOSED                the partition is not open in this life of the server, or is behind the caller's epoch
--   RECOVERING, ms        it opens after that time
--   OVERLOADED
--   NEEDS_BASE            it is not known yet in this epoch how far the room got
--   EARLY                 one of the sender's entries before it is not in yet
--   CHANGED               another change of the target came first: read its texts again
local function pad(id)
  local ms, count = string.match(id, '^(%d+)-(%d+)$')
  return string.rep('0', 20 - #ms) .. ms .. '-' .. string.rep('0', 20 - #count) .. count
end

local meta = redis.call('HMGET', KEYS[1], 'run', 'epoch', 'opensAt', 'overloaded', 'replid', 'answers')
local replid = string.match(redis.call('INFO', 'replication'), 'master_replid:(%x+)') or ''
local epoch = meta[2]
if meta[1] ~= ARGV[1] or meta[5] ~= replid or tonumber(epoch) < tonumber(ARGV[2]) then return { 'CLOSED' } end

local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
if now < tonumber(meta[3]) then return { 'RECOVERING', tonumber(meta[3]) - now } end

local first = redis.call('HGET', KEYS[10], ARGV[6]) or redis.call('HGET', KEYS[11], ARGV[6])
-- Keys of older versions are gone when two generations have ended.
if not first and tonumber(string.match(meta[6] or '0', '^%d+')) < 2 then first = redis.call('GET', KEYS[5]) end
if first then return { 'DUPLICATE', first, replid } end

local depth = redis.call('XLEN', KEYS[2])
if depth >= tonumber(ARGV[4]) or (meta[4] and depth > tonumber(ARGV[5])) then
  if not meta[4] then redis.call('HSET', KEYS[1], 'overloaded', 1) end
  return { 'OVERLOADED' }
end

local room = redis.call('HMGET', KEYS[4], 'epoch', 'seq', 'at', 'stored', 'linked', 'linkedTo')
if room[1] ~= epoch then return { 'NEEDS_BASE' } end
for i = #ARGV - ARGV[8] + 1, #ARGV do
  if not (redis.call('HGET', KEYS[10], ARGV[i]) or redis.call('HGET', KEYS[11], ARGV[i])) then return { 'EARLY' } end
end

if ARGV[9] ~= '' then
  local edited = redis.call('ZSCORE', KEYS[8], ARGV[9]) or ''
  local deleted = redis.call('ZSCORE', KEYS[8], '-' .. ARGV[9]) or ''
  if edited .. '/' .. deleted ~= ARGV[10] then return { 'CHANGED' } end
end

local seq = string.format('%.0f', room[2] + 1)
local at = string.format('%.0f', math.max(now, tonumber(room[3] or 0)))
local entry = '{"epoch":"' .. epoch .. '","seq":' .. seq .. ',"at":' .. at .. ',' .. ARGV[3]

if meta[4] then redis.call('HDEL', KEYS[1], 'overloaded') end
if tonumber(room[4]) >= tonumber(room[2]) then
  -- Everything was stored, so the room was on its way out.
  redis.call('PERSIST', KEYS[3])
  redis.call('PERSIST', KEYS[4])
  redis.call('PERSIST', KEYS[7])
  redis.call('PERSIST', KEYS[8])
end
-- From 'linked' to 'linkedTo' each change is noted. An older version notes no reaction and leaves both as they are.
local linked = room[6] == room[2] and room[5] or seq
redis.call('HSET', KEYS[4], 'seq', seq, 'at', at, 'linked', linked, 'linkedTo', seq)
local bufferId = redis.call('XADD', KEYS[2], '*', 'e', entry)
local before = string.sub(ARGV[11], 1, 1) == '~' and redis.call('ZSCORE', KEYS[8], ARGV[11])
if before then
  redis.call('XADD', KEYS[3], seq .. '-0', 'e', entry, 'b', bufferId, 'r', before)
else
  redis.call('XADD', KEYS[3], seq .. '-0', 'e', entry, 'b', bufferId)
end
redis.call('HSET', KEYS[10], ARGV[6], epoch .. ':' .. seq .. ':' .. at .. ':' .. ARGV[7])
redis.call('SPUBLISH', KEYS[6], entry)
if ARGV[11] ~= '' then redis.call('ZADD', KEYS[8], seq, ARGV[11]) end
if ARGV[9] == '' then return { 'OK', epoch, seq, at, replid } end

for i = 13, 9 + 4 * ARGV[12], 4 do
  local erased = ARGV[i + 2]
  if ARGV[i + 3] ~= '' then erased = erased .. seq .. ',"at":' .. at .. ARGV[i + 3] end
  local gone = redis.call('XDEL', KEYS[3], ARGV[i] .. '-0')
  if gone + redis.call('ZREMRANGEBYSCORE', KEYS[7], ARGV[i], ARGV[i]) > 0 then
    redis.call('ZADD', KEYS[7], ARGV[i], ARGV[i + 1] .. '|' .. erased)
  end
  if ARGV[i + 1] ~= '' then
    local place = pad(ARGV[i + 1])
    local unstored = redis.call('XDEL', KEYS[2], ARGV[i + 1])
    if unstored + redis.call('ZREMRANGEBYLEX', KEYS[9], '[' .. place .. ':', '(' .. place .. ';') > 0 then
      redis.call('ZADD', KEYS[9], 0, place .. ':' .. erased)
    end
  end
end
return { 'OK', epoch, seq, at, replid }
