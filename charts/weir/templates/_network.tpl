{{/* Rules of network policies. */}}

{{- define "weir.network.dns" -}}
- ports:
    - { protocol: UDP, port: 53 }
    - { protocol: TCP, port: 53 }
{{- end }}

{{/* One egress rule to a store: to the demo's pod, or to the peers and ports that the values name. Takes (list root store). */}}
{{- define "weir.network.store" -}}
{{- $root := index . 0 -}}
{{- $store := index . 1 -}}
{{- $demo := eq (include "weir.storeSource" .) "demo" -}}
{{- $ports := ternary (list (ternary 6379 27017 (eq $store "redis"))) (get $root.Values.networkPolicies (printf "%sPorts" $store)) $demo -}}
- ports:
    {{- range $ports }}
    - { protocol: TCP, port: {{ . }} }
    {{- end }}
  {{- if $demo }}
  to:
    - podSelector:
        matchLabels:
          {{- include "weir.selector" (list $root (printf "%s-demo" $store)) | nindent 10 }}
  {{- else }}
  {{- with get $root.Values.networkPolicies $store }}
  to:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- end }}
{{- end }}

{{/* Who may read /metrics: those that the values name, and the controller. */}}
{{- define "weir.network.opsIngress" -}}
- ports:
    - { protocol: TCP, port: ops }
  {{- with .Values.networkPolicies.monitoring }}
  from:
    {{- toYaml . | nindent 4 }}
    - podSelector:
        matchLabels:
          {{- include "weir.selector" (list $ "controller") | nindent 10 }}
  {{- end }}
{{- end }}

{{- define "weir.network.apiServer" -}}
- ports:
    {{- range .Values.networkPolicies.apiServerPorts }}
    - { protocol: TCP, port: {{ . }} }
    {{- end }}
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
