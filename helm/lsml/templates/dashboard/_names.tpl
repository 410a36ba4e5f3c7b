{{- define "lsml.dashboardName" -}}
{{ include "lsml.fullname" . }}-dashboard
{{- end -}}

{{- define "lsml.dashboardSelectorLabels" -}}
app.kubernetes.io/name: lsml
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: dashboard
{{- end -}}

{{- define "lsml.dashboardLabels" -}}
{{ include "lsml.dashboardSelectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version | replace "+" "_" }}
{{- end -}}
