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
{{- $args = concat $args (list
      (printf "--listen=http://127.0.0.1:%d" (int .Values.grpc.port))
      (printf "--listen=$(HOST_IP):%d" (int .Values.grpc.port))
      "--tls-cert=/etc/netobs/tls/tls.crt"
      "--tls-key=/etc/netobs/tls/tls.key"
      "--client-ca=/etc/netobs/tls/ca.crt") -}}
{{- else if ne (int .Values.grpc.port) 4250 -}}
{{- $args = append $args (printf "--listen=127.0.0.1:%d" (int .Values.grpc.port)) -}}
{{- end -}}
{{- toYaml (concat $args .Values.extraArgs) -}}
{{- end -}}
