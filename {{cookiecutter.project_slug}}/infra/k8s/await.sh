#!/bin/sh
# Waits until the rollout of an environment is over, or has come so far that somebody has to promote it:
#
#     sh infra/k8s/await.sh production && sh infra/k8s/promote.sh production
#
# Fails when the new version has failed, or when there were too few requests to tell. Requests went back to the last version
# at once in the first case; in the second a share of them still goes to the new one.
set -eu

namespace=$(sed -n 's/^namespace: //p' "${0%/*}/overlays/$1/kustomization.yaml")
what='{.status.workloadObservedGeneration} {.status.phase} {.status.pauseConditions[*].reason}'
deadline=$(($(date +%s) + ${PATIENCE:-3600}))

while [ "$(date +%s)" -lt "$deadline" ]; do
    generation=$(kubectl --namespace "$namespace" get deployment web --output 'jsonpath={.metadata.generation}')
    state=$(kubectl --namespace "$namespace" get rollout web --output "jsonpath=$what")
    case "$state" in
        "$generation Healthy "*) exit 0 ;;
        "$generation Paused CanaryPauseStep") echo 'waits to be promoted' && exit 0 ;;
        # Paused for no reason: it has been promoted a moment ago.
        "$generation Paused "?* | "$generation Degraded "*) break ;;
    esac
    sleep "${INTERVAL:-5}"
done
echo "the rollout has not succeeded: $state" >&2
exit 1
