#!/bin/sh
# Prints the users of a server for users.acl, or of a Sentinel for sentinel-users.acl:
#
#     APP_PASSWORD=... OPERATOR_PASSWORD=... REPLICATION_PASSWORD=... sh users.sh server shop
#
# shop_app     web and worker processes: the keys of the project, which begin with its name
# replication  replicas, and Sentinels
# operator     people, who may do anything
set -eu

case "$#:${1-}" in
    2:server | 2:sentinel) ;;
    *)
        echo "usage: $0 server|sentinel NAME" >&2
        exit 2
        ;;
esac
name=$2

digest() {
    printf %s "$1" | sha256sum | cut -d ' ' -f 1
}

app=$(digest "${APP_PASSWORD:?}")
operator=$(digest "${OPERATOR_PASSWORD:?}")
replication=$(digest "${REPLICATION_PASSWORD:?}")

if [ "$1" = server ]; then
    # Nothing that takes long, looks at others or changes the server: KEYS, FLUSHALL, CONFIG, DEBUG
    # and the like are dangerous.
    app_may="~$name:* +@read +@write +@connection +@transaction -@dangerous -function"
    app_may="$app_may +eval +evalsha +time +script|load +script|exists"

    # % if cookiecutter.use_redis_cluster
    # Which node has which keys.
    app_may="$app_may +cluster|slots"

    # % endif
    # The data, for replicas. The rest is what Sentinels do with a server, and how they meet there.
    replication_may='+psync +replconf +ping +info +role +multi +exec +slaveof +config|rewrite'
    replication_may="$replication_may +client|kill +client|setname +script|kill +subscribe +publish &*"
else
    app_may='+@connection -@dangerous +sentinel|masters +sentinel|master +sentinel|replicas'
    app_may="$app_may +sentinel|slaves +sentinel|sentinels +sentinel|get-master-addr-by-name"
    replication_may='+ping +info +role +client|setname +publish +sentinel|is-master-down-by-addr &*'
fi

cat <<USERS
user default off
user ${name}_app on #$app $app_may
user replication on #$replication $replication_may
user operator on #$operator ~* &* +@all
USERS
