-- Asks Cattlegrid, which is at this address, whether a request is let through: `http-request lua.cattlegrid ADDRESS`.
-- The status that it says is in txn.cattlegrid: 204, 401 or 403. Anything else is no answer.

local TOLD = {
    "cookie",
    "user-agent",
    "x-forwarded-for",
    "x-forwarded-host",
    "x-forwarded-method",
    "x-forwarded-proto",
    "x-forwarded-uri",
}

local function ask(txn, address)
    local all, headers = txn.http:req_get_headers(), {}
    for _, name in ipairs(TOLD) do
        local values = all[name]
        if values then
            headers[name] = {}
            -- Why from 0: so HAProxy counts here, and Lua does not.
            for number = 0, #values do
                table.insert(headers[name], values[number])
            end
        end
    end
    local reply = core.httpclient():get({
        url = address .. "/forward-auth/check",
        headers = headers,
        timeout = 2000,
    })
    txn:set_var("txn.cattlegrid", reply and reply.status or 0)
end

core.register_action("cattlegrid", { "http-req" }, ask, 1)
