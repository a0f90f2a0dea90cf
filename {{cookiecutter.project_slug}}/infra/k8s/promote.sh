#!/bin/sh
# Gives the version that waits in an environment all of its requests, and ends when it has them. It is what
# `kubectl argo rollouts promote web` does, where that is not installed:
#
#     sh infra/k8s/promote.sh production
set -eu

namespace=$(sed -n 's/^namespace: //p' "${0%/*}/overlays/$1/kustomization.yaml")
reason=$(kubectl --namespace "$namespace" get rollout web --output 'jsonpath={.status.pauseConditions[*].reason}')
[ "$reason" = CanaryPauseStep ] || {
    echo "no version waits to be promoted: ${reason:-nothing is paused}" >&2
    exit 1
}
kubectl --namespace "$namespace" patch rollout web --subresource=status --type=merge --patch '{"status": {"pauseConditions": null}}'
# await.sh might still see it paused.
exec kubectl --namespace "$namespace" wait rollout/web --for='jsonpath={.status.phase}=Healthy' --timeout=20m
