#!/bin/sh
# Lets PgBouncer in when the container of PostgreSQL starts for the first time, after its own init.sh.
PGBOUNCER_PASSWORD=$(cat /run/secrets/pgbouncer_password) \
    psql --no-psqlrc --quiet --username postgres --set "name=$DATABASE_NAME" --file /etc/postgresql/auth.sql postgres
