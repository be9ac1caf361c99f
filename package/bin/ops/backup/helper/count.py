"""Counts what people have in a database of Open WebUI: null where there is no database or no such table. Says it on standard error."""

import json
import os
import sqlite3
import sys
from urllib.parse import quote

TABLES = {"users": "user", "chats": "chat", "files": "file"}


def count(database, table):
    try:
        return database.execute(f'select count(*) from "{table}"').fetchone()[0]
    except sqlite3.Error:
        return None


def counts(path):
    if not os.path.exists(path):
        return dict.fromkeys(TABLES)
    try:
        database = sqlite3.connect(f"file:{quote(path)}?mode=rw", uri=True, timeout=60)
    except sqlite3.Error:
        return dict.fromkeys(TABLES)
    try:
        return {key: count(database, table) for key, table in TABLES.items()}
    finally:
        database.close()


print(json.dumps(counts(sys.argv[1])), file=sys.stderr)
