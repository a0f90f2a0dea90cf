#!/bin/sh
# Gives the version that waits in an environment all of its requests, and ends as await.sh does. It is what
# `kubectl argo rollouts promote web` does, where that is not installed:
#
#     sh infra/k8s/promote.sh production
set -eu

here=${0%/*}
namespace=$(sed -n 's/^namespace: //p' "$here/overlays/$1/kustomization.yaml")
reason=$(kubectl --namespace "$namespace" get rollout web --output 'jsonpath={.status.pauseConditions[*].reason}')
[ "$reason" = CanaryPauseStep ] || {
    echo "no version waits to be promoted: ${reason:-nothing is paused}" >&2
    exit 1
}
kubectl --namespace "$namespace" patch rollout web --subresource=status --type=merge --patch '{"status": {"pauseConditions": null}}'
exec sh "$here/await.sh" "$1"
