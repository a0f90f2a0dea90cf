#!/bin/sh
# Asks Let's Encrypt for the certificate of the domain, and for the next one in time, as long as it runs:
#
#     DOMAIN=... ACME_EMAIL=... sh certificate.sh
#
# As the account that runs Nginx, with certbot, and two folders that Nginx has as well: the one where Let's Encrypt
# finds the proof, and the one where Nginx finds the certificate. ACME_SERVER names another authority, such as
# https://acme-staging-v02.api.letsencrypt.org/directory to try it out.
set -eu
: "${DOMAIN:?}" "${ACME_EMAIL:?}"
certificate=${CERTIFICATE:-/etc/nginx/certificates/site.pem}
webroot=${WEBROOT:-/var/www/acme}
state=${STATE:-/var/lib/acme} # The account, and all certificates: keep it.
umask 077

obtain() {
    certbot certonly --non-interactive --agree-tos --email "$ACME_EMAIL" \
        --server "${ACME_SERVER:-https://acme-v02.api.letsencrypt.org/directory}" \
        --webroot --webroot-path "$webroot" --domain "$DOMAIN" --cert-name site --keep-until-expiring \
        --config-dir "$state" --work-dir "$state/work" --logs-dir "$state/log" || return
    # One file, so that Nginx never sees a key with the certificate of another.
    cat "$state/live/site/privkey.pem" "$state/live/site/fullchain.pem" >"$certificate.new" || return
    cmp -s "$certificate.new" "$certificate" || mv "$certificate.new" "$certificate"
}

trap 'exit 0' TERM INT
while :; do
    # No more often after a failure: Let's Encrypt allows for five an hour.
    if obtain; then pause=43200; else pause=3600; fi
    sleep "$pause" &
    wait "$!"
done
