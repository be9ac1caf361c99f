#!/bin/sh
# The health check of a server: exits 0 when it is well. A server that answers nothing for too long is killed, because Docker restarts what
# exits and never what is unhealthy.
#
# Arguments: START_PERIOD ATTEMPTS HANG_SECONDS PAUSE KIND ...
#   PAUSE                                 seconds to wait first, as long as the server is well: the engine starts a check more often than that,
#                                         which is for a server that starts or is unwell
#   http SECONDS PORT READY LIVE          READY has to answer 200; LIVE tells whether the server answers at all
#   exec SECONDS WELL HUNG COMMAND ...    the output of COMMAND has to be WELL; nothing, or HUNG first, is no answer
# An attempt returns 0 for well, 2 for no answer at all, and 1 for everything else, which never kills the server.
start_period=$1 attempts=$2 hang_seconds=$3 pause=$4 kind=$5 seconds=$6
shift 6

# In memory that every container can write to and none keeps: how the last check ended, once the program has been well.
mark=/dev/shm/last-check
last() { read -r state 2> /dev/null < $mark && [ "$state" = "$1" ]; }
note() { echo "$1" 2> /dev/null > $mark; }

http() {
  get "$1" "$2" && return 0
  get "$1" "$3"
  # curl exits 28 on a timeout. A server that does not listen yet refuses at once.
  [ $? = 28 ] && return 2
  return 1
}
get() {
  curl --noproxy '*' --fail --silent --output /dev/null --max-time "$seconds" "http://127.0.0.1:$1$2"
}

exec_check() {
  well=$1 hung=$2
  shift 2
  answer=$(timeout "$seconds" "$@" 2>&1)
  case $answer in
    "$well") return 0 ;;
    '') return 2 ;;
    "$hung"*) sleep "$seconds"; return 2 ;;
    *) echo "$answer"; return 1 ;;
  esac
}

attempt() {
  case $kind in
    http) http "$@" ;;
    exec) exec_check "$@" ;;
  esac
}

# Whether the program is still starting: it has not been well yet, and the container's first process is younger than the start period, by
# the kernel's clock. Where the kernel does not say how old a process is, nothing is starting.
starting() {
  [ ! -e $mark ] || return 1
  read -r uptime _ < /proc/uptime && read -r stat < /proc/1/stat || return 1
  # shellcheck disable=SC2086 # split into its fields
  set -- $stat
  [ $((${uptime%.*} - ${22:-0} / 100)) -lt "$start_period" ]
}

# A program that starts is asked twice a second, so a deployment does not wait for the next interval. Attempts are counted rather than timed: a paused
# container has no clock.
if last well; then sleep "$pause"; fi
verdict=1
until [ $verdict = 2 ]; do
  number=0
  while [ $number -lt "$attempts" ]; do
    number=$((number + 1))
    attempt "$@"; verdict=$?
    [ $verdict = 2 ] || break
  done
  case $verdict in
    0) note well; exit 0 ;;
    2) ;;
    *)
      if starting; then sleep 0.5; else
        if last well; then note unwell; fi
        exit $verdict
      fi
      ;;
  esac
done

# For docker logs: the engine forgets what a check said when the container restarts.
echo "No answer for $hang_seconds s: the health check ends the server, and Docker restarts it." > /proc/1/fd/2
# All but the first process, which ends with its child. A hung program may be deaf to anything milder.
kill -KILL -1
