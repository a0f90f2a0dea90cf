#!/bin/sh
# Restores the newest backup into a server that nobody else sees, reads all of it, and says how much is there and how
# long it took. Runs wherever PostgreSQL and the backups' configuration are, as any account but root
# (docs/runbooks/backups.md):
#
#     sh infra/backup/drill.sh [--repo=1]
#
# --repo           1 for the machine's own repository, 2 (usual) for the bucket
# BACKUP_IDENTITY  file of the private key; with it, the newest dump from BACKUP_ARCHIVE is restored as well
set -eu
umask 077

case "$#:${1-}" in
    0:) repository=2 ;;
    1:--repo=[12]) repository=${1#*=} ;;
    *)
        sed -n '6s/^# *//p' "$0" >&2
        exit 2
        ;;
esac

scratch=$(mktemp -d)
finish() {
    [ ! -e "$scratch/data/postmaster.pid" ] || pg_ctl --pgdata="$scratch/data" --mode=immediate --silent stop
    rm -rf "$scratch"
}
trap finish EXIT
trap 'exit 1' HUP INT TERM

# Nothing that a server at work on this machine uses as well.
export PGBACKREST_ARCHIVE_ASYNC=n PGBACKREST_LOCK_PATH="$scratch/lock" PGBACKREST_PG1_PATH="$scratch/data"
export PGHOST="$scratch" PGPORT=5432 PGUSER=postgres
export PGDATABASE="${PGDATABASE:?}"

began=$(date +%s)
pgbackrest --stanza=main --repo="$repository" --archive-mode=off restore
restored=$(date +%s)

cat >"$scratch/postgresql.conf" <<CONF
listen_addresses = ''
unix_socket_directories = '$scratch'
hba_file = '$scratch/pg_hba.conf'
hot_standby = off
fsync = off
CONF
echo 'local all all trust' >"$scratch/pg_hba.conf"
PATH=/usr/lib/postgresql/$(cat "$scratch/data/PG_VERSION")/bin:$PATH
pg_ctl --pgdata="$scratch/data" --options="-c config_file=$scratch/postgresql.conf" --log="$scratch/log" \
    --silent --no-wait start

query() {
    psql --no-psqlrc --quiet --tuples-only --no-align --set=ON_ERROR_STOP=1 --command="$1"
}
# It takes connections when it has replayed all of its log.
until newest=$(query 'SELECT pg_last_xact_replay_timestamp()' 2>/dev/null); do
    sleep 1
    pg_ctl --pgdata="$scratch/data" status >/dev/null || {
        cat "$scratch/log" >&2
        exit 1
    }
done
ready=$(date +%s)

rows="SELECT coalesce(sum((xpath('//n/text()', query_to_xml(format('SELECT count(*) AS n FROM %I.%I', schemaname, tablename),
    false, true, '')))[1]::text::bigint), 0) FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema')"

pg_amcheck --all --install-missing --heapallindexed
found=$(query "$rows")
echo "repository:      $repository"
echo "files restored:  $((restored - began)) s"
echo "log replayed:    $((ready - restored)) s"
echo "newest change:   ${newest:-before the backup}"
echo "size:            $(query 'SELECT pg_size_pretty(pg_database_size(current_database()))')"
echo "rows:            $found"
[ "$found" -gt 0 ] || {
    echo "The database $PGDATABASE is empty." >&2
    exit 1
}

if [ -n "${BACKUP_IDENTITY-}" ]; then
    backup=$(rclone lsf --dirs-only "${BACKUP_ARCHIVE:?}" | sort | tail -n 1)
    rclone copy "$BACKUP_ARCHIVE/$backup" "$scratch/archive"
    (cd "$scratch/archive" && sha256sum --check --quiet SHA256SUMS)
    age --decrypt --identity "$BACKUP_IDENTITY" --output "$scratch/dump" "$scratch/archive/$PGDATABASE.dump.age"
    began=$(date +%s)
    createdb drill
    pg_restore --exit-on-error --dbname=drill "$scratch/dump"
    PGDATABASE=drill
    echo "newest dump:     ${backup%/}"
    echo "dump restored:   $(($(date +%s) - began)) s"
    echo "rows:            $(query "$rows")"
fi
