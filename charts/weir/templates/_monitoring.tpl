{{/* A file of rules or a dashboard, with links to where the runbooks are served. Takes (list root path). */}}
{{- define "weir.withRunbooks" -}}
{{- $root := index . 0 -}}
{{- $text := $root.Files.Get (index . 1) -}}
{{- with $root.Values.monitoring.runbooks -}}
{{- $text = replace "dashboards/runbooks/" (printf "%s/" (trimSuffix "/" .)) $text -}}
{{- end -}}
{{- $text -}}
{{- end -}}

{{/* A pod's name says more than its address, in an alert and beside a graph. */}}
{{- define "weir.scrape" -}}
port: ops
path: /metrics
interval: {{ .interval }}
relabelings:
  - { sourceLabels: [__meta_kubernetes_pod_name], targetLabel: instance }
{{- end -}}
