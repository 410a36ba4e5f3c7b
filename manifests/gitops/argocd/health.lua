-- Of a TrainingJob, as Argo CD judges a Job: it is healthy once the model is there.
local hs = {status = "Progressing", message = "the operator has not seen it yet"}
local status = obj.status
if status == nil or status.phase == nil or status.observedGeneration ~= obj.metadata.generation then
  return hs
end
hs.message = status.diagnosis
for _, condition in ipairs(status.conditions or {}) do
  if condition.type == "Stalled" and condition.status == "True" then
    hs.status = "Degraded"
  end
end
if status.phase == "Succeeded" then
  hs.status = "Healthy"
elseif status.phase == "Suspended" then
  hs.status = "Suspended"
end
return hs
