// Pushes with the real C++ client: push HOST PORT.
#include <prometheus/counter.h>
#include <prometheus/gateway.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/summary.h>

#include <cstdlib>
#include <iostream>
#include <memory>

using namespace prometheus;

static void check(int status) {
  if (status / 100 != 2) {
    std::cerr << "status " << status << '\n';
    std::exit(1);
  }
}

int main(int, char** argv) {
  auto session = std::make_shared<Registry>();
  BuildGauge().Name("restic_session_success").Help("Indicates if session was successfully completed").Register(*session).Add({}).Set(1);
  BuildHistogram().Name("sizes_bytes").Help("Sizes.").Register(*session).Add({{"dir", "a \"b\" \\ \n"}}, Histogram::BucketBoundaries{1, 10}).Observe(5);
  BuildSummary().Name("waits_seconds").Help("Waits.").Register(*session).Add({}, Summary::Quantiles{{0.5, 0.05}}).Observe(2);
  auto runs = std::make_shared<Registry>();
  BuildCounter().Name("runs_total").Help("Runs.").Register(*runs).Add({{"op", "backup"}}).Increment(3);

  const Labels labels{{"app", "web"}, {"instance", "i"}};
  // This client's PushAdd is a PUT, its Push a POST.
  Gateway replacing{argv[1], argv[2], "demo-daily", labels};
  replacing.RegisterCollectable(session);
  check(replacing.PushAdd());
  Gateway adding{argv[1], argv[2], "demo-daily", labels};
  adding.RegisterCollectable(runs);
  check(adding.Push());
  Gateway gone{argv[1], argv[2], "gone"};
  gone.RegisterCollectable(session);
  check(gone.AsyncPush().get());
  check(gone.Delete());
}
