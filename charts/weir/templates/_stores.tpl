{{/* Where the URLs of Redis and MongoDB and the key for tokens come from. */}}

{{/* "url", "secret", "demo": which of the ways a store is given. Takes (list root store); fails where there is none. */}}
{{- define "weir.storeSource" -}}
{{- $root := index . 0 -}}
{{- $store := index . 1 -}}
{{- $given := get $root.Values $store -}}
{{- if and $given.url $given.existingSecret -}}
{{- fail (printf "%s.url and %s.existingSecret are both set; set one" $store $store) -}}
{{- else if $given.existingSecret -}}secret
{{- else if $given.url -}}url
{{- else if $root.Values.demo.enabled -}}demo
{{- else -}}
{{- fail (printf "no %s: set %s.existingSecret (a Secret that holds its URL), or %s.url, or demo.enabled=true for a try" $store $store $store) -}}
{{- end -}}
{{- end }}

{{/* The URL that the chart itself writes into a Secret. Takes (list root store). */}}
{{- define "weir.storeUrl" -}}
{{- $root := index . 0 -}}
{{- $store := index . 1 -}}
{{- if eq (include "weir.storeSource" .) "url" -}}
{{ (get $root.Values $store).url }}
{{- else if eq $store "redis" -}}
redis://{{ include "weir.fullname" $root }}-redis-demo:6379
{{- else -}}
mongodb://{{ include "weir.fullname" $root }}-mongodb-demo:27017/weir?directConnection=true
{{- end -}}
{{- end }}

{{/* Whether gateways and the controller have a MongoDB user of their own: "true" or nothing. */}}
{{- define "weir.gatewaysHaveOwnMongodb" -}}
{{- with .Values.mongodb.gateway -}}
{{- if and .url .existingSecret -}}
{{- fail "mongodb.gateway.url and mongodb.gateway.existingSecret are both set; set one" -}}
{{- end -}}
{{- if or .url .existingSecret -}}true{{- end -}}
{{- end -}}
{{- end }}

{{/* The URLs that the chart writes into its own Secret, as its data; nothing where all are in Secrets of the user's. */}}
{{- define "weir.storesData" -}}
{{- range $store := list "redis" "mongodb" }}
{{- if ne (include "weir.storeSource" (list $ $store)) "secret" }}
{{ $store }}-url: {{ include "weir.storeUrl" (list $ $store) | b64enc }}
{{- end }}
{{- end }}
{{- if include "weir.gatewaysHaveOwnMongodb" . }}
{{- with .Values.mongodb.gateway.url }}
mongodb-gateway-url: {{ b64enc . }}
{{- end }}
{{- end }}
{{- end }}

{{/*
The data of the Secret with the key of tokens; nothing where it is the user's. A key made by the chart is made once: an
upgrade finds it in the cluster. Where it can't look (helm template, GitOps tools) each rendering would make another, so an
upgrade without it fails.
*/}}
{{- define "weir.jwtData" -}}
{{- if and (include "weir.hasJwtSecret" .) (not .Values.auth.existingSecret) }}
{{- $name := include "weir.jwtSecretName" . }}
{{- $old := ((lookup "v1" "Secret" .Release.Namespace $name).data) | default dict }}
{{- if .Values.auth.jwtSecret }}
jwt-secret: {{ .Values.auth.jwtSecret | b64enc }}
{{- else if hasKey $old "jwt-secret" }}
jwt-secret: {{ get $old "jwt-secret" }}
{{- else if .Release.IsInstall }}
jwt-secret: {{ randAlphaNum 48 | b64enc }}
{{- else }}
{{- fail (printf "the Secret %s is not there, and an upgrade makes no new key, since that would refuse every user: set auth.existingSecret" $name) }}
{{- end }}
{{- end }}
{{- end }}

{{/*
The revision of the release in which the content of a Secret of the chart changed last. The Secret carries it, so an upgrade
reads it in the cluster beside the content. A tool that renders without a cluster always gets the same number. Takes
(list root name data).
*/}}
{{- define "weir.secretRevision" -}}
{{- $root := index . 0 -}}
{{- $old := lookup "v1" "Secret" $root.Release.Namespace (index . 1) -}}
{{- $noted := get ((($old).metadata).annotations | default dict) "weir.chat/revision" -}}
{{- $same := eq (toJson (($old).data | default dict)) (toJson (index . 2)) -}}
{{- if and $same $noted }}{{ $noted }}{{ else }}{{ $root.Release.Revision }}{{ end -}}
{{- end }}

{{/* Whether tokens are checked with a shared secret: "true" or nothing. */}}
{{- define "weir.hasJwtSecret" -}}
{{- if or .Values.auth.existingSecret .Values.auth.jwtSecret (not (or .Values.auth.publicKey .Values.auth.jwksUrl)) -}}true{{- end -}}
{{- end }}

{{- define "weir.jwtSecretName" -}}
{{ .Values.auth.existingSecret | default (printf "%s-jwt" (include "weir.fullname" .)) }}
{{- end }}

{{- define "weir.jwtSecretKey" -}}
{{ ternary .Values.auth.existingSecretKey "jwt-secret" (ne .Values.auth.existingSecret "") }}
{{- end }}

{{/* The part of the projected volume of secrets that has the key of tokens. */}}
{{- define "weir.jwtSource" -}}
- secret:
    name: {{ include "weir.jwtSecretName" . }}
    items:
      - key: {{ include "weir.jwtSecretKey" . }}
        path: jwt-secret
      {{- with .Values.auth.existingSecretPreviousKey }}
      - key: {{ . }}
        path: jwt-secret-previous
      {{- end }}
{{- end }}

{{/* Name and item of the Secret from which a component has the URL of a store. Takes (list root store component). */}}
{{- define "weir.storeSecret" -}}
{{- $root := index . 0 -}}
{{- $store := index . 1 -}}
{{- $given := get $root.Values $store -}}
{{- $ourKey := printf "%s-url" $store -}}
{{- if and (eq $store "mongodb") (ne (index . 2) "flusher") (include "weir.gatewaysHaveOwnMongodb" $root) -}}
{{- $given = $given.gateway -}}
{{- $ourKey = "mongodb-gateway-url" -}}
{{- end -}}
name: {{ $given.existingSecret | default (printf "%s-stores" (include "weir.fullname" $root)) }}
items:
  - key: {{ empty $given.existingSecret | ternary $ourKey $given.existingSecretKey }}
    path: {{ $store }}-url
{{- end }}

{{/*
The projected volume of all secrets of a component, as files named like their settings. Gateways alone check tokens. Takes
(list root component).
*/}}
{{- define "weir.secretsVolume" -}}
{{- $root := index . 0 -}}
{{- $component := index . 1 -}}
- name: secrets
  projected:
    defaultMode: 288 # 0440
    sources:
      {{- range $store := list "redis" "mongodb" }}
      - secret:
          {{- include "weir.storeSecret" (list $root $store $component) | nindent 10 }}
      {{- end }}
      {{- if and (eq $component "gateway") (include "weir.hasJwtSecret" $root) }}
      {{- include "weir.jwtSource" $root | nindent 6 }}
      {{- end }}
{{- end }}
