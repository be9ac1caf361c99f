"""Writes the vectors that chroma.py reads through Open WebUI's own pgvector client, and asks it what chroma.py has asked.

Says progress and, at the end, what it has found, as lines of JSON on standard output.
"""

import json
import os
import pickle
import sys
import uuid

# Behind everything else: no module of the image is to be taken for one of these.
sys.path.append(os.environ["MOVE_DATABASE"])

from open_webui.retrieval.vector.dbs.pgvector import PgvectorClient
from sqlalchemy import Engine, event, text

from move_database.values import clean_text

FOUND = 5
# Of scores from 0 to 1: columns of half precision are as exact as that.
TOLERANCE = 1e-3


@event.listens_for(Engine, "connect")
def give_room(connection, _):
    """The index of vectors takes more than Postgres' own default."""
    with connection.cursor() as cursor:
        cursor.execute("set maintenance_work_mem = '128MB'")
    connection.commit()


class Writer:
    def __init__(self, say):
        self.say = say
        self.client = PgvectorClient()
        self.collections = {}
        self.notes = {}
        self.queries = 0
        self.other = []
        self.done = 0

    def note(self, what):
        self.notes[what] = self.notes.get(what, 0) + 1

    def sql(self, statement, **values):
        try:
            return self.client.session.execute(text(statement), values).all()
        finally:
            self.client.session.rollback()

    def collection(self, name, count):
        self.collections[name] = {"expected": count, "written": 0, "without": 0}

    def items(self, name, items):
        """Ids are unique in the whole of pgvector, and in Chroma only in a collection."""
        taken = {row[0] for row in self.sql("select id from document_chunk where id = any(:ids)", ids=[item[0] for item in items])}
        rows = []
        for id, passage, vector, metadata in items:
            if vector is None:
                self.note("passages without a vector, left out")
                self.collections[name]["without"] += 1
                continue
            if id in taken:
                self.note("passages whose id another collection has as well, given another one")
                id = str(uuid.uuid5(uuid.NAMESPACE_URL, f"{name}/{id}"))
            rows.append({"id": id, "text": clean_text(passage, self.note), "vector": vector, "metadata": metadata})
        if rows:
            self.client.insert(name, rows)
            self.collections[name]["written"] += len(rows)
        self.done += len(items)
        self.say(progress={"what": "vectors", "done": self.done, "total": 0})

    def query(self, name, vector, expected):
        """It has to find the best passage of Chroma, or one as near, or the one that has this very vector: Chroma's index may miss some."""
        result = self.client.search(collection_name=name, vectors=[vector], limit=FOUND)
        found, near = (result.documents[0], result.distances[0]) if result else ([], [])
        best = [passage for passage, score in zip(found, near) if score > near[0] - TOLERANCE]
        self.queries += 1
        if expected and clean_text(expected[0], lambda _: None) not in best and not (near and near[0] > 1 - TOLERANCE):
            self.other.append(name)

    def finish(self):
        # It makes the index of vectors when it starts, once there are enough of them.
        PgvectorClient()
        present = dict(self.sql("select collection_name, count(*) from document_chunk group by 1"))
        differing = [
            name
            for name, one in self.collections.items()
            if present.get(name, 0) != one["written"] or one["written"] + one["without"] != one["expected"]
        ]
        self.say(
            collections=len(self.collections),
            passages=sum(one["written"] for one in self.collections.values()),
            queries=self.queries,
            differing=differing,
            other=sorted(set(self.other)),
            notes=[{"table": "document_chunk", "column": "", "what": what, "count": count} for what, count in self.notes.items()],
        )


def main():
    out = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)

    def say(**fields):
        print(json.dumps(fields), file=out, flush=True)

    writer = Writer(say)
    while True:
        what, *rest = pickle.load(sys.stdin.buffer)
        if what == "end":
            break
        getattr(writer, what)(*rest)
    writer.finish()
    out.close()
    sys.stderr.flush()
    os._exit(0)


main()
