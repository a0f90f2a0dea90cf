#!/bin/bash
# What the image of PostgreSQL does on its first start, as far as projects rely on it.
set -eu

if [ ! -s "$PGDATA/PG_VERSION" ]; then
    initdb --pgdata "$PGDATA" --username postgres --pwfile "$POSTGRES_PASSWORD_FILE" --auth scram-sha-256 --no-sync >/dev/null
    pg_ctl --pgdata "$PGDATA" --wait --silent --options "-c listen_addresses='' $(printf '%q ' "${@:2}")" start
    for script in /docker-entrypoint-initdb.d/*; do . "$script"; done
    pg_ctl --pgdata "$PGDATA" --mode fast --wait --silent stop
fi
exec "$@"
