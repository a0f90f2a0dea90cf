#!/bin/sh
# Restores the files of the server, as its account and while it is stopped; it replays its log when it is started next
# (docs/runbooks/restore.md):
#
#     sh infra/backup/restore.sh [--target='2026-01-01 12:00:00+00'] [--repo=2] [--overwrite]
#
# --target     the moment to go back to; without it, everything that was archived
# --repo       1 for the machine's own repository, 2 for the bucket
# --overwrite  replace what the folder of data holds
set -eu

usage() {
    sed -n '5s/^# *//p' "$0" >&2
    exit 2
}

overwrite=''
target=''
repository=1
for option; do
    case $option in
        --target=?*) target=${option#*=} ;;
        --repo=[12]) repository=${option#*=} ;;
        --overwrite) overwrite=yes ;;
        *) usage ;;
    esac
done

pgbackrest --stanza=main --repo="$repository" ${overwrite:+--delta} \
    ${target:+--type=time "--target=$target" --target-action=promote} restore || {
    [ -n "$overwrite" ] || echo 'Data that are there already are replaced with --overwrite only.' >&2
    exit 1
}
