"""Says whether people have data in the web UI's SQLite that Postgres does not have, on standard error, as a line of JSON.

  sqlite.py FOLDER   the web UI's data

The web UI leaves a file at each of its starts with Postgres: a database that was written to since, or without any, is the one that people use.
"""

import json
import os
import sqlite3
import sys
from urllib.parse import quote

DATABASE = os.path.join(sys.argv[1], "webui.db")
MARK = os.path.join(sys.argv[1], ".postgres")


def written():
    """When the database was written to last; None where there is none."""
    times = [os.path.getmtime(path) for path in (DATABASE, DATABASE + "-wal") if os.path.exists(path)]
    return max(times, default=None)


def users():
    database = sqlite3.connect(f"file:{quote(DATABASE)}?mode=rw", uri=True, timeout=60)
    try:
        return database.execute('select count(*) from "user"').fetchone()[0]
    except sqlite3.Error:
        return 0
    finally:
        database.close()


last = written()
marked = os.path.getmtime(MARK) if os.path.exists(MARK) else None
left = last is not None and (marked is None or marked < last)
print(json.dumps({"users": users() if left else 0}), file=sys.stderr)
