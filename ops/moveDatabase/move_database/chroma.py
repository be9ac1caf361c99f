"""Reads all vectors through Open WebUI's own Chroma client, and writes them to standard output, a batch at a time, pickled.

  ("collection", name, count)                 then its batches
  ("items", name, [(id, text, vector, metadata)...])
  ("query", name, vector, texts)              what a search for this vector finds there, best first
  ("end",)
"""

import os
import pickle
import sys

BATCH = 500
# Of each collection, and of all.
QUERIES, MOST_QUERIES = 2, 40
FOUND = 5


def batches(collection, size=BATCH):
    for offset in range(0, collection.count(), size):
        page = collection.get(limit=size, offset=offset, include=["embeddings", "documents", "metadatas"])
        embeddings = page["embeddings"] if page["embeddings"] is not None else [None] * len(page["ids"])
        yield [
            (id, text or "", None if vector is None else [float(number) for number in vector], metadata or {})
            for id, text, vector, metadata in zip(page["ids"], page["documents"], embeddings, page["metadatas"])
        ]


def main():
    # What it logs goes elsewhere than the vectors.
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    from open_webui.retrieval.vector.dbs.chroma import ChromaClient

    client = ChromaClient()

    def tell(*what):
        pickle.dump(what, out, protocol=4)
        out.flush()

    queries = 0
    for listed in client.client.list_collections():
        name = listed if isinstance(listed, str) else listed.name
        collection = client.client.get_collection(name=name, embedding_function=None)
        tell("collection", name, collection.count())
        probes = []
        for items in batches(collection):
            # Nothing is near to a vector of zeros.
            vectors = [vector for _, _, vector, _ in items if vector and any(vector)]
            if not probes and queries < MOST_QUERIES:
                probes = vectors[:: max(1, len(vectors) // QUERIES)][:QUERIES]
                queries += len(probes)
            tell("items", name, items)
        for vector in probes:
            result = client.search(collection_name=name, vectors=[vector], limit=FOUND)
            tell("query", name, vector, result.documents[0] if result else [])
    tell("end")
    out.close()
    sys.stderr.flush()
    # It does not wait for threads that are of no more use.
    os._exit(0)


main()
