#!lua flags=no-writes
-- The changes of some messages that the log of a room has: the latest edit, the delete and the reactions of each. Each reaction names the one
-- before it, so other entries are not read. Entries by older versions name none: while some of them are unstored, the whole log is looked at.
--
-- KEYS[1] log of the room (stream, ids are <seq>-0)
-- KEYS[2] erased entries of the room (sorted set by seq: "<buffer id>|<JSON>")
-- KEYS[3] changes of the room (sorted set by seq: "<target>" for the latest edit, "-<target>" for the delete, "~<target>" for the latest reaction)
-- KEYS[4] state of the room (hash)
-- ARGV[1] seq up to which the caller knows all changes; empty where the log need not have all that follows
-- ARGV[2] how many
-- ARGV[3] entries to look at where entries are not linked
-- ARGV[4] bytes
-- ARGV[5] seqs of the messages, separated by commas
--
-- Returns one of
--   OK, changes as JSON in no order, of each message the newest
--   GONE                  the log has let go of entries that the caller does not know, because they were stored meanwhile
local room = redis.call('HMGET', KEYS[4], 'seq', 'stored', 'linked', 'linkedTo')
local after = tonumber(ARGV[1]) or 0

local function isGone()
  if room[1] and tonumber(room[2] or 0) <= after then return false end
  local kept = redis.call('XRANGE', KEYS[1], '-', '+', 'COUNT', 1)[1]
  local erased = redis.call('ZRANGE', KEYS[2], 0, 0, 'WITHSCORES')
  local first = math.min(kept and tonumber(string.match(kept[1], '^%d+')) or math.huge, tonumber(erased[2] or math.huge))
  return first > after + 1
end
if ARGV[1] ~= '' and isGone() then return { 'GONE' } end

local found, bytes = { 'OK' }, 0
local function isFull()
  return #found > tonumber(ARGV[2]) or bytes >= tonumber(ARGV[4])
end
local function take(entry)
  found[#found + 1] = entry
  bytes = bytes + #entry
end

local function takeLinked(seq)
  while seq and tonumber(seq) > after and not isFull() do
    local item = redis.call('XRANGE', KEYS[1], seq .. '-0', seq .. '-0')[1]
    if not item then return end
    take(item[2][2])
    seq = item[2][6]
  end
end

local known = math.max(after, ARGV[1] == '' and tonumber(room[2] or 0) or 0)
if room[1] and room[4] == room[1] and tonumber(room[3]) <= known + 1 then
  for target in string.gmatch(ARGV[5], '%d+') do
    takeLinked(redis.call('ZSCORE', KEYS[3], '-' .. target))
    takeLinked(redis.call('ZSCORE', KEYS[3], target))
  end
  for target in string.gmatch(ARGV[5], '%d+') do
    takeLinked(redis.call('ZSCORE', KEYS[3], '~' .. target))
  end
  return found
end

local wanted = {}
for target in string.gmatch(ARGV[5], '%d+') do wanted[target] = true end
local looked, last = 0, '+'
while looked < tonumber(ARGV[3]) and not isFull() do
  local page = redis.call('XREVRANGE', KEYS[1], last, string.format('(%.0f', after), 'COUNT', 100)
  for _, item in ipairs(page) do
    local entry = item[2][2]
    -- A quote within a text is escaped, so these can only be names of fields; the kind is the first of them in every entry.
    local kind = string.match(entry, '"kind":"(%a+)"')
    if kind == 'edit' or kind == 'delete' or kind == 'reaction' then
      if wanted[string.match(entry, '[,{]"target":(%d+)') or ''] and not isFull() then take(entry) end
    end
  end
  looked = looked + #page
  if #page < 100 then break end
  last = '(' .. page[#page][1]
end
return found
