-- Visitors of a site with django-rest-captcha: a challenge with its picture, then its answer, again and again.
-- wrk -s rest_captcha.lua URL

local json = { ["Content-Type"] = "application/json" }
local thread_of_all
local keys = {}

-- Global, so that done can read it.
passes = 0

function setup(thread)
  thread_of_all = thread
end

-- Whoever has a key answers it; the site draws the same word each time, as if somebody had read it.
function request()
  local key = table.remove(keys)
  if not key then
    return wrk.format("POST", "/captcha/", json, "")
  end
  return wrk.format("POST", "/verify/", json, '{"captcha_key":"' .. key .. '","captcha_value":"PASS"}')
end

function response(status, headers, body)
  local key = body:match('"captcha_key":"([^"]+)"')
  if key then
    keys[#keys + 1] = key
  elseif status == 200 then
    passes = passes + 1
  end
end

-- What it came to, as one line of JSON; times in milliseconds.
function done(summary, latency)
  local errors = summary.errors
  print(string.format(
    '{"requests": %d, "seconds": %.6f, "p50": %.3f, "p99": %.3f, "failed": %d}',
    thread_of_all:get("passes"),
    summary.duration / 1e6,
    latency:percentile(50) / 1e3,
    latency:percentile(99) / 1e3,
    errors.connect + errors.read + errors.write + errors.status + errors.timeout
  ))
end
