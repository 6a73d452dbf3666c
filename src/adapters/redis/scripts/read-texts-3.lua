#!lua flags=no-writes
-- What the log has of the texts of a message: the message itself and its latest edit.
--
-- KEYS[1] log of the room (stream, ids are <seq>-0)
-- KEYS[2] erased entries of the room (sorted set by seq: "<buffer id>|<JSON>")
-- KEYS[3] text changes of the room (sorted set by seq: "<target>" for its latest edit, "-<target>" for its delete)
-- ARGV[1] seq of the message
--
-- Returns "<seq of its latest edit>/<seq of its delete>", each empty for none, then the message and the edit as "<buffer id>|<JSON>",
-- each empty where the log does not have it
local edited = redis.call('ZSCORE', KEYS[3], ARGV[1]) or ''
local deleted = redis.call('ZSCORE', KEYS[3], '-' .. ARGV[1]) or ''

local function entryAt(seq)
  if seq == '' then return '' end
  local found = redis.call('XRANGE', KEYS[1], seq .. '-0', seq .. '-0')[1]
  if found then return (found[2][4] or '') .. '|' .. found[2][2] end
  return redis.call('ZRANGEBYSCORE', KEYS[2], seq, seq)[1] or ''
end

return { edited .. '/' .. deleted, entryAt(ARGV[1]), entryAt(edited) }
