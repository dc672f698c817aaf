{{/* The release's full name, short enough for all that is put behind it. */}}
{{- define "stash.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride -}}
{{- else if contains .Chart.Name .Release.Name -}}
{{- .Release.Name | trunc 48 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name .Chart.Name | trunc 48 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{/* The Service that leads to the operator; other things of the operator are named by it. */}}
{{- define "stash.service" -}}
{{- .Values.service.name | default (include "stash.fullname" .) -}}
{{- end -}}

{{- define "stash.serviceMonitor" -}}
{{- .Values.names.serviceMonitor | default (include "stash.fullname" .) -}}
{{- end -}}

{{- define "stash.certificateSecret" -}}
{{- .Values.names.certificateSecret | default (printf "%s-apiserver-cert" (include "stash.fullname" .)) -}}
{{- end -}}

{{/* Of what has no namespace: it tells the namespace by its name, so that there may be a release in another one. */}}
{{- define "stash.clusterName" -}}
{{- printf "%s-%s" (include "stash.fullname" .) .Release.Namespace -}}
{{- end -}}

{{- define "stash.operatorAccount" -}}
{{- .Values.operator.serviceAccount.name | default (include "stash.fullname" .) -}}
{{- end -}}

{{- define "stash.consoleAccount" -}}
{{- .Values.console.serviceAccount.name | default (printf "%s-console" (include "stash.fullname" .)) -}}
{{- end -}}

{{/* Labels of everything. */}}
{{- define "stash.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
app.kubernetes.io/name: stash
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end -}}

{{/* By which the operator's pods, or the console's, are selected: (list . "operator"). */}}
{{- define "stash.selector" -}}
{{- $root := index . 0 -}}
app.kubernetes.io/name: stash
app.kubernetes.io/instance: {{ $root.Release.Name }}
app.kubernetes.io/component: {{ index . 1 }}
{{- end -}}

{{/* By which Prometheus finds the operator's Service, as in Stash 0.8.3. Nothing else has them. */}}
{{- define "stash.serviceLabels" -}}
app: stash
release: {{ .Release.Name }}
{{- end -}}
