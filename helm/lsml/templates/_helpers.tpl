{{/* The name that every object of this release begins with. */}}
{{- define "lsml.fullname" -}}
{{- if contains .Chart.Name .Release.Name -}}
{{ .Release.Name | trunc 50 | trimSuffix "-" }}
{{- else -}}
{{ printf "%s-%s" .Release.Name .Chart.Name | trunc 50 | trimSuffix "-" }}
{{- end -}}
{{- end -}}

{{- define "lsml.operatorName" -}}
{{ include "lsml.fullname" . }}-operator
{{- end -}}

{{- define "lsml.serviceAccountName" -}}
{{- if .Values.serviceAccount.create -}}
{{ .Values.serviceAccount.name | default (include "lsml.operatorName" .) }}
{{- else -}}
{{ .Values.serviceAccount.name | required "serviceAccount.create is false: set serviceAccount.name to the one to use" }}
{{- end -}}
{{- end -}}

{{/* What finds the operator's pods: these labels never change. */}}
{{- define "lsml.selectorLabels" -}}
app.kubernetes.io/name: lsml
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: operator
{{- end -}}

{{- define "lsml.labels" -}}
{{ include "lsml.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version | replace "+" "_" }}
{{- end -}}

{{/* An image reference, of (dict "image" IMAGE "context" .). */}}
{{- define "lsml.image" -}}
{{- if .image.digest -}}
{{ .image.repository }}@{{ .image.digest }}
{{- else -}}
{{ .image.repository }}:{{ .image.tag | default .context.Chart.AppVersion }}
{{- end -}}
{{- end -}}

{{/* In CEL: whether VALUE is one of the PATTERNS, of which one with * at its end means what begins so. */}}
{{- define "lsml.matches" -}}
{{ toJson .patterns }}.exists(p, p.endsWith('*') ? {{ .value }}.startsWith(p.replace('*', '')) : {{ .value }} == p)
{{- end -}}

{{- /* To DNS, and to the API server behind its Service. */ -}}
{{- define "lsml.egressToApiServer" -}}
- ports:
    - {port: 53, protocol: UDP}
    - {port: 53, protocol: TCP}
- ports:
    {{- range .Values.networkPolicy.apiServerPorts }}
    - {port: {{ . }}, protocol: TCP}
    {{- end }}
{{- end -}}
