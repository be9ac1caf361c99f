"""Counts, on standard output as JSON, the web UI's uploaded files by where their contents are: in the data folder, or in which bucket."""

import collections
import json
import os
import sqlite3
from urllib.parse import quote

QUERY = "select path from file where path is not null and path <> ''"


def paths():
    url = os.environ.get("DATABASE_URL", "")
    if url.startswith("postgres"):
        import psycopg2

        with psycopg2.connect(url, connect_timeout=10) as connection, connection.cursor() as cursor:
            cursor.execute(QUERY)
            return cursor.fetchall()
    path = os.path.join(os.environ.get("DATA_DIR", "/app/backend/data"), "webui.db")
    database = sqlite3.connect(f"file:{quote(path)}?mode=ro", uri=True, timeout=30)
    try:
        return database.execute(QUERY).fetchall()
    finally:
        database.close()


def place(path):
    scheme, separator, rest = path.partition("://")
    return f"{scheme}://{rest.split('/')[0]}" if separator else "data"


print(json.dumps(collections.Counter(place(path) for (path,) in paths())))
