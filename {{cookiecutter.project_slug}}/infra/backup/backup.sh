#!/bin/sh
# Backs up the database in three formats and checks each: the files of the server, a dump, and the export that
# arrives on standard input. Runs on the database's server, as its account (docs/runbooks/backups.md):
#
#     sh infra/backup/backup.sh <export.jsonl
#
# BACKUP_ARCHIVE     where rclone puts dumps and exports
# BACKUP_RECIPIENTS  file of the public keys that these are encrypted for
# BACKUP_TEXTFILE    file in which Prometheus is told of success
set -eu
umask 077

database=${PGDATABASE:?} archive=${BACKUP_ARCHIVE:?} recipients=${BACKUP_RECIPIENTS:?} textfile=${BACKUP_TEXTFILE:?}
export PGBACKREST_STANZA=main

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM

cat >"$work/$database.jsonl"
[ -s "$work/$database.jsonl" ] || {
    echo 'The export on standard input is empty.' >&2
    exit 1
}

pgbackrest stanza-create
pgbackrest check
for repository in 1 2; do
    pgbackrest --repo="$repository" --type=full backup
done
# What is near is read again whole; what is far, by drill.sh.
pgbackrest --repo=1 --output=text --verbose verify >"$work/verified"
cat "$work/verified"
# The status of the command says only that it could look.
grep -q '^status: ok' "$work/verified" || {
    echo 'A backup in repository 1 is damaged.' >&2
    exit 1
}

pg_dump --format=custom --file="$work/$database.dump"
pg_restore --list "$work/$database.dump" >/dev/null

now=$(date -u +%Y%m%dT%H%M%SZ)
mkdir "$work/$now"
for file in "$database.dump" "$database.jsonl"; do
    age --encrypt --recipients-file "$recipients" --output "$work/$now/$file.age" "$work/$file"
done
(cd "$work/$now" && sha256sum -- *.age >SHA256SUMS)
rclone copy "$work/$now" "$archive/$now"
rclone check --download "$work/$now" "$archive/$now"

echo "backup_last_success_timestamp_seconds $(date +%s)" >"$textfile.new"
chmod 644 "$textfile.new"
mv "$textfile.new" "$textfile"
