-- One operation of the server, with the next line of a file each time: what is minted beforehand, and used once.
-- wrk -s operations.lua URL -- OPERATION FILE SITE_KEY SECRET_KEY

local lines = {}
local taken = 0
local request_of
local json = { ["Content-Type"] = "application/json" }
local form = { ["Content-Type"] = "application/x-www-form-urlencoded" }

local function next_line()
  taken = taken + 1
  return lines[taken] or error("more requests than lines: mint more of them")
end

local function operations(site_key, secret_key)
  return {
    issue = function()
      return wrk.format("POST", "/api/v1/challenges", json, '{"sitekey":"' .. site_key .. '"}')
    end,
    picture = function()
      return wrk.format("GET", "/api/v1/challenges/" .. next_line() .. "/image")
    end,
    answer = function()
      local key, answer = next_line():match("^(%S+) (.+)$")
      return wrk.format("POST", "/api/v1/challenges/" .. key .. "/answer", json, '{"answer":"' .. answer .. '"}')
    end,
    verify = function()
      return wrk.format("POST", nil, form, "secret=" .. secret_key .. "&response=" .. next_line())
    end,
  }
end

function init(arguments)
  local operation, file, site_key, secret_key = unpack(arguments)
  for line in io.lines(file) do
    lines[#lines + 1] = line
  end
  request_of = operations(site_key, secret_key)[operation]
end

function request()
  return request_of()
end

-- What it came to, as one line of JSON; times in milliseconds.
function done(summary, latency)
  local errors = summary.errors
  print(string.format(
    '{"requests": %d, "seconds": %.6f, "p50": %.3f, "p99": %.3f, "failed": %d}',
    summary.requests,
    summary.duration / 1e6,
    latency:percentile(50) / 1e3,
    latency:percentile(99) / 1e3,
    errors.connect + errors.read + errors.write + errors.status + errors.timeout
  ))
end
