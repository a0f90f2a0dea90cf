#!/bin/sh
# Back to the version before, at once: `make rollback`.
set -eu

namespace=$(sed -n 's/^namespace: //p' "${0%/*}/overlays/production/kustomization.yaml")
versions=$(kubectl --namespace "$namespace" get rollout web --output 'jsonpath={.status.currentPodHash} {.status.stableRS}')
kubectl --namespace "$namespace" rollout undo deployment web worker-critical worker-emails worker-analytics scheduler

# If the last version was still being tried, its requests go back to the one before by themselves.
[ "${versions% *}" = "${versions#* }" ] || exit 0

# Otherwise that one skips all steps, which `kubectl argo rollouts promote web --full` does as well: it gets the requests once
# all of its pods are there, and none before.
generation=$(kubectl --namespace "$namespace" get deployment web --output 'jsonpath={.metadata.generation}')
kubectl --namespace "$namespace" wait rollout/web --for="jsonpath={.status.workloadObservedGeneration}=$generation" --timeout=30s
kubectl --namespace "$namespace" patch rollout web --subresource=status --type=merge --patch '{"status": {"promoteFull": true}}'
