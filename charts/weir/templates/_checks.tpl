{{/* Combinations that can't work. Each is refused with a sentence that says what to change. */}}
{{- define "weir.checks" -}}
{{- if and (ne .Values.ingress.profile "none") (hasKey .Values.settings "WEIR_AFFINITY_COOKIE") -}}
{{- fail "settings.WEIR_AFFINITY_COOKIE is set beside ingress.profile, which sets it: set ingress.cookieName" -}}
{{- end -}}
{{- if and .Values.ingress.tlsSecret (eq .Values.ingress.profile "gateway") -}}
{{- fail "ingress.tlsSecret is for Ingresses; with ingress.profile gateway, the Gateway's listener has the certificate" -}}
{{- end -}}
{{- if (urlParse .Values.auth.jwksUrl).userinfo -}}
{{- fail "auth.jwksUrl holds a user or a password, and all who may read pods see it: serve the key set without" -}}
{{- end -}}
{{- if and .Values.auth.existingSecretPreviousKey (not .Values.auth.existingSecret) -}}
{{- fail "auth.existingSecretPreviousKey names a key of auth.existingSecret, which is not set" -}}
{{- end -}}
{{- if and .Values.customMetrics.enabled (not .Values.controller.enabled) -}}
{{- fail "customMetrics.enabled needs controller.enabled: the controller serves the metrics" -}}
{{- end -}}
{{- if and .Values.monitoring.podMonitor.enabled .Values.monitoring.serviceMonitor.enabled -}}
{{- fail "monitoring.podMonitor and monitoring.serviceMonitor are both enabled, and would count everything twice: enable one" -}}
{{- end -}}
{{- if ne .Values.autoscaling.mode "none" -}}
{{- include "weir.checks.autoscaling" . -}}
{{- end -}}
{{- if eq (toString .Values.networkPolicies.enabled) "true" -}}
{{- include "weir.checks.network" . -}}
{{- end -}}
{{- end }}

{{/* What `true` closes has to name who is let through. */}}
{{- define "weir.checks.network" -}}
{{- $policies := .Values.networkPolicies -}}
{{- if not $policies.clients -}}
{{- fail "networkPolicies.enabled is true: networkPolicies.clients must name who may connect to gateways, such as the ingress controller's namespace; auto lets all in" -}}
{{- end -}}
{{- range $store := list "redis" "mongodb" -}}
{{- if and (ne (include "weir.storeSource" (list $ $store)) "demo") (not (get $policies $store)) -}}
{{- fail (printf "networkPolicies.enabled is true: networkPolicies.%s must name where it is, such as an ipBlock; auto lets pods out to all" $store) -}}
{{- end -}}
{{- end -}}
{{- if and (include "weir.isScraped" .) (not $policies.monitoring) -}}
{{- fail "networkPolicies.enabled is true: networkPolicies.monitoring must name the Prometheus that scrapes, such as its namespace; auto lets all read /metrics" -}}
{{- end -}}
{{- end }}

{{- define "weir.checks.autoscaling" -}}
{{- $scaling := .Values.autoscaling -}}
{{- if gt (int $scaling.minReplicas) (int $scaling.maxReplicas) -}}
{{- fail (printf "autoscaling.minReplicas %d is more than maxReplicas %d" (int $scaling.minReplicas) (int $scaling.maxReplicas)) -}}
{{- end -}}
{{- if and (eq $scaling.mode "keda") (not $scaling.keda.serverAddress) -}}
{{- fail "autoscaling.mode is keda: autoscaling.keda.serverAddress must name a Prometheus" -}}
{{- end -}}
{{- $window := int .Values.gateway.drain.windowSeconds -}}
{{- range (($scaling.behavior).scaleDown).policies -}}
{{- if lt (int .periodSeconds) $window -}}
{{- fail (printf "autoscaling.behavior.scaleDown has a policy with a period of %d s, which is shorter than the drain window of %d s: pods would go before the clients of the last one have come back" (int .periodSeconds) $window) -}}
{{- end -}}
{{- end -}}
{{- if and (gt (int $scaling.cpuPercent) 0) (not (((.Values.gateway.resources).requests).cpu)) -}}
{{- fail "autoscaling.cpuPercent is a share of gateway.resources.requests.cpu, which is not set: set it, or cpuPercent to 0" -}}
{{- end -}}
{{- end }}
