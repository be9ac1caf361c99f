#!/bin/sh
# Reads the secret variables and becomes the image's own command. Open WebUI has no `_FILE` form for most of its variables, and what stands in
# a container's environment or arguments shows in `docker inspect`.
#
# Arguments: FILE, and the command of the server, which replaces the shell.
set -a
# shellcheck source=/dev/null
. "$1" || exit 1
set +a
shift
exec "$@"
