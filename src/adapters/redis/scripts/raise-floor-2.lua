#!lua flags=allow-oom
-- Notes that someone saw a seq in a room, so that the room goes on after it. Of use until the room has its base in
-- this epoch; later it changes nothing.
--
-- KEYS[1] meta of the partition (hash)
-- KEYS[2] state of the room (hash)
-- ARGV[1] the seq that was seen
-- ARGV[2] how long a room is kept that is known by this alone, ms
--
-- Returns 1 where the floor was raised
local room = redis.call('HMGET', KEYS[2], 'epoch', 'floor')
if room[1] and room[1] == redis.call('HGET', KEYS[1], 'epoch') then return 0 end
if tonumber(room[2] or 0) >= tonumber(ARGV[1]) then return 0 end

local known = redis.call('EXISTS', KEYS[2])
redis.call('HSET', KEYS[2], 'floor', ARGV[1])
if known == 0 then redis.call('PEXPIRE', KEYS[2], ARGV[2]) end
return 1
