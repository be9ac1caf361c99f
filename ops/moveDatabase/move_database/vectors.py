"""Moves vectors from Chroma to pgvector as they are: nothing is embedded again. Each store is opened by a process of its own, as Open WebUI
has one store at a time."""

import importlib.util
import json
import os
import sqlite3
import subprocess
import threading
from urllib.parse import quote

from . import webui

FOLDER = "vector_db"


def found(data):
    """What Chroma has in a data folder, seen without Chroma; None where there is nothing. `dimensions` are those of its vectors."""
    path = os.path.join(data, FOLDER, "chroma.sqlite3")
    if not os.path.exists(path):
        return None
    database = sqlite3.connect(f"file:{quote(path)}?mode=rw", uri=True, timeout=60)
    try:
        passages = database.execute("select count(*) from embeddings").fetchone()[0]
        dimensions = [row[0] for row in database.execute("select distinct dimension from collections where dimension is not null")]
    except sqlite3.Error:
        return None
    finally:
        database.close()
    if passages == 0:
        return None
    return {"passages": passages, "dimensions": sorted(dimensions), "readable": importlib.util.find_spec("chromadb") is not None}


def drained(stream, lines):
    for line in stream:
        lines.append(line)
        del lines[:-20]


def move(given, url, say):
    """@raises webui.VectorsFailed when one of the stores refuses. Returns what pgvector.py has found."""
    # A slim image says that it has no Chroma; one that has it all the same is asked.
    old = webui.environment(given, VECTOR_DB="chroma", USE_SLIM_DOCKER="false", DATABASE_URL=f"sqlite:///{webui.SQLITE}")
    new = webui.environment(
        given, VECTOR_DB="pgvector", DATABASE_URL=url, PGVECTOR_DB_URL=url, MOVE_DATABASE=os.path.dirname(os.path.dirname(__file__))
    )
    pipe = subprocess.PIPE
    reader = webui.start(webui.source("chroma.py"), old, stdin=subprocess.DEVNULL, stdout=pipe, stderr=pipe)
    writer = webui.start(webui.source("pgvector.py"), new, stdin=reader.stdout, stdout=pipe, stderr=pipe)
    # Otherwise the reader would never notice that the writer has ended.
    reader.stdout.close()
    said = {process: [] for process in (reader, writer)}
    threads = [threading.Thread(target=drained, args=(process.stderr, lines)) for process, lines in said.items()]
    for thread in threads:
        thread.start()
    facts = {}
    for line in writer.stdout:
        fields = json.loads(line)
        if "progress" in fields:
            say(**fields)
        else:
            facts = fields
    codes = {process: process.wait() for process in (writer, reader)}
    for thread in threads:
        thread.join()
    # When one of them fails, the other one has nothing to say.
    for process, name in ((reader, "Chroma"), (writer, "pgvector")):
        if codes[process] != 0 and not (process is reader and codes[writer] != 0 and b"BrokenPipe" in b"".join(said[reader])):
            raise webui.VectorsFailed(f"{name}: {webui.reason(b''.join(said[process]))}")
    if not facts:
        raise webui.VectorsFailed(f"pgvector: {webui.reason(b''.join(said[writer]))}")
    if facts["differing"]:
        raise webui.VectorsFailed(f"pgvector has another number of passages than Chroma in {', '.join(facts['differing'][:3])}")
    if facts["other"]:
        raise webui.VectorsFailed(f"a search in pgvector finds other passages than in Chroma, in {', '.join(facts['other'][:3])}")
    return facts
