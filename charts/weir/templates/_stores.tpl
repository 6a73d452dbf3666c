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

{{/* Whether the chart writes the URL of a store into its own Secret: "true" or nothing. Takes (list root store). */}}
{{- define "weir.storeIsOurs" -}}
{{- if ne (include "weir.storeSource" .) "secret" -}}true{{- end -}}
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

{{/*
The projected volume of all secrets of a role, as files named like their settings. Takes (list root withJwt), withJwt "true"
for roles that check tokens.
*/}}
{{- define "weir.secretsVolume" -}}
{{- $root := index . 0 -}}
- name: secrets
  projected:
    defaultMode: 288 # 0440
    sources:
      {{- range $store := list "redis" "mongodb" }}
      {{- $given := get $root.Values $store }}
      {{- $ours := eq (include "weir.storeIsOurs" (list $root $store)) "true" }}
      - secret:
          name: {{ ternary (printf "%s-stores" (include "weir.fullname" $root)) $given.existingSecret $ours }}
          items:
            - key: {{ ternary (printf "%s-url" $store) $given.existingSecretKey $ours }}
              path: {{ $store }}-url
      {{- end }}
      {{- if and (index . 1) (include "weir.hasJwtSecret" $root) }}
      {{- include "weir.jwtSource" $root | nindent 6 }}
      {{- end }}
{{- end }}
