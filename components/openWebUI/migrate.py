"""Brings the web UI's database in Postgres up to date, before any server process starts: two of them at once end each other.

That takes one whole start of the web UI: besides the schema it writes the defaults of settings that are new in a release, and the first
administrator.

Waits for the server, and for another one that migrates. Where the database has all that this release wants, nothing more is loaded.
"""

import hashlib
import importlib.util
import os
import re
import subprocess
import sys
import time

import psycopg2

WAIT_SECONDS = 600
SHOWN_EVERY = 30
# Any number, the same in every instance: who has the lock migrates.
LOCK = 7070173250026
# Beside the data that stays in files. It says when Postgres has last served it.
MARK = os.path.join(os.environ.get("DATA_DIR", "/app/backend/data"), ".postgres")
IDENTIFIERS = re.compile(r"""^(revision|down_revision)\b[^=\n]*=\s*(.*)$""", re.MULTILINE)
# What the server processes would do at the same time. It does not wait for threads that are of no more use.
MIGRATION = """
import asyncio, os, sys
from open_webui.main import app

async def start_once():
    async with app.router.lifespan_context(app):
        pass

asyncio.run(start_once())
if os.environ.get("VECTOR_DB") == "pgvector":
    from open_webui.retrieval.vector import factory
    getattr(factory, "get_vector_db_client", lambda: None)()
sys.stdout.flush()
sys.stderr.flush()
os._exit(0)
"""


def say(text):
    print(f"open-webui: {text}", file=sys.stderr, flush=True)


def connect():
    started = shown = time.monotonic()
    while True:
        try:
            return psycopg2.connect(os.environ["DATABASE_URL"], connect_timeout=5)
        except psycopg2.OperationalError as error:
            now = time.monotonic()
            reason = str(error).strip().splitlines()[0]
            if now - started > WAIT_SECONDS:
                say(f"the database does not answer: {reason}")
                sys.exit(1)
            if shown == started or now - shown > SHOWN_EVERY:
                shown = now
                say(f"waiting for the database: {reason}")
            time.sleep(0.5)


def source(*path):
    return os.path.join(importlib.util.find_spec("open_webui").submodule_search_locations[0], *path)


def defaults():
    """Tells releases with other settings apart. The database keeps it as a comment, which its dumps have as well."""
    with open(source("config.py"), "rb") as file:
        return f"settings of config.py {hashlib.sha256(file.read()).hexdigest()[:16]}"


def newest():
    """The revisions of this release that no other one follows."""
    folder = source("migrations", "versions")
    revisions, followed = set(), set()
    for name in os.listdir(folder):
        if name.endswith(".py"):
            with open(os.path.join(folder, name), encoding="utf-8") as file:
                for key, value in IDENTIFIERS.findall(file.read()):
                    (revisions if key == "revision" else followed).update(re.findall(r"""['"](\w+)['"]""", value))
    return revisions - followed


def is_current(cursor):
    cursor.execute("select to_regclass('alembic_version') is not null, to_regclass('document_chunk') is not null")
    migrated, vectors = cursor.fetchone()
    if not migrated or not (vectors or os.environ.get("VECTOR_DB") != "pgvector"):
        return False
    cursor.execute("select version_num from alembic_version")
    revisions = {row[0] for row in cursor.fetchall()}
    cursor.execute("select obj_description('alembic_version'::regclass)")
    return revisions == newest() and cursor.fetchone()[0] == defaults()


def note(cursor):
    try:
        cursor.execute("comment on table alembic_version is %s", [defaults()])
    except psycopg2.Error as error:
        # A role that does not own the table: each start takes this step.
        say(f"the release could not be noted: {str(error).strip()}")


with connect() as connection:
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute("select pg_try_advisory_lock(%s)", [LOCK])
        if not cursor.fetchone()[0]:
            say("another instance migrates the database; waiting for it")
            cursor.execute("select pg_advisory_lock(%s)", [LOCK])
        if not is_current(cursor):
            say("migrating the database")
            environment = {**os.environ, "ENABLE_DB_MIGRATIONS": "true"}
            code = subprocess.run([sys.executable, "-c", MIGRATION], env=environment).returncode
            if code != 0:
                say("the database could not be migrated; above is why")
                sys.exit(1)
            note(cursor)
            say("the database is up to date")
with open(MARK, "w") as mark:
    mark.write(
        "The database is in Postgres. This file's time says when the web UI has last started so, and the next line which release it was.\n"
        f"{defaults()}, revisions {' '.join(sorted(newest()))}\n"
    )
