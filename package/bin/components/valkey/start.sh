#!/bin/sh
# Converts the data of Valkey to the wanted form of persistence, and then starts the server. For the shells of Debian and of Alpine.
#
# Arguments: FORM (aof | snapshots), the volume and the image for a command that the log recommends, the folder in which a restore works, and
# the command of the server, which replaces the shell in the end.
#
# This script writes no data file itself: as root it lacks the capability to give one to the server's user. Each step ends in a rename, so
# whenever the container is killed, the next start goes on from what is complete. A program that fails ends the script, and Docker starts it
# again: the container never becomes healthy, and its log says why.
set -eu
form=$1 volume=$2 image=$3 area=$4; shift 4
live=appendonlydir; manifest=appendonly.aof.manifest; socket=/data/.converting.sock
cd /data
trap 'exit 143' TERM INT

say() { echo "open-webui: $*" >&2; }
refuse() { say "$1"; say "to do: $2"; exit 1; }

# Major and minor version that has written a snapshot; the base of an AOF is one as well.
written_by() {
  [ ! -f "$1" ] || head -c 64 "$1" | LC_ALL=C tr -c '0-9A-Za-z.-' '\n' |
    sed -n '/^valkey-ver$/,$ s/^\([0-9][0-9]*\)\.\([0-9][0-9]*\)\..*/\1 \2/p' | head -n 1
}
# Older releases promise nothing about the data of newer ones.
require_not_older() {
  # shellcheck disable=SC2046 # two numbers
  set -- $(valkey-server --version | sed -n 's/.* v=\([0-9][0-9]*\)\.\([0-9][0-9]*\)\..*/\1 \2/p')
  [ $# = 2 ] || return 0
  for file in dump.rdb "$live"/*.rdb; do
    # shellcheck disable=SC2046 # two numbers, or nothing
    set -- "$1" "$2" $(written_by "$file")
    [ $# = 4 ] || continue
    if [ "$3" -gt "$1" ] || { [ "$3" = "$1" ] && [ "$4" -gt "$2" ]; }; then
      refuse "this is Valkey $1.$2, and Valkey $3.$4 has written /data/$file: an older release may misread what a newer one has written. Nothing was changed." \
        "set valkey.image to Valkey $3.$4 or newer; or restore a backup that Valkey $1.$2 has made"
    fi
    set -- "$1" "$2"
  done
}

mend="docker run --rm --interactive --network none --user 999:1000 --volume $volume:/data --entrypoint valkey-check-aof $image --fix /data/$live/$manifest"

ask() { valkey-cli -s "$socket" "$@" 2>&1 || true; }
status() { ask INFO persistence | tr -d '\r' | sed -n "s/^$1://p"; }
runs() { grep -q '^State:[[:space:]]*[^ZX[:space:]]' "/proc/$server/status" 2>/dev/null; }
unreadable() {
  [ -d "$live" ] || refuse 'the snapshot could not be read; Valkey says above why. Nothing was changed.' 'restore a backup'
  say 'the append-only file is damaged, as after a power cut; above is where. It holds sessions and signed-out tokens, no chats. Nothing was changed.'
  say "to do: echo y | $mend"
  say 'which keeps what stands before the damage; Docker then starts Valkey by itself. Where it cannot be mended: restore a backup, or go back to'
  say "the last snapshot: docker run --rm --network none --user 999:1000 --volume $volume:/data --entrypoint rm $image -r /data/$live"
  exit 1
}
# Starts a server that no client reaches, and waits until it has read its data.
begin() {
  rm -f "$socket"
  docker-entrypoint.sh valkey-server --port 0 --unixsocket "$socket" --unixsocketperm 700 --save '' "$@" &
  server=$!
  until [ "$(status loading)" = 0 ]; do
    runs || unreadable
    sleep 0.1
  done
}
end() {
  ask SHUTDOWN NOSAVE
  wait "$server" || fail 'the server that converted the data did not end well'
  rm -f "$socket"
}
fail() { refuse "$1; Valkey says above why. The data is as it was." 'free memory or disk space; the next start tries again'; }

to_aof() {
  say 'turning the snapshot into an append-only file'
  begin --appendonly no --appenddirname "$live.new"
  [ "$(ask CONFIG SET appendonly yes)" = OK ] || fail 'no append-only file could be begun'
  until [ "$(status aof_rewrite_in_progress)$(status aof_rewrite_scheduled)" = 00 ]; do
    runs || fail 'the server ended before the append-only file was written'
    sleep 0.1
  done
  { [ "$(status aof_last_bgrewrite_status)" = ok ] && [ -s "$live.new/$manifest" ]; } ||
    fail 'the append-only file could not be written'
  end
  mv "$live.new" "$live"
  say 'done'
}
to_snapshots() {
  say 'turning the append-only file into a snapshot'
  begin --appendonly yes
  [ "$(ask SAVE)" = OK ] || fail 'the snapshot could not be written'
  end
  mv "$live" "$live.old"
  rm -rf "$live.old"
  say 'done'
}

for phase in out in back; do
  [ ! -e "$area/phase.$phase" ] ||
    refuse 'a restore was killed half-way, so this volume has half of one data and half of another. Nothing was started.' \
      'npm run up -- --stack NAME brings back the data from before the restore'
done
require_not_older
# Left by what was killed: halves of files, each up to the size of the data, and a socket.
rm -rf "$live.new" "$live.old" temp-*.rdb temp-*.aof "$socket"
if [ -d "$live" ] && [ ! -f "$live/$manifest" ]; then
  # A server that was killed in its very first moment leaves an empty one; anything else it would overlook, and begin without a key.
  [ -z "$(find "$live" -name '*.incr.aof' -size +0 -o -name '*.base.*' -size +1)" ] ||
    refuse "/data/$live has data and no $manifest, without which Valkey does not read it. Nothing was changed." 'restore a backup'
  rm -rf "$live"
fi
# A server that ends in the middle of a write leaves a file that the check finds fault with, and that the server mends itself. What it does
# not read is for people to decide on.
whole() { ! command -v valkey-check-aof > /dev/null || valkey-check-aof "$live/$manifest" > /dev/null 2>&1; }
require_readable() {
  if whole; then return 0; fi
  say 'the append-only file does not end as it should: trying whether Valkey can read it'
  begin --appendonly yes
  end
}

case $form in
  aof)
    if [ -d "$live" ]; then require_readable
    elif [ -f dump.rdb ]; then to_aof
    fi
    ;;
  snapshots) [ ! -d "$live" ] || to_snapshots ;;
esac
trap - TERM INT
exec docker-entrypoint.sh "$@"
