#!/bin/sh
# Prints the manifests of an environment, with the image that APP_IMAGE names:
#
#     APP_IMAGE=registry.example.com/shop@sha256:... sh infra/k8s/render.sh production
#
# Files of the other folders of infra/ become ConfigMaps, which kustomize has to be allowed.
set -eu

[ $# -eq 1 ] && [ -d "${0%/*}/overlays/$1" ] || {
    echo "usage: APP_IMAGE=... sh $0 staging|production" >&2
    exit 2
}
image=${APP_IMAGE:?}
manifests=$(kubectl kustomize --load-restrictor LoadRestrictionsNone "${0%/*}/overlays/$1")
printf '%s\n' "$manifests" | sed "s|^\( *\(- \)\{0,1\}image:\) app\$|\1 $image|"
