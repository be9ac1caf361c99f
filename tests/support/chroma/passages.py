"""Fills Chroma as the web UI's standard image does, and asks it: JSON in, JSON out. Without "add" it only asks.

Standard input: {"add": {COLLECTION: [{"id", "text", "metadata"}...]}, "ask": {COLLECTION: QUESTION}}
"""

import json
import os
import sys

sys.path.append("/opt/test")
os.environ.update(USE_SLIM_DOCKER="false", VECTOR_DB="chroma", ENABLE_DB_MIGRATIONS="false", STATIC_DIR="/tmp/static", WEBUI_SECRET_KEY="test")
out = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)

from embedding import embedding
from open_webui.retrieval.vector.dbs.chroma import ChromaClient

given = json.load(sys.stdin)
client = ChromaClient()
for name, passages in given.get("add", {}).items():
    client.insert(name, [{**one, "vector": embedding(one["text"])} for one in passages])
found = {
    name: client.search(collection_name=name, vectors=[embedding(question)], limit=3).documents[0] for name, question in given["ask"].items()
}
json.dump(found, out)
out.close()
os._exit(0)
