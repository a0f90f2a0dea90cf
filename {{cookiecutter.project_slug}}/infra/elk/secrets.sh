#!/bin/sh
# Makes what is secret, in the folder secrets/ beside this file or in another: passwords in elk.env, an
# authority and certificates in its name for Elasticsearch and Logstash. What is there already stays.
#
#     sh infra/elk/secrets.sh [FOLDER]
#
# NAMES are further names under which Logstash is reached from outside, comma-separated: DNS:logs.example.com
#
# Each container is given single files, and reads them under an account of its own. So everybody may read the files, but
# only their owner gets into the folder.
set -eu

folder=${1:-$(dirname "$0")/secrets}
days=825
umask 022
mkdir -p "$folder"
chmod 700 "$folder"
cd "$folder"

password() {
    openssl rand -hex 24
}

[ -e elk.env ] || cat >elk.env <<ENV
ELASTIC_PASSWORD=$(password)
KIBANA_PASSWORD=$(password)
LOGSTASH_PASSWORD=$(password)
KIBANA_ENCRYPTION_KEY=$(password)
ENV

[ -e ca.key ] || openssl req -x509 -newkey rsa:3072 -nodes -sha256 -days 3650 -subj "/CN=Logs" \
    -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign,cRLSign \
    -keyout ca.key -out ca.crt 2>/dev/null

certify() {
    [ ! -e "$1.key" ] || return 0
    openssl req -newkey rsa:3072 -nodes -sha256 -subj "/CN=$1" -keyout "$1.key" -out "$1.csr" 2>/dev/null
    printf 'subjectAltName=DNS:%s,DNS:localhost,IP:127.0.0.1%s\n' "$1" "${2:+,$2}" >"$1.ext"
    openssl x509 -req -in "$1.csr" -sha256 -days "$days" -extfile "$1.ext" \
        -CA ca.crt -CAkey ca.key -CAcreateserial -out "$1.crt" 2>/dev/null
    chmod 644 "$1.key"
    rm "$1.csr" "$1.ext"
}

certify elasticsearch
certify logstash "${NAMES-}"
