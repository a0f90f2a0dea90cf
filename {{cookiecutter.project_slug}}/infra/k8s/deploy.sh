#!/bin/sh
# Puts an image in charge of an environment: the one that APP_IMAGE names, in the cluster that kubectl talks to. Ends as
# await.sh does.
#
#     APP_IMAGE=registry.example.com/shop@sha256:... sh infra/k8s/deploy.sh production
set -eu

here=${0%/*}
manifests=$(sh "$here/render.sh" "$@")
namespace=$(sed -n 's/^namespace: //p' "$here/overlays/$1/kustomization.yaml")

apply() {
    printf '%s\n' "$manifests" |
        kubectl apply --server-side --force-conflicts --filename - --selector "app.kubernetes.io/component $1"
}

# A Job cannot be changed.
kubectl --namespace "$namespace" delete job migrate redis-create --ignore-not-found
# The schema first: a version understands the next one's, but not the one before.
apply 'notin (web, worker, scheduler)'
kubectl --namespace "$namespace" wait --for=condition=complete --timeout=30m job/migrate
apply 'in (web, worker, scheduler)'
for name in worker-critical worker-emails worker-analytics scheduler; do
    kubectl --namespace "$namespace" rollout status --timeout=10m "deployment/$name"
done
exec sh "$here/await.sh" "$1"
