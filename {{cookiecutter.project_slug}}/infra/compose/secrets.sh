#!/bin/sh
# Makes what is secret, in the folders secrets/ of the project and of its parts: keys, passwords, the addresses and users
# that contain them, an authority each for the database and for Redis, and certificates. What is there already stays.
#
#     sh infra/compose/secrets.sh
#
# Each container is given single files, and reads them under an account of its own. So everybody may read the files, but
# only their owner gets into the folder.
set -eu

name={{ cookiecutter.project_slug }}
days=825
infra=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)

enter() {
    mkdir -p "$1"
    chmod 700 "$1"
    cd "$1"
}

# A file is written as a whole or not at all, and once.
write() {
    [ -e "$1" ] || { printf '%s\n' "$2" >"$1.new" && mv "$1.new" "$1"; }
}

password() {
    openssl rand -hex 32
}

authority() {
    [ -e "$1.crt" ] || openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 3650 -subj "/CN=$1" \
        -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign,cRLSign \
        -keyout "$1.key" -out "$1.crt" 2>/dev/null
}

# In the name of an authority, for a server and the names it goes by.
certify() {
    authority=$1 server=$2
    [ ! -e "$server.crt" ] || return 0
    shift
    openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=$server" -keyout "$server.key" -out "$server.csr" 2>/dev/null
    echo "subjectAltName=DNS:localhost$(printf ',DNS:%s' "$@")" >"$server.ext"
    openssl x509 -req -in "$server.csr" -sha256 -days "$days" -extfile "$server.ext" \
        -CA "$authority.crt" -CAkey "$authority.key" -CAcreateserial -out "$server.crt" 2>/dev/null
    chmod 644 "$server.key"
    rm "$server.csr" "$server.ext"
}

umask 022
enter "$infra/../secrets"

for secret in app_secret_key app_jwt_signing_key app_payment_webhook_secret postgres_password \
    app_database_password migrator_database_password redis_password redis_operator_password; do
    write "$secret" "$(password)"
done

authority database_ca
certify database_ca postgres
postgres="$name?sslmode=verify-full&sslrootcert=/run/secrets/database_ca"
write migrator_database_url "postgresql://${name}_migrator:$(cat migrator_database_password)@postgres:5432/$postgres"
# % if cookiecutter.use_pgbouncer
certify database_ca pgbouncer
write pgbouncer_password "$(password)"
write pgbouncer_users "\"pgbouncer\" \"$(cat pgbouncer_password)\""
write database_url "postgresql://${name}_app:$(cat app_database_password)@pgbouncer:6432/$postgres"

# % endif
# % if not cookiecutter.use_pgbouncer
write database_url "postgresql://${name}_app:$(cat app_database_password)@postgres:5432/$postgres"

# % endif
authority redis_ca
write redis_replication_password "$(password)"
write redis_users "$(APP_PASSWORD=$(cat redis_password) OPERATOR_PASSWORD=$(cat redis_operator_password) \
    REPLICATION_PASSWORD=$(cat redis_replication_password) sh "$infra/redis/users.sh" server "$name")"
# % if cookiecutter.use_redis_cluster
certify redis_ca redis redis-1 redis-2 redis-3 redis-4 redis-5 redis-6
write redis_masterauth "masterauth $(cat redis_replication_password)"
redis=rediss+cluster://${name}_app:$(cat redis_password)@redis-1:6379,redis-2:6379,redis-3:6379
# % endif
# % if not cookiecutter.use_redis_cluster
certify redis_ca redis
redis=rediss://${name}_app:$(cat redis_password)@redis:6379
# % endif
write redis_url "$redis?ssl_ca_certs=/run/secrets/redis_ca"

# Nginx and certbot write here, under an account of their own.
mkdir -p acme/state acme/webroot certificates
chmod 1777 acme/state acme/webroot certificates

# The mail catcher of compose.yaml, until there is a real server: smtp://user:password@host:587
write email_url smtp://mailpit:1025

# % if cookiecutter.use_elk
sh "$infra/elk/secrets.sh"

# % endif
enter "$infra/monitoring/secrets"
write grafana_admin_password "$(password)"
# Whoever is to be called puts a key, an address here.
write pagerduty_routing_key ''
write slack_webhook_url ''
