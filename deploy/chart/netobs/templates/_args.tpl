{{- /* Nothing that the agent does by itself is said. */}}
{{- define "netobs.args" -}}
{{- $args := list -}}
{{- if .Values.state.enabled -}}
{{- $args = append $args "--state-dir=/var/lib/netobs" -}}
{{- end -}}
{{- if not .Values.events -}}
{{- $args = append $args "--no-events" -}}
{{- end -}}
{{- if .Values.metrics.enabled -}}
{{- $args = append $args (printf "--http=$(HOST_IP):%d" (int .Values.http.port)) -}}
{{- else if ne (int .Values.http.port) 9450 -}}
{{- $args = append $args (printf "--http=127.0.0.1:%d" (int .Values.http.port)) -}}
{{- end -}}
{{- if .Values.tls.enabled -}}
{{- $scheme := ternary "http://" "" .Values.tls.plainLoopback -}}
{{- $args = concat $args (list
      (printf "--listen=%s127.0.0.1:%d" $scheme (int .Values.grpc.port))
      (printf "--listen=$(HOST_IP):%d" (int .Values.grpc.port))
      "--tls-cert=/etc/netobs/tls/tls.crt"
      "--tls-key=/etc/netobs/tls/tls.key"
      "--client-ca=/etc/netobs/tls/ca.crt") -}}
{{- else if ne (int .Values.grpc.port) 4250 -}}
{{- $args = append $args (printf "--listen=127.0.0.1:%d" (int .Values.grpc.port)) -}}
{{- end -}}
{{- with .Values.redact.what -}}
{{- $args = append $args (printf "--redact=%s" (join "," .)) -}}
{{- end -}}
{{- range .Values.redact.labels -}}
{{- $args = append $args (printf "--redact-label=%s" .) -}}
{{- end -}}
{{- if .Values.redact.keySecret -}}
{{- if not (or .Values.redact.what .Values.redact.labels) -}}
{{- fail "redact.keySecret takes redact.what or redact.labels: without them nothing is redacted" -}}
{{- end -}}
{{- $args = append $args "--redact-key=/etc/netobs/redact/key" -}}
{{- end -}}
{{- toYaml (concat $args .Values.extraArgs) -}}
{{- end -}}
