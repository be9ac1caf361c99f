#!/bin/sh
# Runs one of several Valkey servers and the Sentinel beside it. The Sentinels promote a replica when the primary stops answering. This script does
# the rest: it finds the primary when a server starts, promotes a server after all of them were down, and hands over before a primary stops.
#
# Arguments: the name of this server, the names of the others as one word, the file with the passwords, the folder with the data, a folder in memory
# for state that ends with the container, the users of the Sentinel as one word, and the command of the server.
#
# A server always starts as a replica: a former primary must not serve data that is out of date. Servers know each other by address only. With host
# names, Sentinel may list a server twice after a failover and make it replicate from itself.
# shellcheck disable=SC2317 # `get` calls functions by their names
set -u
self=$1 peers=$2 secrets=$3 data=$4 run=$5 users=$6; shift 6
# shellcheck disable=SC1090 # written by the deployment
. "$secrets"
umask 077

port=6379 sentinel_port=26379
# Milliseconds without an answer until Sentinels consider a primary dead, and seconds until a primary without replicas refuses writes.
down_after=3000 max_lag=5
# Seconds without a primary until this script promotes a server itself, even though the Sentinels still name a dead one.
patience=15

say() { echo "open-webui: $*" >&2; }
address() { timeout 1 getent hosts "$1" | awk 'NR == 1 { print $1 }'; }
addresses() { for peer in $peers; do address "$peer" & done | tr '\n' ' '; }
# Swarm adds the name of a task to its DNS only when the task is healthy. /etc/hosts has the container's host name from the start; it is read here, as
# getent asks DNS for an IPv6 address of that name first, and may wait for seconds.
own_address() {
  case $self in
    tasks.*) awk 'NR == FNR { name = $1; next } $2 == name { print $1; exit }' /etc/hostname /etc/hosts ;;
    *) address "$self" ;;
  esac
}
# Sends commands, each as one word, to a server or a Sentinel and prints the answers, if any. A pipe keeps the password out of the process list.
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
primary_of() { ask "$1" "$sentinel_port" 'SENTINEL GET-MASTER-ADDR-BY-NAME valkey' | head -n 1 | only_address; }

# The primary that most of the other Sentinels name.
elected() {
  for peer in $peers; do primary_of "$peer" & done | sort | uniq -c | sort -rn | awk 'NR == 1 { print $2 }'
}
is_primary() { [ "$(ask "$1" $port 'INFO replication' | field role)" = master ]; }
# The address of a primary among the other servers, whatever the Sentinels say.
found_peer() {
  for peer in $peers; do { ! is_primary "$peer" || address "$peer"; } & done | head -n 1
}
# Runs one of these functions and sets $answer to what it prints. Peers that are gone may cost seconds, and a signal to stop must not wait for that.
get() {
  "$@" > "$run/answer" & wait $!
  answer=$(cat "$run/answer")
}

sentinel=
# Starts or restarts the Sentinel for a primary at an address. It keeps its id, so the other Sentinels recognize it.
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

# How recent the data of a server is: the primary writes the time into it once a second.
clock_of() { ask "$1" $port 'GET failover:clock' | grep -E '^[0-9]+$' || echo 0; }

# Whether this server has the most recent data of all that wait for a primary. At least two must be present: a single one may have missed what the
# other two have.
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

# Stops this server. If it is the primary, a replica takes over first, with every write that was acknowledged.
leave() {
  trap '' TERM INT
  waited=0
  while [ $waited -lt 40 ]; do
    info=$(own_server 'INFO replication')
    if [ "$(echo "$info" | field role)" != master ] || [ "$(echo "$info" | field min_slaves_good_slaves)" = 0 ]; then break; fi
    # Right after a failover, a Sentinel does not know a good replica yet: ask again.
    if [ $((waited % 4)) = 0 ]; then
      own_server 'CLIENT PAUSE 2000 WRITE' > /dev/null
      case $(own_sentinel 'SENTINEL FAILOVER valkey') in OK*) say 'leaving: another server becomes the primary' ;; esac
    fi
    sleep 0.25
    waited=$((waited + 1))
  done
  [ -z "$sentinel" ] || kill "$sentinel" 2> /dev/null
  # Repeated, because a server that is changing its role ignores the signal.
  while runs "$server"; do
    kill "$server" 2> /dev/null
    sleep 0.5
  done
  exit 0
}
trap 'exit 143' TERM INT

rm -f "$run/settled"
# When a node returns to its Swarm, the task from before may still be stopping while the new one starts. Only one server may use the data.
exec 9< "$data"
flock 9 & wait $!
until own=$(own_address) && [ -n "$own" ]; do sleep 0.5 & wait $!; done

# A former primary that returns at the same address waits until the others have elected another one, because it may lack what they have. Its
# Sentinel takes part in the vote.
get elected; primary=$answer
# A restore leaves this file with the data that it put in place, and an update with that of a server that was the only one. This server becomes the
# primary, and the others copy its data, however recent theirs is.
lead=$data/lead
if [ -n "$primary" ]; then
  rm -f "$lead"
  watch "$primary"
  waited=0
  while [ "$primary" = "$own" ] && [ $waited -lt $patience ]; do
    sleep 1 & wait $!
    waited=$((waited + 1))
    get elected; primary=$answer
  done
  [ "$primary" != "$own" ] || primary=
fi
[ -n "$primary" ] || { get found_peer; primary=$answer; }

if [ -n "$primary" ]; then set -- "$@" --replicaof "$primary" $port
elif [ -e "$lead" ]; then say 'the others are to copy this data: starting as the primary'
else set -- "$@" --replicaof 127.0.0.1 1; fi

# The passwords arrive through a pipe, so they are in no file and no argument, and CONFIG REWRITE has nowhere to write them.
"$@" --replica-announce-ip "$own" \
  --min-replicas-to-write 1 --min-replicas-max-lag $max_lag --repl-timeout 10 --repl-diskless-sync-delay 0 --repl-backlog-size 32mb - << END &
masteruser replication
masterauth $REPLICATION_PASSWORD
END
server=$!
trap leave TERM INT

lost=${waited:-0} ready=0 alone=0 silent=0 strangers=0 looked_at=0 was=
while runs "$server"; do
  info=$(own_server 'INFO replication')
  role=$(echo "$info" | field role)
  now=$(date +%s)
  # Clients of a primary that hangs would keep waiting for it after another one has taken over: end it.
  [ -n "$role" ] && silent=0 || silent=$((silent + 1))
  if [ $silent -ge 2 ] && [ "$was" = master ]; then
    get elected; known=$answer
    if [ -n "$known" ] && [ "$known" != "$own" ]; then
      say "no answer, and $known has become the primary: ending the server"
      kill -KILL "$server"
    fi
  fi
  was=${role:-$was}
  case $role in
    master)
      lost=0
      own_server "SET failover:clock $now" > /dev/null
      : > "$run/settled"
      follows=$own
      # A primary without replicas, for example one that is cut off, refuses writes and may serve old data. It restarts as a replica, because there
      # may be another primary by now. Right after a promotion, a primary has no replicas for a moment.
      if [ "$(echo "$info" | field min_slaves_good_slaves)" = 0 ]; then alone=$((alone + 1)); else alone=0; rm -f "$lead"; fi
      if [ $alone -ge 10 ] && [ ! -e "$lead" ]; then
        say 'this primary has no replicas: restarting as a replica'
        leave
      fi
      ;;
    slave)
      alone=0
      # Until its first check, a balancer takes a server whose address is new for the primary. A web UI that stays connected here gets no events.
      own_server 'CLIENT KILL USER openwebui' > /dev/null
      follows=$(echo "$info" | field master_host)
      if [ "$(echo "$info" | field master_link_status)" = up ]; then
        lost=0
        : > "$run/settled"
      else
        lost=$((lost + 1))
        get elected; known=$answer
        target=$known
        { [ -n "$target" ] && is_primary "$target"; } || { get found_peer; target=$answer; }
        if [ -n "$target" ]; then
          ready=0
          [ "$target" = "$follows" ] || [ "$target" = "$own" ] || follow "$target"
        elif [ -z "$known" ] || [ $lost -ge $patience ]; then
          # There is no primary. A server that can only wait for the others is healthy.
          : > "$run/settled"
          is_best &
          if wait $!; then ready=$((ready + 1)); else ready=0; fi
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
  # After a network was disconnected and connected again, the others know this server by an address that it no longer has.
  here=$(own_address)
  if [ -n "$here" ] && [ "$here" != "$own" ]; then
    say "the address was $own and is now $here: restarting"
    leave
  fi
  if [ -n "$follows" ]; then
    # A Sentinel that still names another primary than the one this server is or follows has missed a failover.
    if [ -z "$sentinel" ] || ! runs "$sentinel"; then watch "$follows"
    elif [ $((now - watched_at)) -ge 20 ]; then
      [ "$(own_sentinel 'SENTINEL GET-MASTER-ADDR-BY-NAME valkey' | head -n 1)" = "$follows" ] && strangers=0 || strangers=$((strangers + 1))
      if [ $strangers -ge 20 ]; then strangers=0; watch "$follows"; fi
    fi
    # A Sentinel never forgets the previous address of a server. Restart it when it lists an address that no server has.
    if [ $((now - looked_at)) -ge 15 ] && [ $((now - watched_at)) -ge 30 ]; then
      looked_at=$now
      get addresses; here=" $own $answer "
      for known in $(own_sentinel 'SENTINEL REPLICAS valkey' | sed -n '/^ip$/{n;p;}'); do
        case $here in *" $known "*) ;; *) watch "$follows"; break ;; esac
      done
    fi
  fi
  # Check sooner if the server may hang.
  if [ $silent -gt 0 ]; then sleep 0.2 & else sleep 1 & fi
  wait $!
done
say 'the server has ended'
[ -z "$sentinel" ] || kill "$sentinel" 2> /dev/null
exit 1
