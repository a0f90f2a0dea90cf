#!/bin/sh
# Prints a fresh token of this job for an audience, as kubectl wants it. GitHub's live for minutes: kubectl asks again.
set -eu

answer=$(curl --fail --silent --show-error --header "Authorization: bearer $ACTIONS_ID_TOKEN_REQUEST_TOKEN" \
    "$ACTIONS_ID_TOKEN_REQUEST_URL&audience=$1")
token=$(printf '%s' "$answer" | sed -n 's/.*"value" *: *"\([^"]*\)".*/\1/p')
[ -n "$token" ] || {
    echo 'GitHub gave no token' >&2
    exit 1
}
printf '{"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential", "status": {"token": "%s"}}\n' "$token"
