#!/usr/bin/env bash
# Installs Stash in a Kubernetes cluster, changes what an earlier run has installed, or removes it. Needs kubectl, and stash.yaml beside it.
#
#   install.sh [options]
#
#   -n, --namespace NAME          where Stash runs; made where it is not there (default: stash)
#       --docker-registry NAME    before the images' names, as registry.example.com/team (default: the container runtime's own)
#       --image-tag TAG           of both images (default: this version)
#       --image-pull-secret NAME  a Secret of that namespace to pull them with
#       --rbac true|false         whether roles and bindings are made (default: true)
#       --context NAME            of the kubeconfig (default: its current one)
#       --no-wait                 do not wait until the operator runs
#       --timeout SECONDS         how long to wait for it: until it runs (default: 180), with --uninstall until it has cleaned up (default: 60;
#                                 15 where none seems to run)
#       --dry-run                 print what would be applied, and change nothing
#
#       --monitoring-agent NAME           who scrapes: none, prometheus.io/builtin, prometheus.io/coreos-operator; short: builtin, coreos-operator
#                                         (default: none)
#       --monitoring-backup true|false    session metrics (default: false)
#       --monitoring-operator true|false  operator metrics (default: false)
#       --prometheus-namespace NAME       where Prometheus runs (default: where Stash does)
#       --servicemonitor-label KEY=VALUE  by which the Prometheus resource selects the ServiceMonitor; several by commas, or given several times
#                                         (default: app=stash)
#
#       --uninstall   remove Stash and all that its settings made; the volume and the settings' kind stay
#       --purge       with --uninstall: these too
#   -h, --help
#
# A run on what is installed already brings this version; registry and pull secret stay unless they are given, and of the settings those
# whose options are given change. docs/install.md tells more.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
manifest=$here/stash.yaml
service=stash-operator crd=monitorings.stash.appscode.com
namespace=stash registry="" tag="" pull_secret="" rbac=true context="" wait=1 timeout="" dry_run="" uninstall="" purge=""
# Settings: empty where the option was not given.
agent="" backup="" operator="" prometheus="" prometheus_given="" labels=""

usage() { sed -n '2,/^set -/{/^set -/d;s/^# \{0,1\}//;p;}' "$0"; }
say() { printf '%s\n' "$*"; }
die() { printf 'install.sh: %s\n' "$*" >&2; exit 1; }
wrong() { printf 'install.sh: %s\nSee install.sh --help.\n' "$*" >&2; exit 2; }

name_pattern='^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$'
object_pattern='^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$'
registry_pattern='^[A-Za-z0-9][-A-Za-z0-9._]*(:[0-9]+)?(/[a-z0-9]+([._-]+[a-z0-9]+)*)*/?$'
tag_pattern='^[A-Za-z0-9_][-A-Za-z0-9_.]{0,127}$'
label_pattern='^([a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?=([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$'

# check OPTION VALUE PATTERN ACCEPTED
check() { [[ $2 =~ $3 ]] || wrong "$1 is \"$2\": give $4."; }

read_options() {
  local option value given
  while [ $# -gt 0 ]; do
    option=$1 value="" given=""
    shift
    case $option in --?*=*) value=${option#*=} option=${option%%=*} given=1 ;; esac
    case $option in
      --no-wait | --dry-run | --uninstall | --purge | -h | --help)
        [ -z "$given" ] || wrong "$option takes no value." ;;
      --rbac | --monitoring-backup | --monitoring-operator)
        # Alone it is yes.
        [ -n "$given" ] || { value=true; case ${1:-} in true | false) value=$1; shift ;; esac; }
        check "$option" "$value" '^(true|false)$' "true or false" ;;
      -n | --namespace | --docker-registry | --image-tag | --image-pull-secret | --context | --timeout | --monitoring-agent | --prometheus-namespace | --servicemonitor-label)
        [ -n "$given" ] || { [ $# -gt 0 ] || wrong "$option needs a value."; value=$1; shift; } ;;
      --run-on-master) wrong "$option is no more: give the Deployment $service a nodeSelector and tolerations, or install the chart with operator.nodeSelector and operator.tolerations." ;;
      *) wrong "there is no option $option." ;;
    esac
    case $option in
      -n | --namespace) check "$option" "$value" "$name_pattern" "at most 63 small letters, digits and -"; namespace=$value ;;
      --docker-registry) check "$option" "$value" "$registry_pattern" "HOST[:PORT][/PATH], as registry.example.com/team"; registry=${value%/} ;;
      --image-tag) check "$option" "$value" "$tag_pattern" "a tag, as 0.9.0"; tag=$value ;;
      --image-pull-secret) check "$option" "$value" "$object_pattern" "the name of a Secret"; pull_secret=$value ;;
      --rbac) rbac=$value ;;
      --context) [ -n "$value" ] || wrong "--context needs a value."; context=$value ;;
      --no-wait) wait="" ;;
      --timeout) check "$option" "$value" '^[1-9][0-9]{0,4}$' "whole seconds, from 1 to 99999"; timeout=$value ;;
      --dry-run) dry_run=1 ;;
      --monitoring-agent)
        case $value in
          none | prometheus.io/builtin | prometheus.io/coreos-operator) agent=$value ;;
          builtin | coreos-operator) agent=prometheus.io/$value ;;
          *) wrong "--monitoring-agent is \"$value\": give one of none, prometheus.io/builtin, prometheus.io/coreos-operator (short: builtin, coreos-operator)." ;;
        esac ;;
      --monitoring-backup) backup=$value ;;
      --monitoring-operator) operator=$value ;;
      --prometheus-namespace)
        [ -z "$value" ] || check "$option" "$value" "$name_pattern" "at most 63 small letters, digits and -, or nothing for Stash's own"
        prometheus=$value prometheus_given=1 ;;
      --servicemonitor-label)
        local label
        while IFS= read -r label; do
          check "$option" "$label" "$label_pattern" "KEY=VALUE as Kubernetes takes it, as release=prometheus"
          labels=${labels:+$labels,}$label
        done <<<"${value//,/$'\n'}" ;;
      --uninstall) uninstall=1 ;;
      --purge) purge=1 ;;
      -h | --help) usage; exit 0 ;;
    esac
  done
  [ -z "$purge" ] || [ -n "$uninstall" ] || wrong "--purge goes with --uninstall."
  [ -z "$uninstall" ] || [ -z "$agent$backup$operator$prometheus_given$labels" ] || wrong "--uninstall takes no settings: leave the --monitoring options out."
}

kube() { kubectl ${context:+"--context=$context"} "$@"; }
in_namespace() { kube --namespace="$namespace" "$@"; }

# The settings as the options have them, else as an earlier run left them, else the defaults: sets want_*.
settings() {
  local before=""
  [ -n "$dry_run" ] || before=$(in_namespace get configmap "$service-monitoring" --ignore-not-found -o 'jsonpath={.data.monitoring\.yaml}')
  value_of() { sed -n "s/^ *$1: *\"\{0,1\}\([^\"]*\)\"\{0,1\} *\$/\1/p" <<<"$before" | head -n 1; }
  want_agent=${agent:-$(value_of agent)} want_backup=${backup:-$(value_of backup)} want_operator=${operator:-$(value_of operator)}
  want_prometheus=$prometheus
  [ -n "$prometheus_given" ] || want_prometheus=$(sed -n 's/^ *prometheus: *{namespace: *"\{0,1\}\([-a-z0-9]*\).*/\1/p' <<<"$before")
  want_labels=${labels:-$(sed -n '/^ *labels:/,$p' <<<"$before" | sed -n '2,$s/^ *"\{0,1\}\([^":]*\)"\{0,1\}: *"\{0,1\}\([^"]*\)"\{0,1\} *$/\1=\2/p' | paste -sd, -)}
  want_agent=${want_agent:-none} want_backup=${want_backup:-false} want_operator=${want_operator:-false} want_labels=${want_labels:-app=stash}
}

# What an earlier run was given and this one is not.
images() {
  local image before
  image=$(in_namespace get deployment "$service" --ignore-not-found -o 'jsonpath={.spec.template.spec.containers[0].image} {.spec.template.spec.imagePullSecrets[0].name}')
  before=${image%% *}
  if [ -z "$registry" ] && [[ $before == */stash-operator:* ]]; then registry=${before%/stash-operator:*}; fi
  [ -n "$pull_secret" ] || pull_secret=${image#* }
}

# labels_as FORMAT LABELS: each by printf.
labels_as() {
  local label
  # The last of two for the same key counts.
  tr ',' '\n' <<<"$2" | awk -F= '{ if (!($1 in value)) order[++n] = $1; value[$1] = $2 } END { for (i = 1; i <= n; i++) print order[i] "=" value[order[i]] }' |
    while IFS= read -r label; do
      # shellcheck disable=SC2059 # The format is ours.
      printf "$1" "${label%%=*}" "${label#*=}"
    done
}

json_labels() { local all; all=$(labels_as '"%s":"%s",' "$1"); printf '{%s}' "${all%,}"; }

# without KIND[/NAME]...: the documents but these.
without() {
  awk -v drop=" $* " 'function out() { if (kind != "" && !index(drop, " " kind " ") && !index(drop, " " kind "/" name " ")) printf "%s---\n", text; text = kind = name = "" }
    /^---$/ { out(); next } { text = text $0 "\n" } /^kind: / { kind = $2 } /^  name: / && name == "" { name = $2 } END { out() }'
}

# What is applied: stash.yaml with the options.
manifest() {
  local drop=() image=() policy=()
  [ "$rbac" = true ] || drop+=(Role RoleBinding ClusterRole ClusterRoleBinding)
  [ -n "$namespace_missing" ] || drop+=(Namespace)
  image=(-e "s#^( *image: )(stash-[a-z]+):(.*)#\1${registry:+$registry/}\2:${tag:-\\3}#")
  [ -z "$pull_secret" ] || image+=(-e "s/^( *)containers:\$/\1imagePullSecrets: [{name: $pull_secret}]\\
&/")
  # API servers before 1.21.
  [ -z "$old_policy" ] || policy=(-e 's#^apiVersion: policy/v1$#apiVersion: policy/v1beta1#')
  sed -E -e "s/^( *namespace: )stash\$/\1$namespace/" -e "s/\"namespace\":\"stash\"/\"namespace\":\"$namespace\"/g" -e "s/(stash-operator-|stash-metrics-reader-)stash/\1$namespace/g" \
    -e "s/stash-operator\.stash\.svc/stash-operator.$namespace.svc/g" -e "/^kind: Namespace\$/,/^---\$/s/^  name: stash\$/  name: $namespace/" "${image[@]}" ${policy[@]+"${policy[@]}"} "$manifest" |
    without ${drop[@]+"${drop[@]}"} | spec="$(spec_yaml)" awk '/^  monitoring\.yaml: \|/ { own = 1 } /^---$/ { own = skip = 0 }
      own && /^    spec:/ { print ENVIRON["spec"]; skip = 1 } !skip'
}

spec_yaml() {
  # No empty namespace: API servers of version 1.20 refuse it.
  printf '    spec:\n      agent: %s\n      backup: %s\n      operator: %s\n      prometheus: {%s}\n      serviceMonitor:\n        labels:\n' "$want_agent" "$want_backup" "$want_operator" "${want_prometheus:+namespace: \"$want_prometheus\"}"
  labels_as '          "%s": "%s"\n' "$want_labels"
}

find_cluster() {
  command -v kubectl >/dev/null || die "there is no kubectl on the PATH: install it."
  local versions
  if ! versions=$(kube api-versions --request-timeout=15s 2>&1); then
    die "kubectl reaches no cluster: see kubectl config get-contexts, and name another with --context or KUBECONFIG. It says: $(tail -n 1 <<<"$versions")"
  fi
  grep -qx apiextensions.k8s.io/v1 <<<"$versions" || die "the cluster's API server is too old: Stash needs Kubernetes 1.20 or later."
  old_policy=1 namespace_missing=""
  ! grep -qx policy/v1 <<<"$versions" || old_policy=""
  [ -n "$(kube get namespace "$namespace" --ignore-not-found -o name 2>/dev/null)" ] || namespace_missing=1
}

# Tells all rights that are missing at once, before anything is changed; asked for in one request to kubectl. check_rights VERB
check_rights() {
  local verb=$1 missing
  missing=$({
    if [ "$verb" = create ] || [ -n "$purge" ]; then
      review "$verb" apiextensions.k8s.io customresourcedefinitions ""
      review "$verb" "" persistentvolumeclaims "$namespace"
    fi
    [ -z "$namespace_missing" ] || review "$verb" "" namespaces ""
    for each in apps/deployments /services /configmaps /serviceaccounts networking.k8s.io/networkpolicies policy/poddisruptionbudgets stash.appscode.com/monitorings; do
      review "$verb" "${each%/*}" "${each#*/}" "$namespace"
    done
    if [ "$rbac" = true ]; then
      for each in clusterroles clusterrolebindings; do review "$verb" rbac.authorization.k8s.io $each ""; done
      for each in "$namespace" kube-system; do review "$verb" rbac.authorization.k8s.io rolebindings "$each"; done
    fi
  } | kube create --validate=false -f - \
    -o 'jsonpath={.status.allowed} {.spec.resourceAttributes.verb} {.spec.resourceAttributes.resource}.{.spec.resourceAttributes.group} {.spec.resourceAttributes.namespace}{"\n"}' |
    awk '$1 != "true" { sub(/\.$/, "", $3); printf "  %s %s%s\n", $2, $3, $4 == "" ? "" : " in namespace " $4 }')
  [ -z "$missing" ] || die "you lack these rights in the cluster, and nothing was changed:
$missing
Ask an administrator of the cluster for them, or to run this."
}

# review VERB GROUP RESOURCE NAMESPACE: the question whether the user may.
review() {
  printf 'apiVersion: authorization.k8s.io/v1\nkind: SelfSubjectAccessReview\nspec: {resourceAttributes: {verb: %s, group: "%s", resource: %s, namespace: "%s"}}\n---\n' "$@"
}

# The settings that were given, on the resource Monitoring.
apply_settings() {
  [ -n "$agent$backup$operator$prometheus_given$labels" ] || return 0
  local patch=""
  [ -z "$agent" ] || patch="$patch,{\"op\":\"add\",\"path\":\"/spec/agent\",\"value\":\"$agent\"}"
  [ -z "$backup" ] || patch="$patch,{\"op\":\"add\",\"path\":\"/spec/backup\",\"value\":$backup}"
  [ -z "$operator" ] || patch="$patch,{\"op\":\"add\",\"path\":\"/spec/operator\",\"value\":$operator}"
  [ -z "$prometheus_given" ] || patch="$patch,{\"op\":\"add\",\"path\":\"/spec/prometheus\",\"value\":{${prometheus:+\"namespace\":\"$prometheus\"}}}"
  [ -z "$labels" ] || patch="$patch,{\"op\":\"add\",\"path\":\"/spec/serviceMonitor/labels\",\"value\":$(json_labels "$labels")}"
  kube wait --for=condition=established --timeout=60s "crd/$crd" >/dev/null
  if [ -z "$(in_namespace get "$crd" stash --ignore-not-found -o name)" ]; then
    local told
    if told=$(printf 'apiVersion: stash.appscode.com/v1alpha1\nkind: Monitoring\nmetadata:\n  name: stash\n%s\n' "$(spec_yaml | sed 's/^    //')" | in_namespace create -f - 2>&1); then
      say "$told"
      return
    fi
    # The operator may have made them at the same moment.
    grep -q AlreadyExists <<<"$told" || die "the settings could not be made: $told"
  fi
  in_namespace patch "$crd" stash --type=json --patch="[${patch#,}]"
}

install() {
  [ -f "$manifest" ] || die "there is no $manifest: it belongs beside install.sh."
  if [ -n "$dry_run" ]; then
    old_policy="" namespace_missing=1
    settings
    manifest
    return
  fi
  find_cluster
  check_rights create
  images
  settings
  manifest | kube apply -f - || die "not all of it could be applied: what the cluster says is above. Once that is mended, run this again."
  apply_settings
  if [ -n "$wait" ]; then
    in_namespace rollout status "deployment/$service" --timeout="${timeout:-180}s" ||
      die "the operator does not run yet: see kubectl --namespace=$namespace describe pods --selector=app.kubernetes.io/component=operator. An image that cannot be pulled is the usual reason; docs/install.md tells how to build it."
  fi
  say "Stash is installed in namespace $namespace. Backups report to http://$service.$namespace.svc:56789."
  say "Console: kubectl --namespace=$namespace port-forward service/$service-console 8080:80, then http://127.0.0.1:8080"
  say "Settings: kubectl --namespace=$namespace get monitoring stash -o yaml"
}

# Deletes the settings and waits until the operator has removed what they had made; without an operator, does that itself.
remove_settings() {
  [ -n "$(kube get crd "$crd" --ignore-not-found -o name)" ] || return 0
  [ -n "$(in_namespace get "$crd" stash --ignore-not-found -o name)" ] || return 0
  in_namespace delete "$crd" stash --wait=false
  local patience=15
  # Without a pod that is ready there may be none any more.
  [ "$(in_namespace get deployment "$service" --ignore-not-found -o 'jsonpath={.status.readyReplicas}')" != 1 ] || patience=60
  patience=${timeout:-$patience}
  in_namespace wait --for=delete "$crd/stash" --timeout="${patience}s" >/dev/null 2>&1 || true
  local held
  held=$(in_namespace get "$crd" stash --ignore-not-found -o 'jsonpath={.metadata.finalizers}')
  [ -n "$held" ] || return 0
  say "No operator has cleaned up after the settings within $patience seconds: what it had made is removed from here."
  local mine="stash.appscode.com/operator-namespace=$namespace" kind
  for kind in servicemonitors.monitoring.coreos.com secrets clusterrolebindings.rbac.authorization.k8s.io clusterroles.rbac.authorization.k8s.io; do
    case $kind in
      servicemonitors*) [ -n "$(kube get crd "$kind" --ignore-not-found -o name)" ] || continue; kube delete "$kind" --all-namespaces --selector="$mine" ;;
      secrets) kube delete secrets --all-namespaces --selector="$mine" ;;
      *) kube delete "$kind" --selector="$mine" ;;
    esac
  done
  # Ours alone: somebody else's finalizer is not to be lost.
  local others
  others=$(tr -d '[]"' <<<"$held" | tr ',' '\n' | grep -vx stash.appscode.com/monitoring | sed 's/.*/"&"/' | paste -sd, - || true)
  in_namespace patch "$crd" stash --type=merge --patch="{\"metadata\":{\"finalizers\":[$others]}}"
}

remove() {
  [ -z "$dry_run" ] || wrong "--uninstall has no --dry-run."
  [ -f "$manifest" ] || die "there is no $manifest: it belongs beside install.sh."
  find_cluster
  namespace_missing=""
  check_rights delete
  remove_settings
  settings
  local keep=(CustomResourceDefinition PersistentVolumeClaim) others
  others=$(kube get "$crd" --all-namespaces --ignore-not-found -o 'jsonpath={range .items[*]}{.metadata.namespace} {end}' 2>/dev/null || true)
  # People of another Stash need them.
  [ -z "$others" ] || keep+=(ClusterRole/stash-monitoring-view ClusterRole/stash-monitoring-edit)
  manifest | without "${keep[@]}" | kube delete --ignore-not-found -f -
  # What the operator makes for itself.
  in_namespace delete --ignore-not-found "configmap/$service-ca" "lease.coordination.k8s.io/$service"
  if [ -z "$purge" ]; then
    say "Stash is removed from namespace $namespace. Its volume (PersistentVolumeClaim $service) and the kind $crd stay: --purge removes them too."
    return
  fi
  in_namespace delete --ignore-not-found --wait=false "persistentvolumeclaim/$service"
  if [ -n "$others" ]; then
    say "The kind $crd stays: there are settings of other operators, in ${others% }."
  else
    kube delete --ignore-not-found "crd/$crd"
  fi
  say "Stash is removed with its data. The namespace $namespace stays; it may hold other things."
}

read_options "$@"
if [ -n "$uninstall" ]; then remove; else install; fi
