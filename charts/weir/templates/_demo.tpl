{{/* The stores for a try. 999 is the user of the official images of Redis and MongoDB. */}}

{{- define "weir.demoPod" -}}
automountServiceAccountToken: false
enableServiceLinks: false
terminationGracePeriodSeconds: 30
securityContext:
  runAsNonRoot: true
  runAsUser: 999
  runAsGroup: 999
  fsGroup: 999
  seccompProfile: { type: RuntimeDefault }
{{- include "weir.pullSecrets" . }}
{{- end }}

{{/* Takes (list root values-of-the-store). */}}
{{- define "weir.demoVolumes" -}}
volumes:
  - name: tmp
    emptyDir: {}
  {{- if not (index . 1).persistence.enabled }}
  - name: data
    emptyDir: {}
  {{- end }}
{{- end }}

{{/* Takes (list root values-of-the-store). */}}
{{- define "weir.demoClaims" -}}
{{- with (index . 1).persistence }}
{{- if .enabled -}}
persistentVolumeClaimRetentionPolicy: { whenDeleted: Retain, whenScaled: Retain }
volumeClaimTemplates:
  - metadata:
      name: data
    spec:
      accessModes: [ReadWriteOnce]
      {{- if ne .storageClass nil }}
      storageClassName: {{ .storageClass | quote }}
      {{- end }}
      resources:
        requests: { storage: {{ .size }} }
{{- end }}
{{- end }}
{{- end }}
