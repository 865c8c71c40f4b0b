-- Sends prepared requests in turn: wrk -s load.lua URL -- FILE [rotating]. FILE has lines of METHOD, path, body and headers, parted
-- by tabs. Where they rotate, each stands for a refresh token at the end of its body, and each answer brings the next one.
local requests, position, lines, next_line = {}, 0, {}, 1

local function parts_of(line)
  local parts = {}
  for part in (line .. "\t"):gmatch("([^\t]*)\t") do parts[#parts + 1] = part end
  return parts
end

local function formatted(parts)
  local headers = {}
  for index = 4, #parts do
    local name, value = parts[index]:match("^([^:]+): (.*)$")
    headers[name] = value
  end
  return wrk.format(parts[1], parts[2], headers, parts[3] ~= "" and parts[3] or nil)
end

local function send_in_turn()
  position = position % #requests + 1
  return requests[position]
end

local function send_first_waiting()
  next_line = next_line + 1
  return formatted(lines[next_line - 1])
end

local function keep_next_token(status, _, body)
  local parts, token = { unpack(lines[1]) }, body:match('"refresh_token": ?"([^"]+)"')
  if status ~= 200 or not token then return end
  parts[3] = parts[3]:match("^(.*refresh_token=)") .. token
  lines[#lines + 1] = parts
end

function init(arguments)
  for line in io.lines(arguments[1]) do lines[#lines + 1] = parts_of(line) end
  for index, parts in ipairs(lines) do requests[index] = formatted(parts) end
  local is_rotating = arguments[2] == "rotating"
  request = is_rotating and send_first_waiting or send_in_turn
  response = is_rotating and keep_next_token or nil
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    '{"requests":%d,"seconds":%.6f,"p50_ms":%.3f,"p99_ms":%.3f,"refused":%d,"broken":%d}\n',
    summary.requests, summary.duration / 1e6, latency:percentile(50) / 1e3, latency:percentile(99) / 1e3,
    errors.status, errors.connect + errors.read + errors.write + errors.timeout))
end
