-- wrk -s push.lua URL -- GROUPS THREADS BODY: PUTs a session to all groups in turn, each thread to groups of its own.
-- With CHEAP as a fourth argument it asks for /-/healthy in their place: how fast the client is where an answer costs next to nothing.
-- Prints: RESULT requests, failed, seconds, p50 and p99 in microseconds.
-- The requests are made once: what is left for each is to hand wrk a string.
local threads = 0

function setup(thread)
  thread:set("number", threads)
  threads = threads + 1
end

function init(args)
  local groups, step, file, cheap = tonumber(args[1]), tonumber(args[2]), assert(io.open(args[3])), args[4]
  local body = file:read("*a")
  file:close()
  local host = wrk.headers["Host"] or (wrk.host .. ":" .. wrk.port)
  local tail = " HTTP/1.1\r\nHost: " .. host .. "\r\nUser-Agent: Go-http-client/1.1\r\nContent-Length: " .. #body
    .. "\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\n\r\n" .. body
  requests = {}
  for group = number, groups - 1, step do
    requests[#requests + 1] = cheap and "GET /-/healthy HTTP/1.1\r\nHost: " .. host .. "\r\n\r\n"
      or "PUT /metrics/job/bench-" .. group .. "/app/app" .. group .. "/kind/Deployment/namespace/bench/stash_config/daily" .. tail
  end
  count = #requests
  at = 0
end

function request()
  at = at + 1
  if at > count then at = 1 end
  return requests[at]
end

function done(summary, latency)
  local e = summary.errors
  print(string.format("RESULT %d %d %.6f %d %d", summary.requests, e.connect + e.read + e.write + e.status + e.timeout, summary.duration / 1e6,
    latency:percentile(50), latency:percentile(99)))
end
