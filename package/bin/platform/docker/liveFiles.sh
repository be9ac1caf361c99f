#!/bin/sh
# Puts new files for a server that runs into the volume from which it reads them, if they can be used.
#
# Arguments: USER:GROUP, the folder with the new files, the volume's folder, and a program that fails when they cannot be used.
set -eu
owner=$1 from=$2 to=$3
shift 3
"$@"
for file in "$from"/*; do
  # Under another name first: the server may read at any moment.
  cp "$file" "$to/.new"
  chmod 0400 "$to/.new"
  chown "$owner" "$to/.new"
  mv "$to/.new" "$to/${file##*/}"
done
for file in "$to"/*; do
  [ -e "$from/${file##*/}" ] || rm -f "$file"
done
