-- The window of a key, as every peer counts it: KEYS[1] is counted once more, in a window of ARGV[1] milliseconds.
local count = redis.call('INCRBY', KEYS[1], 1)
local left_ms = redis.call('PTTL', KEYS[1])
if left_ms < 0 then
    left_ms = tonumber(ARGV[1])
    redis.call('PEXPIRE', KEYS[1], left_ms)
end
return {count, left_ms}
