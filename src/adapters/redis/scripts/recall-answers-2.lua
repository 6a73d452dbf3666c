#!lua flags=allow-oom
-- Puts first answers back that the server lost. Those that it has stay as they are.
--
-- KEYS[1] young answers (hash)
-- KEYS[2] old answers (hash)
-- ARGV[1] fields and answers, as a JSON list of pairs
--
-- Returns how many were put back
local count = 0
for _, pair in ipairs(cjson.decode(ARGV[1])) do
  local has = redis.call('HEXISTS', KEYS[2], pair[1]) == 1
  if not has then count = count + redis.call('HSETNX', KEYS[1], pair[1], pair[2]) end
end
return count
