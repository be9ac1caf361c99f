"""Open WebUI's own code, in processes of its own: it reads its settings from the environment when it is loaded."""

import os
import re
import secrets
import subprocess
import sys

SPOOL = "/spool"
DATA = SPOOL + "/data"
SQLITE = DATA + "/webui.db"
# Where the official image has its program; elsewhere it is a package.
PROGRAM = "/app/backend"

# The migrations run when it is loaded.
MIGRATE = "import os, open_webui.config; os._exit(0)"


ERROR = re.compile(r"[\w.]*(Error|Exception|Exit)\b.*: ")


class Failed(Exception):
    """Open WebUI's code has ended with an error."""


class VectorsFailed(Failed):
    """One of its stores of vectors has."""


def environment(given, **more):
    """Of a web UI that works beside the real one: with a data folder and a session key of its own, and without its Valkey."""
    env = {
        **os.environ,
        **given,
        "HOME": SPOOL + "/home",
        "TMPDIR": SPOOL,
        "DATA_DIR": DATA,
        "STATIC_DIR": SPOOL + "/static",
        "WEBUI_SECRET_KEY": secrets.token_hex(32),
        "ENABLE_DB_MIGRATIONS": "false",
        "ANONYMIZED_TELEMETRY": "false",
        "HF_HUB_OFFLINE": "1",
        **more,
    }
    for name in ("REDIS_URL", "WEBSOCKET_REDIS_URL"):
        env.pop(name, None)
    for name in ("HOME", "DATA_DIR", "STATIC_DIR"):
        os.makedirs(env[name], exist_ok=True)
    return env


def start(code, env, **pipes):
    place = PROGRAM if os.path.isdir(PROGRAM) else None
    return subprocess.Popen([sys.executable, "-c", code], env=env, cwd=place, **pipes)


def source(name):
    """A program beside this one."""
    with open(os.path.join(os.path.dirname(__file__), name), encoding="utf-8") as file:
        return file.read()


def reason(text):
    """Why a program has ended: its last line that names an error, else its last one."""
    lines = [line.strip() for line in text.decode(errors="replace").splitlines() if line.strip()]
    named = [line for line in lines if ERROR.match(line)]
    return (named or lines or ["it does not say why"])[-1]


def migrate(given, url):
    """Brings a database to the schema of this image."""
    env = environment(given, DATABASE_URL=url, ENABLE_DB_MIGRATIONS="true")
    process = start(MIGRATE, env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    output, _ = process.communicate()
    if process.returncode != 0:
        raise Failed(reason(output))
