#!/bin/sh
# The health check of a task: exits 0 when it is well. Swarm sends no more requests to a task that is not, and ends it. So as long as it starts it
# has to be ready, and from then on only silence counts: whatever else is wrong, a database that is away among it, a new task would not mend.
#
# Arguments: START_SECONDS SILENCE IDLE HANG PACE TIMES KIND ...
#   START_SECONDS                         how long a start may take, by the kernel's clock
#   SILENCE                               seconds without any answer after which a task that was well is not, where its program is stopped
#   IDLE                                  the same of one that runs and does nothing: it may wait for a Valkey or a database that is being replaced
#   HANG                                  the same of one that is busy: on a machine with too much to do, any program may be silent for long
#   PACE TIMES                            seconds between two questions, and how many of them a check of a task that is well asks
#   http SECONDS PORT READY LIVE          READY has to answer 200; LIVE tells whether the server answers at all
#   exec SECONDS WELL HUNG COMMAND ...    the output of COMMAND has to be WELL; nothing, or HUNG first, is no answer
# An attempt returns 0 for well, 2 for no answer at all, and 1 for everything else.
start_seconds=$1 silence=$2 idle=$3 hang=$4 pace=$5 times=$6 kind=$7 seconds=$8
shift 8

# In memory that every container can write to and none keeps: `well`, or since when nothing has answered.
mark=/dev/shm/last-check
now() { read -r uptime _ < /proc/uptime; echo "${uptime%.*}"; }

get() {
  curl --noproxy '*' --fail --silent --output /dev/null --max-time "$1" "http://127.0.0.1:$2$3"
}
http_ready() { get "$seconds" "$1" "$2"; }
http_live() {
  get "$silence" "$1" "$3" && return 0
  # curl exits 28 on a timeout.
  [ $? = 28 ] && return 2
  return 1
}
ask() {
  limit=$1 well=$2 hung=$3
  shift 3
  answer=$(timeout "$limit" "$@" 2>&1)
  case $answer in
    "$well") return 0 ;;
    '') return 2 ;;
    "$hung"*) return 2 ;;
    *) return 1 ;;
  esac
}
exec_ready() { ask "$seconds" "$@"; }
exec_live() {
  until=$(($(now) + silence))
  while :; do
    ask "$seconds" "$@"; verdict=$?
    [ $verdict = 2 ] && [ "$(now)" -lt $until ] || return $verdict
    sleep 1
  done
}

# Processor time of all but this check, in hundredths of a second; `stopped` where one of them is. What waits for a disk counts as if it worked.
session() {
  read -r stat < /proc/$$/stat
  # shellcheck disable=SC2086 # split into its fields
  set -- ${stat##*) }
  echo "$4"
}
work() {
  own=$(session) total=0
  for file in /proc/[0-9]*/stat; do
    read -r stat 2> /dev/null < "$file" || continue
    # shellcheck disable=SC2086 # split into its fields
    set -- ${stat##*) }
    [ "$4" != "$own" ] || continue
    case $1 in T | t) echo stopped; return ;; esac
    total=$((total + ${12} + ${13}))
    [ "$1" != D ] || total=$((total + $(now) * 100))
  done
  echo "$total"
}
BUSY=20

live() {
  begun=$(now)
  while :; do
    before=$(work)
    "${kind}_live" "$@"; verdict=$?
    [ $verdict = 2 ] || return $verdict
    after=$(work) lasts=$(($(now) - begun))
    [ "$after" != stopped ] && [ "$before" != stopped ] || return 2
    [ $lasts -ge "$idle" ] || continue
    [ $((after - before)) -ge $BUSY ] && [ $lasts -lt "$hang" ] || return 2
  done
}

age() {
  read -r stat < /proc/1/stat
  # shellcheck disable=SC2086 # split into its fields
  set -- $stat
  echo $(($(now) - ${22:-0} / 100))
}

if [ ! -e $mark ]; then
  while ! "${kind}_ready" "$@"; do
    [ "$(age)" -lt "$start_seconds" ] || { echo "not ready after $start_seconds s"; exit 1; }
    sleep 0.5
  done
  echo well > $mark
  exit 0
fi

number=0
while [ $number -lt "$times" ]; do
  sleep "$pace"
  live "$@"
  if [ $? = 2 ]; then
    read -r state < $mark
    if [ "$state" = well ]; then
      now > $mark
      echo "no answer for $silence s"
      exit 1
    fi
    # It was told to end since, and has not: a hung program may be deaf to anything milder than this. All but the first process, which ends with its
    # child.
    echo "No answer for $(($(now) - state + silence)) s: the health check ends the task, and Swarm starts another." > /proc/1/fd/2
    kill -KILL -1
  fi
  echo well > $mark
  number=$((number + 1))
done
