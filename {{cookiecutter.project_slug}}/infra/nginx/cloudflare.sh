#!/bin/sh
# Prints cloudflare.conf with the addresses that Cloudflare has now:
#
#     sh infra/nginx/cloudflare.sh >cloudflare.new && mv cloudflare.new infra/nginx/cloudflare.conf
#
# Look at the difference, then let Nginx reload.
set -eu
source=${1:-https://www.cloudflare.com}

answer=$(curl --fail --silent --show-error --location --write-out '\n' "$source/ips-v4" "$source/ips-v6")
ranges=$(printf '%s\n' "$answer" | grep .)
# Whatever else may have come: only networks are to be believed.
if printf '%s\n' "$ranges" | grep -qvE '^[0-9a-f.:]+/[0-9]+$' || [ "$(printf '%s\n' "$ranges" | wc -l)" -lt 10 ]; then
    echo "$source does not answer with networks" >&2
    exit 1
fi

cat <<'HEAD'
# Whom Nginx believes who the client is: Cloudflare, by the addresses it publishes. Written by cloudflare.sh.
real_ip_header CF-Connecting-IP;
HEAD
printf '%s\n' "$ranges" | sed 's/.*/set_real_ip_from &;/'
