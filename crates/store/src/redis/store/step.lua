-- One step of the generic cell rate algorithm, as in src/rate/gcra.rs. KEYS[1] holds when the quota is whole again;
-- ARGV[1] is its interval and ARGV[2] its window. All of them are microseconds, below 2^53, which Lua's numbers hold.
-- Returns how much of the window is used with this step; when that is more than all of it, the step was not taken.
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000000 + tonumber(time[2])
local interval = tonumber(ARGV[1])
local window = tonumber(ARGV[2])
local whole_at = tonumber(redis.call('GET', KEYS[1]) or now)
local used = math.min(math.max(whole_at, now), now + window) + interval - now
if used <= window then
  redis.call('SET', KEYS[1], string.format('%.0f', now + used), 'PX', math.ceil(used / 1000))
end
return used
