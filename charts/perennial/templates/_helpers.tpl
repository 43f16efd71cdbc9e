{{- define "perennial.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 50 | trimSuffix "-" -}}
{{- else if contains "perennial" .Release.Name -}}
{{- .Release.Name | trunc 50 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-perennial" .Release.Name | trunc 50 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "perennial.serviceAccount" -}}
{{- default (include "perennial.fullname" .) .Values.serviceAccount.name -}}
{{- end -}}

{{- define "perennial.selector" -}}
app.kubernetes.io/name: perennial
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "perennial.labels" -}}
{{ include "perennial.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end -}}

{{- define "perennial.image" -}}
{{- if .Values.image.digest -}}
{{ .Values.image.repository }}@{{ .Values.image.digest }}
{{- else -}}
{{ .Values.image.repository }}:{{ default .Chart.AppVersion .Values.image.tag }}
{{- end -}}
{{- end -}}

{{/* What the operator may do to objects of namespaces: the same in a ClusterRole and in the Roles of chosen namespaces. */}}
{{- define "perennial.rules" -}}
- apiGroups: [perennial.dev]
  resources: [certificates]
  verbs: [list, watch, patch{{ if .Values.ingress.enabled }}, create, delete{{ end }}]
- apiGroups: [perennial.dev]
  resources: [issuers]
  verbs: [list, watch]
- apiGroups: [perennial.dev]
  resources: [certificates/status, issuers/status, certificaterevocations/status]
  verbs: [patch]
- apiGroups: [perennial.dev]
  resources: [certificaterevocations]
  verbs: [list, watch, create, delete]
- apiGroups: ['']
  resources: [secrets]
  verbs: [get, list, watch, create, patch, delete]
- apiGroups: ['']
  resources: [events]
  verbs: [create]
{{- if .Values.trustBundles.enabled }}
- apiGroups: ['']
  resources: [configmaps]
  verbs: [get, create, patch, delete]
{{- end }}
- apiGroups: [networking.k8s.io]
  resources: [ingresses]
  verbs: [list{{ if .Values.ingress.enabled }}, watch{{ end }}{{ if .Values.http01.routes }}, get, create, patch, delete{{ end }}]
- apiGroups: [gateway.networking.k8s.io]
  resources: [httproutes]
  verbs: [list{{ if .Values.ingress.enabled }}, watch{{ end }}{{ if .Values.http01.routes }}, create, patch, delete{{ end }}]
{{- if .Values.ingress.enabled }}
- apiGroups: [gateway.networking.k8s.io]
  resources: [gateways, listenersets]
  verbs: [list, watch]
- apiGroups: [gateway.networking.x-k8s.io]
  resources: [xlistenersets]
  verbs: [list, watch]
- apiGroups: [gateway.networking.k8s.io]
  resources: [gateways/status, listenersets/status]
  verbs: [patch]
- apiGroups: [gateway.networking.x-k8s.io]
  resources: [xlistenersets/status]
  verbs: [patch]
{{- end }}
- apiGroups: ['']
  resources: [services]
  verbs: [list{{ if .Values.http01.routes }}, get, create, patch, delete{{ end }}]
{{- if .Values.http01.routes }}
- apiGroups: [discovery.k8s.io]
  resources: [endpointslices]
  verbs: [create, patch, delete]
{{- end }}
{{- end -}}

{{/* What is of the cluster and not of a namespace. */}}
{{- define "perennial.clusterRules" -}}
- apiGroups: [perennial.dev]
  resources: [clusterissuers, certificatepolicies]
  verbs: [list, watch]
- apiGroups: [perennial.dev]
  resources: [clusterissuers/status, certificatepolicies/status]
  verbs: [patch]
- apiGroups: ['']
  resources: [namespaces]
  verbs: [list, watch]
{{- if .Values.http01.routes }}
- apiGroups: [networking.k8s.io]
  resources: [ingressclasses]
  verbs: [get]
{{- end }}
{{- if .Values.trustBundles.enabled }}
- apiGroups: [certificates.k8s.io]
  resources: [clustertrustbundles]
  verbs: [get, create, patch, delete]
- apiGroups: [certificates.k8s.io]
  resources: [signers]
  resourceNames: ['clusterissuers.perennial.dev/*']
  verbs: [attest]
{{- end }}
{{- if has "auto" .Values.clusterAddresses }}
- apiGroups: [networking.k8s.io]
  resources: [servicecidrs]
  verbs: [list]
- apiGroups: ['']
  resources: [nodes]
  verbs: [list]
{{- end }}
{{- with .Values.dns01.webhookGroups }}
- apiGroups: {{ toJson . }}
  resources: ['*']
  verbs: [create]
{{- end }}
{{- end -}}
