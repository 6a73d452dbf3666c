import { mutantsOf } from "../mutant.ts";

export const chartMutants = mutantsOf("charts/weir/templates", [
  [
    "_stores.tpl",
    "{{ $root.Release.Revision }}{{ end -}}",
    "{{ index . 2 | toJson | sha256sum }}{{ end -}}",
    "What is not a Secret is the same whatever the secrets are.",
  ],
  ["_stores.tpl", "{{- if and $same $noted }}", "{{- if $noted }}", "A changed URL replaces all pods."],
  ["_stores.tpl", '(ne (index . 2) "flusher")', "true", "The flusher keeps its own user of MongoDB."],
  [
    "_network.tpl",
    "{{- if not $isOpen }}",
    "{{- if .Values.networkPolicies.monitoring }}",
    "By default the controller alone reads /metrics.",
  ],
  ["_network.tpl", 'list "0.0.0.0/0" "::/0"', 'list "0.0.0.0/0"', "The notes name a peer that is everybody."],
]);
