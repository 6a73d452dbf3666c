{{/* A Role of one component and its binding to the component's ServiceAccount. Takes (list root component rules). */}}
{{- define "weir.role" -}}
{{- $root := index . 0 -}}
{{- $component := index . 1 -}}
{{- $name := printf "%s-%s" (include "weir.fullname" $root) $component -}}
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata:
  {{- include "weir.metadata" (list $root $component $name) | nindent 2 }}
rules:
  {{- index . 2 | trim | nindent 2 }}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata:
  {{- include "weir.metadata" (list $root $component $name) | nindent 2 }}
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: Role
  name: {{ $name }}
subjects:
  - kind: ServiceAccount
    name: {{ $name }}
    namespace: {{ $root.Release.Namespace }}
{{- end }}

{{/* The Lease of a component. Creating one can't be limited to a name. Takes the name. */}}
{{- define "weir.leaseRules" -}}
- apiGroups: [coordination.k8s.io]
  resources: [leases]
  resourceNames: [{{ . }}]
  verbs: [get, update]
- apiGroups: [coordination.k8s.io]
  resources: [leases]
  verbs: [create]
{{- end }}
