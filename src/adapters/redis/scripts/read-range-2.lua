#!lua flags=no-writes
-- What the log of a room has of a range, the erased entries in their places.
--
-- KEYS[1] log of the room (stream, ids are <seq>-0)
-- KEYS[2] erased entries of the room (sorted set by seq: "<buffer id>|<JSON>")
-- ARGV[1] lowest seq
-- ARGV[2] highest seq, or +inf
-- ARGV[3] how many
-- ARGV[4] "oldest" or "newest": which of them, and in which order
--
-- Returns entries as JSON, ascending for the oldest and descending for the newest
local newest = ARGV[4] == 'newest'
local first, last = ARGV[1], ARGV[2] == '+inf' and '+' or ARGV[2]
local kept = newest and redis.call('XREVRANGE', KEYS[1], last, first, 'COUNT', ARGV[3])
  or redis.call('XRANGE', KEYS[1], first, last, 'COUNT', ARGV[3])
local erased = newest and redis.call('ZREVRANGEBYSCORE', KEYS[2], ARGV[2], first, 'WITHSCORES', 'LIMIT', 0, ARGV[3])
  or redis.call('ZRANGEBYSCORE', KEYS[2], first, ARGV[2], 'WITHSCORES', 'LIMIT', 0, ARGV[3])

local function seqOf(item)
  return tonumber(string.match(item[1], '^%d+'))
end

local entries = {}
local i, j = 1, 1
while #entries < tonumber(ARGV[3]) and (kept[i] or erased[j]) do
  local isKept = not erased[j]
  if kept[i] and erased[j] then
    if newest then isKept = seqOf(kept[i]) > tonumber(erased[j + 1]) else isKept = seqOf(kept[i]) < tonumber(erased[j + 1]) end
  end
  if isKept then
    entries[#entries + 1] = kept[i][2][2]
    i = i + 1
  else
    entries[#entries + 1] = string.sub(erased[j], string.find(erased[j], '|', 1, true) + 1)
    j = j + 2
  end
end
return entries
