{{/* What the pods of all roles have in common. */}}

{{/* Settings of every role. Takes (list root withJwt). */}}
{{- define "weir.env" -}}
{{- $root := index . 0 -}}
- name: WEIR_POD_NAME
  valueFrom: { fieldRef: { fieldPath: metadata.name } }
- name: WEIR_NAMESPACE
  valueFrom: { fieldRef: { fieldPath: metadata.namespace } }
- name: WEIR_REDIS_URL_FILE
  value: /run/weir/redis-url
- name: WEIR_MONGODB_URL_FILE
  value: /run/weir/mongodb-url
{{- if index . 1 }}
{{- include "weir.authEnv" $root }}
{{- end }}
{{- range $name, $value := $root.Values.settings }}
- name: {{ $name }}
  value: {{ kindIs "string" $value | ternary $value (toJson $value) | quote }}
{{- end }}
{{- with $root.Values.extraEnv }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- define "weir.authEnv" -}}
{{- if include "weir.hasJwtSecret" . }}
- name: WEIR_JWT_SECRET_FILE
  value: /run/weir/jwt-secret
{{- if .Values.auth.existingSecretPreviousKey }}
- name: WEIR_JWT_SECRET_PREVIOUS_FILE
  value: /run/weir/jwt-secret-previous
{{- end }}
{{- end }}
{{- with .Values.auth.publicKey }}
- name: WEIR_JWT_PUBLIC_KEY
  value: {{ . | quote }}
{{- end }}
{{- with .Values.auth.jwksUrl }}
- name: WEIR_JWKS_URL
  value: {{ . | quote }}
{{- end }}
{{- with .Values.auth.issuer }}
- name: WEIR_JWT_ISSUER
  value: {{ . | quote }}
{{- end }}
{{- with .Values.auth.audience }}
- name: WEIR_JWT_AUDIENCE
  value: {{ . | quote }}
{{- end }}
{{- end }}

{{- define "weir.volumeMounts" -}}
- name: secrets
  mountPath: /run/weir
  readOnly: true
- name: tmp
  mountPath: /tmp
{{- with .Values.extraVolumeMounts }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{/* Takes (list root component). */}}
{{- define "weir.volumes" -}}
{{- $root := index . 0 -}}
{{ include "weir.secretsVolume" . }}
- name: tmp
  emptyDir: {}
{{- with $root.Values.extraVolumes }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{/* The user of our image; the files of secrets are its group's. */}}
{{- define "weir.podSecurity" -}}
runAsNonRoot: true
runAsUser: 65532
runAsGroup: 65532
fsGroup: 65532
seccompProfile: { type: RuntimeDefault }
{{- end }}

{{- define "weir.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: { drop: [ALL] }
{{- end }}

{{- define "weir.opsProbes" -}}
startupProbe:
  httpGet: { path: /livez, port: ops }
  periodSeconds: 1
  # A start that fails ends by itself; one that is slow has three minutes.
  failureThreshold: 180
livenessProbe:
  httpGet: { path: /livez, port: ops }
  periodSeconds: 10
  timeoutSeconds: 5
  failureThreshold: 6
readinessProbe:
  httpGet: { path: /readyz, port: ops }
  periodSeconds: 2
  timeoutSeconds: 2
  failureThreshold: 2
{{- end }}

{{/*
Away from the node of another pod of the component. The constraints below say so too, but a scheduler heeds them only on nodes
that have both labels, and in many clusters none has a zone. Takes (list root component).
*/}}
{{- define "weir.affinity" -}}
podAntiAffinity:
  preferredDuringSchedulingIgnoredDuringExecution:
    - weight: 100
      podAffinityTerm:
        topologyKey: kubernetes.io/hostname
        labelSelector:
          matchLabels:
            {{- include "weir.selector" . | nindent 12 }}
{{- end }}

{{/* Spread over zones and nodes where that can be had. Takes (list root component). */}}
{{- define "weir.spread" -}}
{{- $selector := include "weir.selector" . -}}
{{- range list "topology.kubernetes.io/zone" "kubernetes.io/hostname" }}
- maxSkew: 1
  topologyKey: {{ . }}
  whenUnsatisfiable: ScheduleAnyway
  labelSelector:
    matchLabels:
      {{- $selector | nindent 6 }}
  matchLabelKeys: [pod-template-hash]
{{- end }}
{{- end }}

{{/*
Annotations of a pod: those that replace it when a Secret that the chart wrote changes, and the user's. They hold numbers of
revisions and nothing that is computed from a secret: a hash lets anybody who may read pods try passwords. Takes
(list root component).
*/}}
{{- define "weir.podAnnotations" -}}
{{- $root := index . 0 -}}
{{- $component := index . 1 -}}
{{- with include "weir.storesData" $root | fromYaml }}
weir.chat/stores-revision: {{ include "weir.secretRevision" (list $root (printf "%s-stores" (include "weir.fullname" $root)) .) | quote }}
{{- end }}
{{- if eq $component "gateway" }}
{{- with include "weir.jwtData" $root | fromYaml }}
weir.chat/jwt-revision: {{ include "weir.secretRevision" (list $root (include "weir.jwtSecretName" $root) .) | quote }}
{{- end }}
{{- end }}
{{- with $root.Values.secretsRevision }}
weir.chat/secrets-revision: {{ . | quote }}
{{- end }}
{{- with (get $root.Values $component).podAnnotations }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{/*
What a pod of ours says about where and as whom it runs. Takes (list root component values), the last with nodeSelector,
tolerations, affinity and priorityClassName.
*/}}
{{- define "weir.podCommon" -}}
{{- $root := index . 0 -}}
{{- $component := index . 1 -}}
{{- $values := index . 2 -}}
serviceAccountName: {{ include "weir.fullname" $root }}-{{ $component }}
# A Service named "weir" would otherwise set WEIR_PORT to a URL.
enableServiceLinks: false
securityContext:
  {{- include "weir.podSecurity" $root | nindent 2 }}
{{- include "weir.pullSecrets" $root }}
{{- with $values.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- with $values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
affinity:
  {{- $ours := include "weir.affinity" (list $root $component) | fromYaml }}
  {{- $yours := $values.affinity | default dict }}
  {{- hasKey $yours "podAntiAffinity" | ternary $yours (merge $ours $yours) | toYaml | nindent 2 }}
topologySpreadConstraints:
  {{- include "weir.spread" (list $root $component) | trim | nindent 2 }}
{{- end }}

{{/*
How long the kubelet waits for a gateway: the preStop sleep, the drain window, and the 30 s that a gateway promises to need
at most beyond its window. Longer than gateway.drain.maxGraceSeconds is refused, since what removes nodes would cut it short.
*/}}
{{- define "weir.gatewayGrace" -}}
{{- $drain := .Values.gateway.drain -}}
{{- $grace := add $drain.preStopSeconds $drain.windowSeconds 30 -}}
{{- if gt $grace (int64 $drain.maxGraceSeconds) -}}
{{- fail (printf "a gateway would need %d s to stop (gateway.drain: preStopSeconds %d + windowSeconds %d + 30), which is more than maxGraceSeconds %d: shorten the window, or raise maxGraceSeconds where nothing ends pods sooner" $grace (int64 $drain.preStopSeconds) (int64 $drain.windowSeconds) (int64 $drain.maxGraceSeconds)) -}}
{{- end -}}
{{ $grace }}
{{- end }}

{{/* Evictions take a few pods of a component at a time, and those that are not ready always. Takes (list root component). */}}
{{- define "weir.pdb" -}}
{{- $root := index . 0 -}}
{{- $component := index . 1 -}}
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  {{- include "weir.metadata" (list $root $component (printf "%s-%s" (include "weir.fullname" $root) $component)) | nindent 2 }}
spec:
  maxUnavailable: {{ (get $root.Values $component).maxUnavailable }}
  unhealthyPodEvictionPolicy: AlwaysAllow
  selector:
    matchLabels:
      {{- include "weir.selector" . | nindent 6 }}
{{- end }}

{{- define "weir.pullSecrets" -}}
{{- with .Values.imagePullSecrets }}
imagePullSecrets:
  {{- range . }}
  - name: {{ . }}
  {{- end }}
{{- end }}
{{- end }}
