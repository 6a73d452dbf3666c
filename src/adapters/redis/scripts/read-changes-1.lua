#!lua flags=no-writes
-- The newest edits, deletes and reactions that the log of a room has. Edits whose text was erased are not among them.
--
-- KEYS[1] log of the room (stream, ids are <seq>-0)
-- ARGV[1] lowest seq
-- ARGV[2] seq that their targets are below, or +inf
-- ARGV[3] how many
-- ARGV[4] entries to look at
-- ARGV[5] bytes
--
-- Returns changes as JSON, descending by seq
local below = ARGV[2] == '+inf' and math.huge or tonumber(ARGV[2])
local found, bytes, seen, last = {}, 0, 0, '+'
while #found < tonumber(ARGV[3]) and seen < tonumber(ARGV[4]) and bytes < tonumber(ARGV[5]) do
  local page = redis.call('XREVRANGE', KEYS[1], last, ARGV[1], 'COUNT', 100)
  for _, item in ipairs(page) do
    local entry = item[2][2]
    -- A quote within a text is escaped, so these can only be names of fields; the kind is the first of them in every entry.
    local kind = string.match(entry, '"kind":"(%a+)"')
    if kind == 'edit' or kind == 'delete' or kind == 'reaction' then
      local target = tonumber(string.match(entry, '[,{]"target":(%d+)') or math.huge)
      if target < below and #found < tonumber(ARGV[3]) then
        found[#found + 1] = entry
        bytes = bytes + #entry
      end
    end
  end
  seen = seen + #page
  if #page < 100 then break end
  last = '(' .. page[#page][1]
end
return found
