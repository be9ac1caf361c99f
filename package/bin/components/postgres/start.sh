#!/bin/sh
# Makes the database where there is none, gives its roles the passwords of this deployment, and becomes the server.
#
# Arguments: the folder of the volume, the folder in it in which a restore works, the file of a dump at the top of an empty volume, the folder
# for the socket, the file with what Postgres needs to recognize passwords, the statements for roles and database, and options of the server.
#
# Every step ends in a rename, so whenever the container is killed, the next start begins that step again. No client can connect before a new
# database is complete.
set -eu
data=$1 area=$2 dump=$3 run=$4 secrets=$5 statements=$6; shift 6
cluster=$data/cluster new=$data/cluster.new prepared=$run/prepared

say() { echo "open-webui: $*" >&2; }
refuse() { say "$1"; say "to do: $2"; exit 1; }

for phase in out in back; do
  [ ! -e "$area/phase.$phase" ] ||
    refuse 'a restore was killed half-way, so this volume has half of one data and half of another. Nothing was started.' \
      'npm run up -- --stack NAME brings back the data from before the restore'
done
[ ! -e "$data/PG_VERSION" ] ||
  refuse 'another program has made the database in this volume, with roles of its own. Nothing was changed.' \
    'choose another database.volume; to use the database in there, run its own Postgres and name that in database.url'

major=$(postgres --version | sed -n 's/^postgres (PostgreSQL) \([0-9]*\).*/\1/p')
if [ -e "$cluster/PG_VERSION" ] && [ "$(cat "$cluster/PG_VERSION")" != "$major" ]; then
  refuse "this is Postgres $major, and Postgres $(cat "$cluster/PG_VERSION") has written this data, which no other major version reads. Nothing was changed." \
    "set database.image to Postgres $(cat "$cluster/PG_VERSION") again; docs/database.md says how data moves to another major version"
fi

# Only who is inside this container gets in without a password, by way of the socket, and only as one of these two.
cat > "$run/pg_hba.conf" << 'END'
local all postgres,operations peer map=inside
host all open_webui,operations all scram-sha-256
END
cat > "$run/pg_ident.conf" << 'END'
inside postgres postgres
inside postgres operations
END
set -- -c hba_file="$run/pg_hba.conf" -c ident_file="$run/pg_ident.conf" "$@"

sql() { psql --no-psqlrc --quiet --tuples-only --no-align --host "$socket" --username postgres --set ON_ERROR_STOP=1 "$@"; }
prepare() {
  until sql --command 'select' postgres > /dev/null 2>&1; do
    [ -z "${1-}" ] || kill -0 "$1" 2> /dev/null || return 1
    sleep 0.1
  done
  { cat "$secrets"; printf '%s\n' "$statements"; } | sql --dbname postgres > /dev/null
}

create() {
  rm -rf "$new"
  say "making a database of Postgres $major"
  initdb --pgdata "$new" --username postgres --auth-local peer --auth-host scram-sha-256 --encoding UTF8 --locale C.UTF-8 \
    --data-checksums --no-instructions > /dev/null
  # A socket of its own: nothing takes this server for the real one.
  socket=$run/making
  mkdir -p "$socket"
  postgres -D "$new" "$@" -c listen_addresses= -c unix_socket_directories="$socket" &
  server=$!
  prepare "$server" || refuse 'the new database did not start; Postgres says above why' 'free memory or disk space; the next start tries again'
  if [ -e "$dump" ]; then
    say 'filling it from a backup'
    # Its role has no right to the extension, which is there already.
    pg_restore --host "$socket" --username postgres --dbname open_webui --role open_webui --no-owner --no-privileges --no-comments \
      --exit-on-error "$dump" || refuse 'the dump could not be restored; pg_restore says above why' 'restore another backup'
    sql --dbname open_webui --command 'analyze'
  fi
  kill -INT "$server"
  wait "$server" || refuse 'the new database did not stop in order' 'the next start makes it again'
  sync
  mv "$new" "$cluster"
  say 'done'
}

rm -f "$prepared"
# The image's is everybody's, with a sticky bit, which keeps a restore from renaming what is in it.
chmod 700 "$data"
[ -d "$cluster" ] || create "$@"
# What a start that was killed has left.
rm -rf "$new" "$dump"
# It names a process of the last start. In this one another program may have the number, and Postgres would take that for a second server.
rm -f "$cluster/postmaster.pid"

# Orphaned, so that it is no child of the server, which would take its end for that of a connection.
(
  {
    socket=$run
    if prepare; then touch "$prepared"; else say 'the roles could not be given their passwords; Postgres says above why'; fi
  } &
)
exec postgres -D "$cluster" "$@" -c unix_socket_directories="$run"
