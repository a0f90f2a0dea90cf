#!/bin/sh
# Makes the database and its roles when the container starts for the first time; may be run again after a password has
# changed.
APP_PASSWORD=$(cat /run/secrets/app_database_password) MIGRATOR_PASSWORD=$(cat /run/secrets/migrator_database_password) \
    psql --no-psqlrc --quiet --username postgres --set "name=$DATABASE_NAME" --file /etc/postgresql/roles.sql postgres
