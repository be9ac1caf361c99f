#!/usr/bin/env bash
# Finds the secret key where upstream's start script looks for it, then becomes the server.
set -eu
cd "$(dirname "$0")"

if [ -z "${WEBUI_SECRET_KEY:-}${WEBUI_JWT_SECRET_KEY:-}" ]; then
    file=${WEBUI_SECRET_KEY_FILE:-.webui_secret_key}
    if [ ! -e "$file" ]; then
        echo "No WEBUI_SECRET_KEY: making one in $file"
        (umask 077 && head -c 24 /dev/urandom | base64 > "$file")
    fi
    WEBUI_SECRET_KEY=$(cat "$file")
    export WEBUI_SECRET_KEY
fi

# In place of this shell: as process 1 the server itself gets the engine's SIGTERM.
exec python -m uvicorn open_webui.main:app --host "${HOST:-0.0.0.0}" --port "${PORT:-8080}" \
    --forwarded-allow-ips "${FORWARDED_ALLOW_IPS:-*}" --workers "${UVICORN_WORKERS:-1}"
