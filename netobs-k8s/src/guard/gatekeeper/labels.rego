package netobsnamespacelabels

violation[{"msg": label.lacking}] {
  staying
  label := input.parameters.labels[_]
  label.required
  touched(label.key)
  not has_allowed(label, now)
}

violation[{"msg": label.changing}] {
  staying
  label := input.parameters.labels[_]
  counted(label)
  lost(label)
}

staying {
  not is_deletion
  not input.review.object.metadata.deletionTimestamp
}

# Gatekeeper gives what is deleted as the object, too.
is_deletion {
  input.review.operation == "DELETE"
}

is_update {
  input.review.operation == "UPDATE"
}

now = labels {
  labels := object.get(input.review.object.metadata, "labels", {})
}

before = labels {
  is_update
  labels := object.get(input.review.oldObject.metadata, "labels", {})
}

touched(_) {
  not is_update
}

touched(key) {
  object.get(now, key, null) != object.get(before, key, null)
}

has_allowed(label, labels) {
  allowed(label, labels[label.key])
}

allowed(label, _) {
  count(label.values) == 0
}

allowed(label, value) {
  value == label.values[_]
}

counted(label) {
  label.required
  has_allowed(label, before)
}

counted(label) {
  not label.required
  has(before, label.key)
}

lost(label) {
  not has(now, label.key)
}

lost(label) {
  label.fixed
  object.get(now, label.key, null) != object.get(before, label.key, null)
}

has(labels, key) {
  _ = labels[key]
}
