-- wrk -s eng/bench.lua URL -- GROUPS: pushes to all groups in turn. Prints RESULT pushes/s, median and 99th percentile in ms, errors.
local threads = 0

function setup(thread)
  thread:set("first", threads)
  threads = threads + 1
end

function init(args)
  groups = tonumber(args[1])
  at = first * math.floor(groups / 2)
  local file = assert(io.open("eng/bench-push.txt"))
  body = file:read("*a")
  file:close()
end

function request()
  at = (at + 1) % groups
  return wrk.format("PUT", "/metrics/job/bench-" .. at .. "/app/app" .. at .. "/kind/Deployment/namespace/bench/stash_config/daily", nil, body)
end

function done(summary, latency)
  local e = summary.errors
  local errors = e.connect + e.read + e.write + e.status + e.timeout
  print(string.format("RESULT %.2f %.3f %.3f %d", (summary.requests - e.status) / (summary.duration / 1e6), latency:percentile(50) / 1e3, latency:percentile(99) / 1e3, errors))
end
