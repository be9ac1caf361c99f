#!/bin/sh
# Reads the secret variables and becomes the image's own command. Open WebUI has no `_FILE` form for most of its variables, and what stands in
# a container's environment or arguments shows in `docker inspect`.
#
# Arguments: FILE, the folder in which a restore works, and the command of the server, which replaces the shell.
for phase in out in back; do
  [ ! -e "$2/phase.$phase" ] || {
    echo "open-webui: a restore was killed half-way, so this volume has half of one data and half of another. Nothing was started." >&2
    echo "open-webui: to do: npm run up -- --stack NAME brings back the data from before the restore" >&2
    exit 1
  }
done
set -a
# shellcheck source=/dev/null
. "$1" || exit 1
set +a
shift 2
exec "$@"
