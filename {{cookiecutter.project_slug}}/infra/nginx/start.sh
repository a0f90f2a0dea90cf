#!/bin/sh
# What runs Nginx: with a certificate of its own making until there is a better one, and with every new one soon
# after it is there.
#
#     sh /etc/nginx/site/start.sh
set -eu
configuration=$(cd "$(dirname "$0")" && pwd)/nginx.conf
certificate=${CERTIFICATE:-/etc/nginx/certificates/site.pem}
loaded=${LOADED:-/tmp/certificate-loaded}

if [ ! -e "$certificate" ]; then
    umask 077
    # Nobody trusts it: it lets Nginx start, and answer whoever gives out a real one.
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc -days 3650 -subj /CN=placeholder \
        -keyout "$certificate.key" -out "$certificate.crt"
    cat "$certificate.key" "$certificate.crt" >"$certificate.new"
    rm "$certificate.key" "$certificate.crt"
    mv "$certificate.new" "$certificate"
fi

touch "$loaded"
while sleep "${LOOK_EVERY:-60}" && kill -0 "$$"; do
    if [ -n "$(find "$certificate" -newer "$loaded")" ]; then
        touch "$loaded.new"
        # Until Nginx can read it, or the next one: the loop outlives a reload that fails.
        nginx -c "$configuration" -s reload && mv "$loaded.new" "$loaded"
    fi
done &

exec nginx -c "$configuration" -g 'daemon off;'
