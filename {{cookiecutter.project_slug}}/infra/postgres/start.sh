#!/bin/sh
# Starts PostgreSQL in its container. It takes only a private key that nobody else may read.
set -eu

install -m 600 /run/secrets/postgres_key /tmp/server.key
exec docker-entrypoint.sh postgres -c config_file=/etc/postgresql/postgresql.conf -c hba_file=/etc/postgresql/pg_hba.conf \
    -c ssl_key_file=/tmp/server.key "$@"
