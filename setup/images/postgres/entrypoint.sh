#!/bin/sh
# As root: give the data to postgres and become postgres. Makes a cluster where there is none, and then starts what was asked for. Knows of
# the official image's variables POSTGRES_USER, POSTGRES_DB, POSTGRES_PASSWORD and POSTGRES_PASSWORD_FILE; it runs no scripts.
set -eu

case ${1-} in
    -*) set -- postgres "$@" ;;
esac
[ "${1-}" = postgres ] || exec "$@"

if [ "$(id -u)" = 0 ]; then
    install -d -m 700 "$PGDATA"
    find "$PGDATA" /var/run/postgresql ! -user postgres -exec chown postgres {} +
    exec setpriv --reuid postgres --regid postgres --init-groups "$0" "$@"
fi

if [ ! -s "$PGDATA/PG_VERSION" ]; then
    user=${POSTGRES_USER:-postgres}
    database=${POSTGRES_DB:-$user}
    password=${POSTGRES_PASSWORD-}
    [ -z "${POSTGRES_PASSWORD_FILE-}" ] || password=$(cat "$POSTGRES_PASSWORD_FILE")
    if [ -z "$password" ]; then
        echo "There is no data, and no password for a new cluster: set POSTGRES_PASSWORD_FILE" >&2
        exit 1
    fi
    file=$(mktemp)
    echo "$password" > "$file"
    initdb --username "$user" --pwfile "$file" --auth-host scram-sha-256 --auth-local trust -E UTF8
    rm -f "$file"
    echo 'host all all all scram-sha-256' >> "$PGDATA/pg_hba.conf"
    # In a mode without a server, as nothing may connect yet.
    [ "$database" = postgres ] || echo "CREATE DATABASE \"$database\"" | postgres --single -j -D "$PGDATA" postgres > /dev/null
fi
exec "$@" -c listen_addresses='*'
