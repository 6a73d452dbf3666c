#!lua flags=no-writes
-- Says where a room ends.
--
-- KEYS[1] meta of the partition (hash)
-- KEYS[2] state of the room (hash)
-- ARGV[1] run id of the server that the caller is connected to
-- ARGV[2] highest epoch that the caller knows of
--
-- Returns one of
--   OK, epoch, seq, stored
--   CLOSED                the partition is not open in this life of the server, or is behind the caller's epoch
--   RECOVERING, ms        it opens after that time
--   NEEDS_BASE            it is not known yet in this epoch how far the room got
local meta = redis.call('HMGET', KEYS[1], 'run', 'epoch', 'opensAt', 'replid')
local replid = string.match(redis.call('INFO', 'replication'), 'master_replid:(%x+)') or ''
if meta[1] ~= ARGV[1] or meta[4] ~= replid or tonumber(meta[2]) < tonumber(ARGV[2]) then return { 'CLOSED' } end

local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
if now < tonumber(meta[3]) then return { 'RECOVERING', tonumber(meta[3]) - now } end

local room = redis.call('HMGET', KEYS[2], 'epoch', 'seq', 'stored')
if room[1] ~= meta[2] then return { 'NEEDS_BASE' } end
return { 'OK', meta[2], room[2], room[3] }
