-- Sends the bodies in the file named by the first argument in turn, one a line; reports one line of figures. The second
-- argument, if it is not empty, stands in the bodies where each request is to bear a number of its own.
local bodies, at = {}, 0
local mark, number = "", 0

function init(arguments)
  wrk.method = "POST"
  for body in io.lines(arguments[1]) do
    bodies[#bodies + 1] = wrk.format(nil, nil, nil, body)
  end
  mark = arguments[2]
  -- Another load begins with other numbers.
  number = 1000000000 + os.time() % 900 * 1000000
end

function request()
  at = at % #bodies + 1
  if mark == "" then
    return bodies[at]
  end
  number = number + 1
  return (bodies[at]:gsub(mark, string.format("%d", number)))
end

function done(summary, latency)
  local errors = summary.errors
  local failed = errors.connect + errors.read + errors.write + errors.status + errors.timeout
  io.write(string.format("figures %d %d %d %d %d\n", summary.requests, summary.duration,
    latency:percentile(50), latency:percentile(99), failed))
end
