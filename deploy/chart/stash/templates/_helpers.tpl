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
{{- if .Values.service.releaseLabel }}
release: {{ .Release.Name }}
{{- end }}
{{- end -}}

{{/* An image's name: (list . .Values.operator). */}}
{{- define "stash.image" -}}
{{- $root := index . 0 -}}
{{- with $root.Values.image.registry }}{{ trimSuffix "/" . }}/{{ end -}}
{{- (index . 1).image.repository }}:{{ $root.Values.image.tag | default $root.Chart.AppVersion -}}
{{- end -}}

{{/* As Pod Security Standards' "restricted" has it. User and group are those of the images. */}}
{{- define "stash.podSecurity" -}}
runAsNonRoot: true
runAsUser: 1654
runAsGroup: 1654
fsGroup: 1654
fsGroupChangePolicy: OnRootMismatch
seccompProfile:
  type: RuntimeDefault
{{- end -}}

{{- define "stash.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end -}}

{{/* What both pods have in common: (list . .Values.operator). */}}
{{- define "stash.podPlace" -}}
{{- $root := index . 0 -}}
{{- $of := index . 1 -}}
{{- with $root.Values.image.pullSecrets }}
imagePullSecrets:
  {{- range . }}
  - name: {{ . }}
  {{- end }}
{{- end }}
{{- with $of.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- with $of.nodeSelector }}
nodeSelector: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $of.tolerations }}
tolerations: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $of.affinity }}
affinity: {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{/* A claim: (list . .Values.persistence NAME). */}}
{{- define "stash.claim" -}}
{{- $root := index . 0 -}}
{{- $of := index . 1 -}}
apiVersion: v1
kind: PersistentVolumeClaim
metadata:
  name: {{ index . 2 }}
  namespace: {{ $root.Release.Namespace }}
  labels: {{- include "stash.labels" $root | nindent 4 }}
  {{- $annotations := $of.annotations }}
  {{- if $of.keep }}
  {{- $annotations = merge (dict "helm.sh/resource-policy" "keep") $annotations }}
  {{- end }}
  {{- with $annotations }}
  annotations: {{- toYaml . | nindent 4 }}
  {{- end }}
spec:
  accessModes: {{ $of.accessModes | toJson }}
  {{- if eq $of.storageClass "-" }}
  storageClassName: ""
  {{- else if $of.storageClass }}
  storageClassName: {{ $of.storageClass }}
  {{- end }}
  resources:
    requests:
      storage: {{ $of.size }}
{{- end -}}

{{/* The volume /data: (list .Values.persistence NAME). */}}
{{- define "stash.data" -}}
{{- $of := index . 0 -}}
- name: data
  {{- if $of.existingClaim }}
  persistentVolumeClaim: {claimName: {{ $of.existingClaim }}}
  {{- else if $of.enabled }}
  persistentVolumeClaim: {claimName: {{ index . 1 }}}
  {{- else }}
  emptyDir: {}
  {{- end }}
{{- end -}}

{{/* A PodDisruptionBudget: (list . .Values.operator NAME COMPONENT). */}}
{{- define "stash.disruption" -}}
{{- $root := index . 0 -}}
{{- $budget := (index . 1).podDisruptionBudget -}}
apiVersion: {{ semverCompare ">=1.21-0" $root.Capabilities.KubeVersion.Version | ternary "policy/v1" "policy/v1beta1" }}
kind: PodDisruptionBudget
metadata:
  name: {{ index . 2 }}
  namespace: {{ $root.Release.Namespace }}
  labels: {{- include "stash.labels" $root | nindent 4 }}
spec:
  {{- if ne (toString $budget.minAvailable) "<nil>" }}
  minAvailable: {{ $budget.minAvailable }}
  {{- else }}
  maxUnavailable: {{ $budget.maxUnavailable }}
  {{- end }}
  selector:
    matchLabels: {{- include "stash.selector" (list $root (index . 3)) | nindent 6 }}
{{- end -}}

{{/* What the settings are at first. */}}
{{- define "stash.monitoring" -}}
apiVersion: stash.appscode.com/v1alpha1
kind: Monitoring
metadata:
  name: stash
spec:
  agent: {{ .Values.monitoring.agent }}
  backup: {{ .Values.monitoring.backup }}
  operator: {{ .Values.monitoring.operator }}
  prometheus: {{ "{" }}{{ with .Values.monitoring.prometheus.namespace }}namespace: {{ . | quote }}{{ end }}{{ "}" }}
  serviceMonitor:
    labels: {{- toYaml (.Values.monitoring.serviceMonitor.labels | default (dict "app" .Chart.Name "release" .Release.Name)) | nindent 6 }}
{{- end -}}
