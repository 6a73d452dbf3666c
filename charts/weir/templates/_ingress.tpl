{{/* How balancers are told what /rt and /socket.io need. */}}

{{/* The cookie by which a balancer brings clients of /socket.io back; empty where there is no affinity. */}}
{{- define "weir.affinityCookie" -}}
{{- $ingress := .Values.ingress -}}
{{- if eq $ingress.profile "alb" -}}AWSALB
{{- else if eq $ingress.profile "gateway" -}}{{ if $ingress.gateway.sessionPersistence }}{{ $ingress.cookieName }}{{ end }}
{{- else if ne $ingress.profile "none" -}}{{ $ingress.cookieName }}
{{- end -}}
{{- end }}

{{/* Annotations of both Ingresses of a profile. */}}
{{- define "weir.ingress.haproxy" -}}
haproxy-ingress.github.io/timeout-tunnel: {{ .Values.ingress.idleSeconds }}s
haproxy-ingress.github.io/balance-algorithm: leastconn
{{- end }}

{{- define "weir.ingress.nginx" -}}
nginx.ingress.kubernetes.io/proxy-read-timeout: {{ .Values.ingress.idleSeconds | quote }}
nginx.ingress.kubernetes.io/proxy-send-timeout: {{ .Values.ingress.idleSeconds | quote }}
{{- end }}

{{/* Its defaults upgrade and have no time-out for what is upgraded. */}}
{{- define "weir.ingress.traefik" -}}
{{- end }}

{{/* One balancer for both Ingresses. Its targets stay until a gateway has drained. */}}
{{- define "weir.ingress.alb" -}}
alb.ingress.kubernetes.io/group.name: {{ printf "%s-%s" .Release.Namespace (include "weir.fullname" .) | trunc 63 | trimSuffix "-" }}
alb.ingress.kubernetes.io/target-type: ip
alb.ingress.kubernetes.io/load-balancer-attributes: idle_timeout.timeout_seconds={{ .Values.ingress.idleSeconds }}
alb.ingress.kubernetes.io/healthcheck-path: /readyz
alb.ingress.kubernetes.io/healthcheck-port: "3001"
{{- end }}

{{/* Annotations of one path's Ingress, beside those of both. */}}
{{- define "weir.ingress.haproxy.sticky" -}}
haproxy-ingress.github.io/affinity: cookie
haproxy-ingress.github.io/session-cookie-name: {{ .Values.ingress.cookieName }}
haproxy-ingress.github.io/session-cookie-strategy: insert
haproxy-ingress.github.io/session-cookie-dynamic: "false"
haproxy-ingress.github.io/session-cookie-value-strategy: pod-uid
haproxy-ingress.github.io/session-cookie-preserve: "true"
{{- end }}

{{/* The cookie's path is that of the Ingress by default; a gateway can only end one with the path /. */}}
{{- define "weir.ingress.nginx.sticky" -}}
nginx.ingress.kubernetes.io/affinity: cookie
nginx.ingress.kubernetes.io/affinity-mode: balanced
nginx.ingress.kubernetes.io/session-cookie-name: {{ .Values.ingress.cookieName }}
nginx.ingress.kubernetes.io/session-cookie-path: /
nginx.ingress.kubernetes.io/session-cookie-change-on-failure: "true"
{{- end }}

{{/* Traefik reads it from the Service. */}}
{{- define "weir.ingress.traefik.sticky" -}}
{{- end }}

{{- define "weir.ingress.alb.sticky" -}}
alb.ingress.kubernetes.io/target-group-attributes: stickiness.enabled=true,stickiness.type=lb_cookie,stickiness.lb_cookie.duration_seconds=86400,deregistration_delay.timeout_seconds={{ include "weir.gatewayGrace" . }}
{{- end }}

{{- define "weir.ingress.haproxy.free" -}}
{{- end }}

{{- define "weir.ingress.nginx.free" -}}
{{- end }}

{{- define "weir.ingress.traefik.free" -}}
{{- end }}

{{- define "weir.ingress.alb.free" -}}
alb.ingress.kubernetes.io/target-group-attributes: load_balancing.algorithm.type=least_outstanding_requests,deregistration_delay.timeout_seconds={{ include "weir.gatewayGrace" . }}
{{- end }}
