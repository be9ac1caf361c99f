"""Moves the web UI's database from SQLite and Chroma into Postgres, step by step. Each step can be run again.

Its input is a line of JSON: {"command", "data", "url", "env"}, with the web UI's data folder, the address of the Postgres, and the variables
of the web UI to come. It says progress, and what it has found, as lines of JSON on standard error; `refused` is for people to act on, and
`in_vectors` says that the rest could be moved.
"""

import json
import os
import shutil
import sqlite3
import sys
from urllib.parse import quote, urlsplit

import psycopg2

from . import target, vectors, webui
from .tables import Copy, Refused

JOURNALS = ("", "-wal", "-journal")
# Beside the data that stays in files. The web UI writes it at each of its starts with Postgres.
MOVED = ".postgres"
# Of a database in Postgres, beside what it has in SQLite: rows are larger there, and every change is logged.
GROWTH = 3


def say(**fields):
    print(json.dumps(fields), file=sys.stderr, flush=True)


def size(path):
    if os.path.isfile(path):
        return os.path.getsize(path)
    return sum(os.path.getsize(os.path.join(folder, name)) for folder, _, names in os.walk(path) for name in names)


def files(data):
    """Databases and their journals, as far as they are there."""
    return [path for path in (os.path.join(data, "webui.db" + suffix) for suffix in JOURNALS) if os.path.exists(path)]


def look(data, **_):
    """What there is to move; changes nothing."""
    sources = files(data)
    if not sources:
        say(users=None)
        return
    mark = os.path.join(data, MOVED)
    moved = os.path.exists(mark) and os.path.getmtime(mark) >= max(map(os.path.getmtime, sources))
    database = sqlite3.connect(f"file:{quote(sources[0])}?mode=rw", uri=True, timeout=60)
    try:
        users = database.execute('select count(*) from "user"').fetchone()[0]
    finally:
        database.close()
    in_vectors = size(os.path.join(data, vectors.FOLDER)) if os.path.isdir(os.path.join(data, vectors.FOLDER)) else 0
    taken = sum(map(size, sources)) + in_vectors
    say(users=users, moved=moved, copy=taken, needed=taken * (1 + GROWTH), free=shutil.disk_usage(webui.SPOOL).free, vectors=vectors.found(data))


def check(url, env, **_):
    """What the Postgres has."""
    connection = target.connect(env, url)
    with connection.cursor() as cursor:
        say(state=target.state(cursor))
    connection.close()


def prepare(url, env, **_):
    """Makes the schema of this release, while people still work."""
    webui.migrate(env, url)
    connection = target.connect(env, url)
    with connection, connection.cursor() as cursor:
        if not target.revisions(cursor):
            raise Refused("this release has no schema for Postgres that can be recognized: upgrade the web UI first")
        target.mark(cursor, target.UNFINISHED)
    connection.close()


def copy_files(data):
    """The old files stay as they are: what follows works on a copy. Needs the web UI to stand still."""
    say(progress={"what": "copying the old files aside", "done": 0, "total": 0})
    shutil.rmtree(webui.DATA, ignore_errors=True)
    os.makedirs(webui.DATA)
    for path in files(data):
        shutil.copy2(path, webui.DATA)
    folder = os.path.join(data, vectors.FOLDER)
    if os.path.isdir(folder):
        shutil.copytree(folder, os.path.join(webui.DATA, vectors.FOLDER))


def revisions(database):
    try:
        return sorted(row[0] for row in database.execute("select version_num from alembic_version"))
    except sqlite3.OperationalError:
        return []


def open_old(env, wanted):
    """The copy, as this release has it."""
    database = sqlite3.connect(webui.SQLITE)
    verdict = database.execute("pragma quick_check(1)").fetchone()[0]
    if verdict != "ok":
        raise Refused(f"webui.db is damaged: {verdict}")
    if revisions(database) != wanted:
        database.close()
        say(progress={"what": "bringing a copy of the old database to this release", "done": 0, "total": 0})
        webui.migrate(env, f"sqlite:///{webui.SQLITE}")
        database = sqlite3.connect(webui.SQLITE)
        if revisions(database) != wanted:
            raise Refused("this release does not bring the old database to its own schema: it may be of a newer release")
    return database


def note_move(data):
    path = os.path.join(data, MOVED)
    with open(path, "w", encoding="utf-8") as mark:
        mark.write("The database is in Postgres. This file's time says when it was moved, or when the web UI has last started so.\n")
        mark.flush()
        os.fsync(mark.fileno())
    owner = os.stat(files(data)[0])
    os.chown(path, owner.st_uid, owner.st_gid)
    os.utime(path)


def move(data, url, env, with_vectors=True, **_):
    """Copies everything and compares it. Until its last step Postgres has no user, and the old files are what counts."""
    connection = target.connect(env, url)
    with connection.cursor() as cursor:
        if not target.hold(cursor):
            raise Refused("another program migrates the database in Postgres at this moment: wait for its end")
        if target.state(cursor) not in ("empty", "unfinished", "finished"):
            raise Refused("the database in Postgres has data of its own")
        wanted = target.revisions(cursor)
        # Not the result of an earlier run: from here on it is incomplete.
        target.mark(cursor, target.UNFINISHED)
        cursor.execute("drop table if exists document_chunk")
    connection.commit()
    copy_files(data)
    old = open_old(env, wanted)
    present = vectors.found(webui.DATA) if with_vectors else None
    stored = vectors.move(env, url, say) if present and present["readable"] else None
    copy = Copy(old, connection, say)
    tables = copy.run()
    with connection.cursor() as cursor:
        target.mark(cursor, target.FINISHED)
    connection.commit()
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute("analyze")
    connection.close()
    note_move(data)
    say(
        tables=tables,
        notes=copy.noted() + (stored["notes"] if stored else []),
        left=copy.left_behind(),
        vectors=stored and {key: stored[key] for key in ("collections", "passages", "queries")},
    )


COMMANDS = {command.__name__: command for command in (look, check, prepare, move)}


def run(given):
    def refuse(error, **more):
        password = urlsplit(given.get("url") or "").password
        text = str(error).strip().replace("\n", "; ")
        say(refused=text.replace(password, "(password)") if password else text, **more)

    try:
        COMMANDS[given["command"]](**{key: value for key, value in given.items() if key != "command"})
    except webui.VectorsFailed as error:
        refuse(error, in_vectors=True)
    except (Refused, target.Unreachable, webui.Failed, psycopg2.Error, sqlite3.Error, OSError) as error:
        refuse(error)
