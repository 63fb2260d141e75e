{{- /* The head of all names: the release's, with netobs in it. */}}
{{- define "netobs.base" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 40 | trimSuffix "-" -}}
{{- else if contains "netobs" .Release.Name -}}
{{- .Release.Name | trunc 40 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-netobs" .Release.Name | trunc 40 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "netobs.agent" -}}
{{- printf "%s-agent" (include "netobs.base" .) -}}
{{- end -}}

{{- /* For what is in no namespace: a release of the same name in another namespace has objects of its own. */}}
{{- define "netobs.clusterSuffix" -}}
{{- if ne .Release.Namespace "netobs" -}}
{{- printf "-%s" .Release.Namespace | trunc 63 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "netobs.clusterAgent" -}}
{{- printf "%s%s" (include "netobs.agent" .) (include "netobs.clusterSuffix" .) -}}
{{- end -}}

{{- define "netobs.tlsSecret" -}}
{{- .Values.tls.secretName | default (printf "%s-tls" (include "netobs.agent" .)) -}}
{{- end -}}

{{- define "netobs.image" -}}
{{- if .Values.image.digest -}}
{{- printf "%s@%s" .Values.image.repository .Values.image.digest -}}
{{- else -}}
{{- printf "%s:%s" .Values.image.repository (.Values.image.tag | default .Chart.AppVersion) -}}
{{- end -}}
{{- end -}}

{{- /* Kubernetes does not let a selector change, so it holds nothing that an upgrade may. */}}
{{- define "netobs.selector" -}}
app.kubernetes.io/name: netobs-agent
app.kubernetes.io/instance: {{ .Release.Name | quote }}
{{- end -}}

{{- define "netobs.labels" -}}
{{ include "netobs.selector" . }}
app.kubernetes.io/part-of: netobs
{{- end -}}
