{{/* Rules of network policies. */}}

{{/* "true" or nothing. */}}
{{- define "weir.network.isOn" -}}
{{- if ne (toString .Values.networkPolicies.enabled) "false" -}}true{{- end -}}
{{- end }}

{{/* Ports of TCP, as a rule lists them. */}}
{{- define "weir.network.ports" -}}
ports:
  {{- range . }}
  - { protocol: TCP, port: {{ . }} }
  {{- end }}
{{- end }}

{{/* The other side of a rule; nothing where all may be it. Takes (list direction peers). */}}
{{- define "weir.network.peers" -}}
{{- with index . 1 }}
{{ index $ 0 }}:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{/* Pods of one component, as a peer. Takes (list root component). */}}
{{- define "weir.network.pods" -}}
- podSelector:
    matchLabels:
      {{- include "weir.selector" . | nindent 6 }}
{{- end }}

{{- define "weir.network.dns" -}}
- ports:
    {{- range .Values.networkPolicies.dnsPorts }}
    - { protocol: UDP, port: {{ . }} }
    - { protocol: TCP, port: {{ . }} }
    {{- end }}
{{- end }}

{{/*
One egress rule to a store: to the demo's pod, to the peers and ports that the values name, or to all where `auto` does not
know where it is. Takes (list root store).
*/}}
{{- define "weir.network.store" -}}
{{- $root := index . 0 -}}
{{- $store := index . 1 -}}
{{- $peers := get $root.Values.networkPolicies $store -}}
{{- if eq (include "weir.storeSource" .) "demo" -}}
- {{ include "weir.network.ports" (list (ternary 6379 27017 (eq $store "redis"))) | nindent 2 | trim }}
  to:
    {{- include "weir.network.pods" (list $root (printf "%s-demo" $store)) | nindent 4 }}
{{- else if $peers -}}
- {{ include "weir.network.ports" (get $root.Values.networkPolicies (printf "%sPorts" $store)) | nindent 2 | trim }}
  {{- include "weir.network.peers" (list "to" $peers) | nindent 2 }}
{{- else -}}
- {}
{{- end -}}
{{- end }}

{{/* Who may connect to gateways. */}}
{{- define "weir.network.clients" -}}
- ports:
    - { protocol: TCP, port: app }
  {{- with .Values.networkPolicies.clients }}
  from:
    {{- toYaml . | nindent 4 }}
    {{- include "weir.network.pods" (list $ "test") | nindent 4 }}
  {{- end }}
{{- end }}

{{/* Whether something here asks a Prometheus to scrape: "true" or nothing. */}}
{{- define "weir.isScraped" -}}
{{- if or .Values.monitoring.podMonitor.enabled .Values.monitoring.serviceMonitor.enabled (eq .Values.autoscaling.mode "keda") -}}true{{- end -}}
{{- end }}

{{/* Whether all may read /metrics: "true" or nothing. */}}
{{- define "weir.network.opsIsOpen" -}}
{{- if and (include "weir.isScraped" .) (not .Values.networkPolicies.monitoring) -}}true{{- end -}}
{{- end }}

{{/* Who may read /metrics: those that the values name, and the controller; all where a Prometheus scrapes and nobody is named. */}}
{{- define "weir.network.opsIngress" -}}
{{- $isOpen := include "weir.network.opsIsOpen" . -}}
{{- if or $isOpen .Values.networkPolicies.monitoring .Values.controller.enabled -}}
- ports:
    - { protocol: TCP, port: ops }
  {{- if not $isOpen }}
  from:
    {{- with .Values.networkPolicies.monitoring }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
    {{- if .Values.controller.enabled }}
    {{- include "weir.network.pods" (list . "controller") | nindent 4 }}
    {{- end }}
  {{- end }}
{{- end -}}
{{- end }}

{{- define "weir.network.apiServer" -}}
- {{ include "weir.network.ports" .Values.networkPolicies.apiServerPorts | nindent 2 | trim }}
  {{- include "weir.network.peers" (list "to" .Values.networkPolicies.apiServer) | nindent 2 }}
{{- end }}

{{/* The port of auth.jwksUrl. */}}
{{- define "weir.network.keySetPort" -}}
{{- $url := urlParse .Values.auth.jwksUrl -}}
{{- regexFind "[0-9]+$" (regexFind ":[0-9]+$" $url.host) | default (ternary "80" "443" (eq $url.scheme "http")) -}}
{{- end }}

{{- define "weir.network.keySet" -}}
- {{ include "weir.network.ports" (list (include "weir.network.keySetPort" .)) | nindent 2 | trim }}
  {{- include "weir.network.peers" (list "to" .Values.networkPolicies.keySet) | nindent 2 }}
{{- end }}

{{/* Name, and the pods that a policy is about. Takes (list root component). */}}
{{- define "weir.network.head" -}}
{{- $root := index . 0 -}}
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  {{- include "weir.metadata" (list $root (index . 1) (printf "%s-%s" (include "weir.fullname" $root) (index . 1))) | nindent 2 }}
spec:
  podSelector:
    matchLabels:
      {{- include "weir.selector" . | nindent 6 }}
  policyTypes: [Ingress, Egress]
{{- end }}

{{/* DNS, both stores, and what the values add. */}}
{{- define "weir.network.egress" -}}
{{ include "weir.network.dns" . }}
{{ include "weir.network.store" (list . "redis") }}
{{ include "weir.network.store" (list . "mongodb") }}
{{- with .Values.networkPolicies.extraEgress }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{/* One line for each side on which a pod is open to all: the place, and which value closes it. */}}
{{- define "weir.network.open" -}}
{{- if not (include "weir.network.isOn" .) }}
each port of each pod, and each way out: set networkPolicies.enabled
{{- else }}
{{- $given := .Values.networkPolicies }}
{{- $ofAll := dict "clients" "gateways, port 3000" "monitoring" "/metrics, port 3001" "redis" "the way to Redis" "mongodb" "the way to MongoDB" "apiServer" "the way to the API server" "keySet" "the way to the key set" }}
{{- $needed := dict "clients" true "monitoring" (include "weir.network.opsIsOpen" .) "apiServer" .Values.controller.enabled "keySet" .Values.auth.jwksUrl }}
{{- range $store := list "redis" "mongodb" }}
{{- $_ := set $needed $store (ne (include "weir.storeSource" (list $ $store)) "demo") }}
{{- end }}
{{- range $place, $what := $ofAll }}
{{- $peers := get $given $place }}
{{- if and (not $peers) (get $needed $place) }}
{{ $what }}: set networkPolicies.{{ $place }}
{{- else if include "weir.network.namesAll" $peers }}
{{ $what }}: networkPolicies.{{ $place }} names all
{{- end }}
{{- end }}
{{- if .Values.customMetrics.enabled }}
custom metrics, port 6443: the API server has no address that is known; who else connects has no certificate of its
{{- end }}
the way to names, port {{ join " and " $given.dnsPorts }}: names are served at different places
{{- end }}
{{- end }}

{{/* Whether a list of peers leaves nobody out: "true" or nothing. */}}
{{- define "weir.network.namesAll" -}}
{{- range . -}}
{{- if or (has ((.ipBlock).cidr) (list "0.0.0.0/0" "::/0")) (and (hasKey . "namespaceSelector") (not .namespaceSelector) (not .podSelector)) -}}true{{- end -}}
{{- end -}}
{{- end }}
