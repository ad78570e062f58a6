-- siteverify as a site's back end calls it: a form with a secret and a token, the next token of a file each time.
-- wrk -s verify.lua URL -- SECRET_KEY TOKENS_FILE

local tokens = {}
local secret

function init(arguments)
  secret = arguments[1]
  for token in io.lines(arguments[2]) do
    tokens[#tokens + 1] = token
  end
  wrk.method = "POST"
  wrk.headers["Content-Type"] = "application/x-www-form-urlencoded"
end

local sent = 0

function request()
  sent = sent + 1
  local token = tokens[sent % #tokens + 1]
  return wrk.format(nil, nil, nil, "secret=" .. secret .. "&response=" .. token)
end
