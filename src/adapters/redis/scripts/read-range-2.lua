#!lua flags=no-writes
-- What the log of a room has of a range, the erased entries in their places.
--
-- KEYS[1] log of the room (stream, ids are <seq>-0)
-- KEYS[2] erased entries of the room (sorted set by seq: "<buffer id>|<JSON>")
-- ARGV[1] lowest seq
-- ARGV[2] highest seq, or +inf
-- ARGV[3] how many
-- ARGV[4] "oldest" or "newest": which of them, and in which order
-- ARGV[5] bytes; the entry that reaches them is the last
--
-- Returns entries as JSON, ascending for the oldest and descending for the newest
local newest = ARGV[4] == 'newest'
local limit, maxBytes = tonumber(ARGV[3]), tonumber(ARGV[5])

-- Reads entries that were kept, a few at a time, because a large page may end after a few of them.
local from = newest and (ARGV[2] == '+inf' and '+' or ARGV[2]) or ARGV[1]
local kept, i, isLast = {}, 1, false
local function nextKept()
  if i > #kept and not isLast then
    kept = newest and redis.call('XREVRANGE', KEYS[1], from, ARGV[1], 'COUNT', math.min(limit, 64))
      or redis.call('XRANGE', KEYS[1], from, ARGV[2] == '+inf' and '+' or ARGV[2], 'COUNT', math.min(limit, 64))
    i, isLast = 1, #kept < 64
    if #kept > 0 then from = '(' .. kept[#kept][1] end
  end
  return kept[i]
end

-- Reads entries that were erased, a few at a time too, because an edited message may be large.
local low, high, erased, j, isLastErased = ARGV[1], ARGV[2], {}, 1, false
local function nextErased()
  if j > #erased and not isLastErased then
    erased = newest and redis.call('ZREVRANGEBYSCORE', KEYS[2], high, low, 'WITHSCORES', 'LIMIT', 0, 8)
      or redis.call('ZRANGEBYSCORE', KEYS[2], low, high, 'WITHSCORES', 'LIMIT', 0, 8)
    j, isLastErased = 1, #erased < 16
    local last = erased[#erased]
    if last and newest then high = '(' .. last elseif last then low = '(' .. last end
  end
  return erased[j], tonumber(erased[j + 1])
end

local entries, bytes = {}, 0
while #entries < limit and bytes < maxBytes do
  local item = nextKept()
  local member, other = nextErased()
  if not item and not member then break end
  local isKept = item and not member
  if item and member then
    local seq = tonumber(string.match(item[1], '^%d+'))
    if newest then isKept = seq > other else isKept = seq < other end
  end
  local entry
  if isKept then
    entry = item[2][2]
    i = i + 1
  else
    entry = string.sub(member, string.find(member, '|', 1, true) + 1)
    j = j + 2
  end
  entries[#entries + 1] = entry
  bytes = bytes + #entry
end
return entries
