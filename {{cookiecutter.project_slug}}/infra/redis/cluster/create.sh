#!/bin/sh
# Makes six running servers a cluster, of three masters with a replica each, and waits until all of it
# works. It may be run again, and then only waits:
#
#     OPERATOR_PASSWORD=... sh create.sh redis-1.example.com:6379 redis-2.example.com:6379 ...
#
# CA_FILE names the authority of the certificates, and PATIENCE the seconds to wait for each step.
set -eu

[ $# -eq 6 ] || {
    echo "usage: $0 HOST:PORT, six times" >&2
    exit 2
}
export REDISCLI_AUTH="${OPERATOR_PASSWORD:?}"
ca=${CA_FILE:-/etc/redis/tls/ca.crt}
patience=${PATIENCE:-60}

cli() {
    redis-cli --tls --cacert "$ca" --user operator --no-auth-warning "$@"
}

ask() {
    node=$1
    shift
    cli -h "${node%:*}" -p "${node##*:}" "$@" 2>&1 | tr -d '\r'
}

answers() {
    [ "$(ask "$1" PING)" = PONG ]
}

is_alone() {
    ask "$1" CLUSTER INFO | grep -qx cluster_known_nodes:1
}

# All may be well before replicas have joined, and one that never had the data cannot take over.
works() {
    [ "$(ask "$1" CLUSTER INFO | grep -cxE 'cluster_(state:ok|slots_ok:16384)')" = 2 ] &&
        [ "$(ask "$1" CLUSTER NODES | grep -c '[ ,]slave .* connected$')" -ge 3 ] &&
        ask "$1" INFO replication | grep -qxE 'role:master|master_link_status:up'
}

wait_until() {
    seconds=$patience
    until "$@"; do
        seconds=$((seconds - 1))
        [ "$seconds" -gt 0 ] || {
            echo "after $patience seconds still not true: $*" >&2
            exit 1
        }
        sleep 1
    done
}

for server; do wait_until answers "$server"; done

alone=0
for server; do
    if is_alone "$server"; then alone=$((alone + 1)); fi
done
case $alone in
    6) cli --cluster create "$@" --cluster-replicas 1 --cluster-yes ;;
    0) ;;
    *)
        echo "$alone of these servers are in no cluster, the others are: nothing was changed" >&2
        exit 1
        ;;
esac

for server; do wait_until works "$server"; done
