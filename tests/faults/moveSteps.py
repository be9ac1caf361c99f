"""Ends a move at every step that it takes in Postgres and on the disk, looks at what is there then, and at what another run makes of it.

Standard input: a line of JSON with the move's own input. Needs the program in /program, the web UI's data in /volumes/webui. Prints what it
has found as a line of JSON.
"""

import contextlib
import hashlib
import io
import json
import os
import shutil
import sys

import psycopg2
import psycopg2.extensions

sys.path.append("/program")

from move_database import main, target

GIVEN = json.loads(sys.stdin.readline())
DATA = GIVEN["data"]
KILLED = 137
# Each tenth run after a kill is a whole one.
REPEATED = 10

steps = {"taken": 0, "last": None}


def step():
    steps["taken"] += 1
    if steps["taken"] == steps["last"]:
        os._exit(KILLED)


class Cursor(psycopg2.extensions.cursor):
    def execute(self, *args):
        super().execute(*args)
        step()

    def copy_expert(self, *args):
        super().copy_expert(*args)
        step()


class Connection(psycopg2.extensions.connection):
    def cursor(self, *args, **kwargs):
        return super().cursor(*args, cursor_factory=Cursor, **kwargs)

    def commit(self):
        super().commit()
        step()


def counted(module, name):
    real = getattr(module, name)

    def call(*args, **kwargs):
        result = real(*args, **kwargs)
        step()
        return result

    setattr(module, name, call)


def run(last=None):
    """A move in a process of its own; returns what it says, None when it was killed."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        steps.update(taken=0, last=last)
        connect = psycopg2.connect
        psycopg2.connect = lambda *args, **kwargs: connect(*args, connection_factory=Connection, **kwargs)
        for module, name in ((shutil, "copy2"), (shutil, "rmtree"), (os, "chown"), (os, "utime"), (os, "fsync")):
            counted(module, name)
        said = io.StringIO()
        with contextlib.redirect_stderr(said):
            main.run({"command": "move", **GIVEN})
        facts = {}
        for line in said.getvalue().splitlines():
            facts.update(json.loads(line))
        facts.pop("progress", None)
        facts["steps"] = steps["taken"]
        with os.fdopen(writing, "w") as out:
            json.dump(facts, out)
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as out:
        text = out.read()
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if code not in (0, KILLED):
        raise SystemExit(f"at {last} it ended with {code}")
    return json.loads(text) if code == 0 else None


def old():
    """The old files."""
    found = {}
    for folder, _, names in os.walk(DATA):
        for name in names:
            path = os.path.join(folder, name)
            if name != main.MOVED:
                with open(path, "rb") as file:
                    found[path] = hashlib.sha256(file.read()).hexdigest()
    return found


def seen():
    """Users in Postgres, and what the move says of it."""
    connection = psycopg2.connect(GIVEN["url"])
    with connection.cursor() as cursor:
        result = target.count(cursor, "user"), target.state(cursor), os.path.exists(os.path.join(DATA, main.MOVED))
    connection.close()
    return result


before = old()
whole = run()
if "refused" in whole:
    raise SystemExit(whole["refused"])
outcomes = set()
for last in range(1, whole["steps"] + 1):
    with contextlib.suppress(FileNotFoundError):
        os.remove(os.path.join(DATA, main.MOVED))
    connection = psycopg2.connect(GIVEN["url"])
    with connection, connection.cursor() as cursor:
        # As before the first run.
        cursor.execute('truncate "user", auth cascade')
        target.mark(cursor, target.UNFINISHED)
    connection.close()
    if run(last) is not None:
        raise SystemExit(f"step {last} did not end it")
    if old() != before:
        raise SystemExit(f"the old files have changed at step {last}")
    outcomes.add(seen())
    if last % REPEATED == 0:
        again = run()
        if {**again, "steps": 0} != {**whole, "steps": 0}:
            raise SystemExit(f"after step {last} another run came to something else: {again}")
print(json.dumps({"steps": whole["steps"], "outcomes": sorted(outcomes)}))
