// Pushes with the real Go client, as Stash 0.8.3 did: push.go URL.
package main

import (
	"os"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/push"
	"github.com/prometheus/common/expfmt"
)

func check(err error) {
	if err != nil {
		println(err.Error())
		os.Exit(1)
	}
}

func main() {
	url := os.Args[1]
	success := prometheus.NewGauge(prometheus.GaugeOpts{Name: "restic_session_success", Help: "Indicates if session was successfully completed"})
	success.Set(1)
	duration := prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "restic_session_duration_seconds", Help: "Total seconds taken to complete restic session"}, []string{"filegroup", "op"})
	duration.WithLabelValues("|source|data", "backup").Set(1.5)
	duration.WithLabelValues("|source|data", "forget").Set(0.25)
	histogram := prometheus.NewHistogram(prometheus.HistogramOpts{Name: "sizes_bytes", Help: "Sizes.", Buckets: []float64{1, 10}})
	histogram.Observe(5)
	summary := prometheus.NewSummary(prometheus.SummaryOpts{Name: "waits_seconds", Objectives: map[float64]float64{0.5: 0.05}})
	summary.Observe(2)
	counter := prometheus.NewCounter(prometheus.CounterOpts{Name: "runs_total", Help: "Runs."})
	counter.Add(3)

	group := func(job string) *push.Pusher {
		return push.New(url, job).Grouping("app", "web").Grouping("path", "/var/lib").Grouping("empty", "")
	}
	check(group("demo-daily").Collector(success).Collector(duration).Collector(histogram).Collector(summary).Push())
	check(group("demo-daily").Collector(counter).Add())
	check(group("text").Format(expfmt.FmtText).Collector(success).Push())
	check(group("gone").Collector(counter).Push())
	check(group("gone").Delete())
}
