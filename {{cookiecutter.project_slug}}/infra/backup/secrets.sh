#!/bin/sh
# Makes what is secret, in the folder secrets/ beside this file: pgbackrest.conf with the passwords of both repositories,
# and a pair of keys for dumps and exports. What is there already stays. Containers read single files under accounts of
# their own: so everybody may read these, but only their owner gets into the folder.
#
# % if cookiecutter.object_storage == "s3"
#     AWS_ACCESS_KEY_ID=... AWS_SECRET_ACCESS_KEY=... sh infra/backup/secrets.sh
# % endif
# % if cookiecutter.object_storage == "gcs"
#     sh infra/backup/secrets.sh
# % endif
set -eu

umask 022
mkdir -p "$(dirname "$0")/secrets"
cd "$(dirname "$0")/secrets"
chmod 700 .

password() {
    openssl rand -base64 48
}

[ -e pgbackrest.conf ] || cat >pgbackrest.conf <<CONF
[global]
repo1-cipher-pass=$(password)
repo2-cipher-pass=$(password)
# % if cookiecutter.object_storage == "s3"
repo2-s3-key=${AWS_ACCESS_KEY_ID:?}
repo2-s3-key-secret=${AWS_SECRET_ACCESS_KEY:?}
# % endif
CONF

# % if cookiecutter.object_storage == "s3"
# For rclone, which reads what the command line of AWS reads.
[ -e aws.ini ] || cat >aws.ini <<INI
[default]
aws_access_key_id = ${AWS_ACCESS_KEY_ID:?}
aws_secret_access_key = ${AWS_SECRET_ACCESS_KEY:?}
INI

# % endif
[ -e identity.txt ] || [ -e recipients.txt ] || age-keygen --output identity.txt 2>/dev/null
[ -e recipients.txt ] || age-keygen -y identity.txt >recipients.txt
