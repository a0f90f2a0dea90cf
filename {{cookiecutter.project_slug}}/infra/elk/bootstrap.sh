#!/bin/sh
# Tells Elasticsearch how logs are stored and who may add to them, and Kibana how they are shown. It may be
# run again, to bring what has changed:
#
#     ELASTICSEARCH_URL=https://... KIBANA_URL=http://... CURL_CA_BUNDLE=ca.crt \
#     ELASTIC_PASSWORD=... KIBANA_PASSWORD=... LOGSTASH_PASSWORD=... sh infra/elk/bootstrap.sh
#
# PATIENCE is the number of seconds to wait for each of the two.
set -eu

name={{ cookiecutter.project_slug }}
here=$(cd "$(dirname "$0")" && pwd)
elasticsearch=${ELASTICSEARCH_URL:?}
kibana=${KIBANA_URL:?}
patience=${PATIENCE:-180}

quoted() {
    printf %s "$1" | sed 's/[\\"]/\\&/g'
}

# The password in a file, since everybody on a machine can read the arguments of a program.
login=$(mktemp)
trap 'rm -f "$login"' EXIT
printf 'user = "elastic:%s"\n' "$(quoted "${ELASTIC_PASSWORD:?}")" >"$login"

call() {
    curl --config "$login" --silent --show-error --fail-with-body "$@"
}

wait_for() {
    seconds=$patience
    until call "$1" >/dev/null 2>&1; do
        seconds=$((seconds - 1))
        [ "$seconds" -gt 0 ] || {
            call "$1"
            exit 1
        }
        sleep 1
    done
}

# METHOD PATH: with what is on standard input
tell() {
    echo "$1 $2"
    answer=$(call --request "$1" --header 'Content-Type: application/json' --data-binary @- "$elasticsearch/$2") || {
        echo "$answer" >&2
        exit 1
    }
}

password() {
    printf '{"password": "%s"%s}' "$(quoted "$1")" "${2-}"
}

wait_for "$elasticsearch/_cluster/health?wait_for_status=yellow&timeout=1s"
tell PUT "_ilm/policy/$name-logs" <"$here/elasticsearch/lifecycle.json"
tell PUT "_component_template/$name-fields" <"$here/elasticsearch/fields.json"
tell PUT "_index_template/$name-logs" <"$here/elasticsearch/index-template.json"
tell PUT "_security/role/${name}_logstash" <"$here/elasticsearch/logstash-role.json"
password "${LOGSTASH_PASSWORD:?}" ", \"roles\": [\"${name}_logstash\"]" |
    tell PUT "_security/user/${name}_logstash"
password "${KIBANA_PASSWORD:?}" | tell PUT _security/user/kibana_system/_password

wait_for "$kibana/api/status"
echo "POST api/saved_objects/_import"
answer=$(call --header 'kbn-xsrf: true' --form "file=@$here/kibana/saved-objects.ndjson" \
    "$kibana/api/saved_objects/_import?overwrite=true")
case $answer in
    *'"success":true'*) ;;
    *)
        echo "$answer" >&2
        exit 1
        ;;
esac
