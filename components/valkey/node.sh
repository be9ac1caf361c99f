#!/bin/sh
# Runs one of several Valkey servers with a Sentinel beside it. The Sentinels end a primary that does not answer and promote a replica; this
# script does what they cannot: it finds the primary when a server starts, promotes one when all have been down, and leaves in order.
#
# Arguments: the name of this server, the names of the others in one word, the file with passwords, the folder for what lives as long as the
# container, the users of the Sentinel in one word, and the command of the server.
#
# A server always starts as a replica, so that one which was the primary never answers with what it has missed. Servers are known by address
# alone: with host names and announced addresses a failover may list a server twice, and have it copy itself.
set -u
self=$1 peers=$2 secrets=$3 run=$4 users=$5; shift 5
# shellcheck disable=SC1090 # written by the deployment
. "$secrets"
umask 077

port=6379 sentinel_port=26379
# Milliseconds without an answer after which a primary is taken for dead, and seconds after which a primary without replicas refuses writes.
down_after=3000 max_lag=5
# Seconds without any primary after which this script promotes a server, though Sentinels know one that is dead: they should have done so.
patience=15

say() { echo "open-webui: $*" >&2; }
address() { getent hosts "$1" | awk 'NR == 1 { print $1 }'; }
# Commands to a server or a Sentinel, each in one word; prints the answers, or nothing. The password goes through a pipe.
ask() {
  host=$1 at=$2; shift 2
  { printf 'AUTH failover %s\n' "$FAILOVER_PASSWORD"; printf '%s\n' "$@"; } |
    timeout 1 valkey-cli -h "$host" -p "$at" 2> /dev/null | tr -d '\r' | sed 1d
}
own_server() { ask 127.0.0.1 $port "$@"; }
own_sentinel() { ask 127.0.0.1 $sentinel_port "$@"; }
field() { sed -n "s/^$1://p"; }
runs() { grep -q '^State:[[:space:]]*[^ZX[:space:]]' "/proc/$1/status" 2> /dev/null; }
only_address() { grep -E '^[0-9a-fA-F.:]+$' | head -n 1; }
primary_of() { ask "$1" $sentinel_port 'SENTINEL GET-MASTER-ADDR-BY-NAME valkey' | head -n 1 | only_address; }

# The primary of which most of the other Sentinels know.
elected() {
  for peer in $peers; do primary_of "$peer"; done | sort | uniq -c | sort -rn | awk 'NR == 1 { print $2 }'
}
is_primary() { [ "$(ask "$1" $port 'INFO replication' | field role)" = master ]; }
# A primary among the others.
found_peer() {
  for peer in $peers; do
    if is_primary "$peer"; then
      address "$peer"
      return
    fi
  done
}

sentinel=
# Starts the Sentinel, or starts it again, for a primary at an address. Its identity stays the same, so the others take it for the one they know.
watch() {
  [ -z "$sentinel" ] || { kill "$sentinel" 2> /dev/null; wait "$sentinel" 2> /dev/null; }
  cat > "$run/sentinel.conf" << END
port $sentinel_port
dir $run
protected-mode no
sentinel myid $(printf %s "$self" | sha1sum | cut -c 1-40)
sentinel announce-ip $own
sentinel announce-port $sentinel_port
sentinel sentinel-user failover
sentinel sentinel-pass $FAILOVER_PASSWORD
sentinel monitor valkey $1 $port 2
sentinel auth-user valkey failover
sentinel auth-pass valkey $FAILOVER_PASSWORD
sentinel down-after-milliseconds valkey $down_after
sentinel failover-timeout valkey 15000
sentinel parallel-syncs valkey 2
$users
END
  watched_at=$(date +%s)
  valkey-server "$run/sentinel.conf" --sentinel &
  sentinel=$!
}

# How recent the data of a server is: the primary notes the time in it, once a second.
clock_of() { ask "$1" $port 'GET failover:clock' | grep -E '^[0-9]+$' || echo 0; }

# Whether this server has the most recent data of those that wait for a primary; at least two of them have to be there, as a single one may
# have missed what the other two know.
is_best() {
  others=0
  mine=$(clock_of 127.0.0.1)
  for peer in $peers; do
    info=$(ask "$peer" $port 'INFO replication')
    if [ "$(echo "$info" | field role)" != slave ] || [ "$(echo "$info" | field master_link_status)" != down ]; then continue; fi
    others=$((others + 1))
    theirs=$(clock_of "$peer")
    if [ "$theirs" -gt "$mine" ]; then return 1; fi
    if [ "$theirs" = "$mine" ] && [ "$(printf '%s\n' "$peer" "$self" | sort | head -n 1)" = "$peer" ]; then return 1; fi
  done
  [ $others -gt 0 ]
}

follow() {
  say "following the primary $1"
  own_server "REPLICAOF $1 $port" > /dev/null
}

# Asked to end: another server becomes the primary first, with all that clients were told is written.
leave() {
  trap '' TERM INT
  waited=0
  while [ $waited -lt 40 ]; do
    info=$(own_server 'INFO replication')
    if [ "$(echo "$info" | field role)" != master ] || [ "$(echo "$info" | field min_slaves_good_slaves)" = 0 ]; then break; fi
    # A Sentinel that has just seen a failover knows no good replica yet.
    if [ $((waited % 4)) = 0 ]; then
      own_server 'CLIENT PAUSE 2000 WRITE' > /dev/null
      case $(own_sentinel 'SENTINEL FAILOVER valkey') in OK*) say 'leaving: another server becomes the primary' ;; esac
    fi
    sleep 0.25
    waited=$((waited + 1))
  done
  [ -z "$sentinel" ] || kill "$sentinel" 2> /dev/null
  # More than once: one that changes its role meanwhile forgets that it was asked.
  while runs "$server"; do
    kill "$server" 2> /dev/null
    sleep 0.5
  done
  exit 0
}
trap 'exit 143' TERM INT

rm -f "$run/settled"
until own=$(address "$self") && [ -n "$own" ]; do sleep 0.5; done

# One that was the primary and comes back at the same address stays silent until the others have elected another one: it may have lost what they
# have. Its Sentinel has a vote in that.
primary=$(elected)
if [ -n "$primary" ]; then
  watch "$primary"
  waited=0
  while [ "$primary" = "$own" ] && [ $waited -lt $patience ]; do
    sleep 1; waited=$((waited + 1))
    primary=$(elected)
  done
  [ "$primary" != "$own" ] || primary=
fi
[ -n "$primary" ] || primary=$(found_peer)

# Its last passwords come through a pipe: no file, no argument, and nothing that CONFIG REWRITE could write to.
"$@" --replica-announce-ip "$own" --replicaof "${primary:-127.0.0.1}" "$([ -n "$primary" ] && echo $port || echo 1)" \
  --min-replicas-to-write 1 --min-replicas-max-lag $max_lag --repl-timeout 10 --repl-diskless-sync-delay 0 --repl-backlog-size 32mb - << END &
masteruser replication
masterauth $REPLICATION_PASSWORD
END
server=$!
trap leave TERM INT

lost=${waited:-0} ready=0 alone=0 silent=0 strangers=0
while runs "$server"; do
  info=$(own_server 'INFO replication')
  role=$(echo "$info" | field role)
  now=$(date +%s)
  # Whoever is connected to a server that hangs would wait for it, though another one has taken over.
  [ -n "$role" ] && silent=0 || silent=$((silent + 1))
  if [ $silent -ge 2 ]; then
    known=$(elected)
    if [ -n "$known" ] && [ "$known" != "$own" ]; then
      say "no answer, and $known has become the primary: ending the server"
      kill -KILL "$server"
    fi
  fi
  case $role in
    master)
      lost=0
      own_server "SET failover:clock $now" > /dev/null
      : > "$run/settled"
      follows=$own
      # One that was cut off, or that nobody follows: what clients read from it may be old, and it takes no writes. It begins again as a replica
      # of the primary that there may be by now. A replica that was just promoted is alone for a moment.
      [ "$(echo "$info" | field min_slaves_good_slaves)" = 0 ] && alone=$((alone + 1)) || alone=0
      if [ $alone -ge 10 ]; then
        say 'no other server follows this primary: beginning again as a replica'
        leave
      fi
      ;;
    slave)
      alone=0
      follows=$(echo "$info" | field master_host)
      if [ "$(echo "$info" | field master_link_status)" = up ]; then
        lost=0
        : > "$run/settled"
      else
        lost=$((lost + 1))
        known=$(elected)
        target=$known
        { [ -n "$target" ] && is_primary "$target"; } || target=$(found_peer)
        if [ -n "$target" ]; then
          ready=0
          [ "$target" = "$follows" ] || [ "$target" = "$own" ] || follow "$target"
        elif [ -z "$known" ] || [ $lost -ge $patience ]; then
          # Nobody has a primary. Alone it can only wait, and is well.
          : > "$run/settled"
          if is_best; then ready=$((ready + 1)); else ready=0; fi
          if [ $ready -ge 2 ]; then
            say 'no server is the primary: this one has the most recent data, and becomes it'
            own_server 'REPLICAOF NO ONE' > /dev/null
            ready=0 lost=0
            watch "$own"
          fi
        fi
        follows=
      fi
      ;;
    *) follows= ;;
  esac
  # As after the network was taken away and given back: the others know this server by an address that it no longer has.
  here=$(address "$self")
  if [ -n "$here" ] && [ "$here" != "$own" ]; then
    say "the address was $own and is $here: beginning again"
    leave
  fi
  if [ -n "$follows" ]; then
    # A Sentinel that has another primary than the one which this server is, or follows, was left behind.
    if [ -z "$sentinel" ] || ! runs "$sentinel"; then watch "$follows"
    elif [ $((now - watched_at)) -ge 20 ]; then
      [ "$(own_sentinel 'SENTINEL GET-MASTER-ADDR-BY-NAME valkey' | head -n 1)" = "$follows" ] && strangers=0 || strangers=$((strangers + 1))
      if [ $strangers -ge 20 ]; then strangers=0; watch "$follows"; fi
    fi
    # It never forgets a server at an address of before: it begins again when it knows one that none of the others has.
    if [ $((now % 15)) = 0 ] && [ $((now - watched_at)) -ge 30 ]; then
      here=" $own $(for peer in $peers; do address "$peer"; done | tr '\n' ' ')"
      for known in $(own_sentinel 'SENTINEL REPLICAS valkey' | sed -n '/^ip$/{n;p;}'); do
        case $here in *" $known "*) ;; *) watch "$follows"; break ;; esac
      done
    fi
  fi
  # Soon again, if it may hang.
  if [ $silent -gt 0 ]; then sleep 0.2 & else sleep 1 & fi
  wait $!
done
say 'the server has ended'
[ -z "$sentinel" ] || kill "$sentinel" 2> /dev/null
exit 1
