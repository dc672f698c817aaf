# Pushes with the real Ruby client: push.rb URL. No histogram or summary: this client cannot write its own as text.
require 'prometheus/client'
require 'prometheus/client/push'

def check(answer)
  abort "#{answer.code} #{answer.body}" unless answer.is_a?(Net::HTTPSuccess)
end

gateway = ARGV[0]
registry = Prometheus::Client::Registry.new
registry.gauge(:restic_session_success, 'Indicates if session was successfully completed').set({}, 1)
registry.gauge(:sizes_bytes, 'Sizes.').set({ path: '/var/lib' }, 5.5)
more = Prometheus::Client::Registry.new
more.counter(:runs_total, 'Runs.').increment({ quoted: "a \"b\" \\ \n" }, 3)

pusher = ->(job, instance = nil) { Prometheus::Client::Push.new(job: job, instance: instance, gateway: gateway) }
check pusher.('demo daily ä', 'web-1').replace(registry)
check pusher.('demo daily ä', 'web-1').add(more)
check pusher.('gone').replace(registry)
check pusher.('gone').delete
