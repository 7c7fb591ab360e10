-- Sends the bodies in the file named by the first argument in turn, one a line; reports one line of figures.
local bodies, at = {}, 0

function init(arguments)
  wrk.method = "POST"
  for body in io.lines(arguments[1]) do
    bodies[#bodies + 1] = wrk.format(nil, nil, nil, body)
  end
end

function request()
  at = at % #bodies + 1
  return bodies[at]
end

function done(summary, latency)
  local errors = summary.errors
  local failed = errors.connect + errors.read + errors.write + errors.status + errors.timeout
  io.write(string.format("figures %d %d %d %d %d\n", summary.requests, summary.duration,
    latency:percentile(50), latency:percentile(99), failed))
end
