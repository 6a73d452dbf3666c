#!lua flags=no-writes
-- What the log of a room has of a range: messages and system entries, erased ones in their places, and of each change its seq only. Changes that
-- are noted by their message are not even read, because the text of an edit may be large.
--
-- KEYS[1] log of the room (stream, ids are <seq>-0)
-- KEYS[2] erased entries of the room (sorted set by seq: "<buffer id>|<JSON>")
-- KEYS[3] changes of the room (sorted set by seq)
-- ARGV[1] lowest seq
-- ARGV[2] highest seq, or +inf
-- ARGV[3] how many places
-- ARGV[4] "oldest" or "newest": which of them, and in which order
-- ARGV[5] bytes; the entry that reaches them is the last
-- ARGV[6] how many entries
--
-- Returns entries as JSON and seqs, ascending for the oldest and descending for the newest
local newest = ARGV[4] == 'newest'
local limit, maxBytes, wanted = tonumber(ARGV[3]), tonumber(ARGV[5]), tonumber(ARGV[6])
local last = ARGV[2] == '+inf' and '+' or ARGV[2]

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

local noted = newest and redis.call('ZREVRANGEBYSCORE', KEYS[3], ARGV[2], ARGV[1], 'WITHSCORES', 'LIMIT', 0, limit)
  or redis.call('ZRANGEBYSCORE', KEYS[3], ARGV[1], ARGV[2], 'WITHSCORES', 'LIMIT', 0, limit)

local n, kept, i, from, isLast = 1, {}, 1, newest and last or ARGV[1], false
-- The next entry that was kept before the next noted change.
local function nextKept()
  if i > #kept and not isLast then
    local count = math.min(limit, wanted, 64)
    local noted = noted[n + 1] and '(' .. noted[n + 1] .. '-0'
    kept = newest and redis.call('XREVRANGE', KEYS[1], from, noted or ARGV[1], 'COUNT', count)
      or redis.call('XRANGE', KEYS[1], from, noted or last, 'COUNT', count)
    i, isLast = 1, #kept < count
    if #kept > 0 then from = '(' .. kept[#kept][1] end
  end
  return kept[i]
end

local found, bytes = {}, 0
local function take(seq, entry)
  -- A quote within a text is escaped, so this can only be the name of a field; the kind is the first of them in every entry.
  local kind = string.match(entry, '"kind":"(%a+)"')
  if kind == 'edit' or kind == 'delete' or kind == 'reaction' then
    found[#found + 1] = string.format('%.0f', seq)
  else
    found[#found + 1] = entry
    bytes, wanted = bytes + #entry, wanted - 1
  end
end

while #found < limit and bytes < maxBytes and wanted > 0 do
  local item = nextKept()
  local member, other = nextErased()
  local change = tonumber(noted[n + 1])
  local seq = item and tonumber(string.match(item[1], '^%d+')) or change
  if not seq and not other then break end
  local isErased = other and (not seq or newest and other > seq or not newest and other < seq)
  if isErased then
    take(other, string.sub(member, string.find(member, '|', 1, true) + 1))
    j = j + 2
  elseif item then
    take(seq, item[2][2])
    i = i + 1
  else
    found[#found + 1] = noted[n + 1]
    from, isLast, n = '(' .. noted[n + 1] .. '-0', false, n + 2
    if other == seq then j = j + 2 end
  end
end
return found
