#!/bin/sh
# What `make backup` and `make restore` do where the project runs in Compose:
#
#     sh infra/backup/compose.sh backup
#     sh infra/backup/compose.sh restore [OPTIONS OF restore.sh]
set -eu
umask 077

case ${1-} in
    backup)
        # In a file, so that half an export is none; by a process that has little to do, and is of the release that runs.
        export=$(mktemp)
        trap 'rm -f "$export"' EXIT
        trap 'exit 1' HUP INT TERM
        docker compose exec -T scheduler python manage.py export >"$export"
        docker compose exec -T --user postgres postgres sh /backup/backup.sh <"$export"
        ;;
    restore)
        shift
        docker compose run --rm --no-deps --user postgres --entrypoint sh postgres /backup/restore.sh "$@"
        ;;
    *)
        sed -n '4,5s/^# *//p' "$0" >&2
        exit 2
        ;;
esac
