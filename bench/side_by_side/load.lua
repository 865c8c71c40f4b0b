-- Sends prepared requests in turn: wrk -s load.lua URL -- FILE, of lines METHOD, path, body and headers, parted by tabs.
-- Where a line has the body REFRESH, it stands for a refresh token: each answer brings the next one.
local requests, position, count = {}, 0, 0

local function parts_of(line)
  local parts = {}
  for part in (line .. "\t"):gmatch("([^\t]*)\t") do parts[#parts + 1] = part end
  return parts
end

local function prepared(line)
  local parts, headers = parts_of(line), {}
  for index = 4, #parts do
    local name, value = parts[index]:match("^([^:]+): (.*)$")
    headers[name] = value
  end
  return wrk.format(parts[1], parts[2], headers, parts[3] ~= "" and parts[3] or nil)
end

function init(arguments)
  for line in io.lines(arguments[1]) do requests[#requests + 1] = prepared(line) end
  count = #requests
end

function request()
  position = position % count + 1
  return requests[position]
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    '{"requests":%d,"seconds":%.6f,"p50_ms":%.3f,"p99_ms":%.3f,"refused":%d,"broken":%d}\n',
    summary.requests, summary.duration / 1e6, latency:percentile(50) / 1e3, latency:percentile(99) / 1e3,
    errors.status, errors.connect + errors.read + errors.write + errors.timeout))
end
