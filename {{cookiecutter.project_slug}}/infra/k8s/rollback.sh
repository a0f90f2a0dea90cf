#!/bin/sh
# Back to the version before, at once: `make rollback`. Requests first, then the workers.
set -eu

namespace=$(sed -n 's/^namespace: //p' "${0%/*}/overlays/production/kustomization.yaml")
for name in web worker-critical worker-emails worker-analytics scheduler; do
    kubectl --namespace "$namespace" rollout undo "deployment/$name"
done
