#!/bin/sh
# Gives volumes to the user of a server: a new volume belongs to root, a used one to the user who filled it.
#
# Arguments: USER:GROUP, and for each volume its path and a folder in it (or '') that has to exist: Docker copies the image's owner onto an
# empty volume again.
set -eu
owner=$1
shift
while [ $# -gt 0 ]; do
  [ -z "$2" ] || mkdir -p "$1/$2"
  chown -R "$owner" "$1"
  shift 2
done
