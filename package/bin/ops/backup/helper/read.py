"""Writes a file of a volume to standard output, and before it its length and time to standard error, as a line of JSON: both null where
there is none. The file stays the one that was opened, even if its server replaces it meanwhile."""

import json
import os
import shutil
import sys

try:
    file = open(sys.argv[1], "rb")
except FileNotFoundError:
    print(json.dumps({"size": None, "modified": None}), file=sys.stderr, flush=True)
    sys.exit()
except OSError as error:
    print(json.dumps({"error": str(error)}), file=sys.stderr, flush=True)
    sys.exit(1)
with file:
    status = os.fstat(file.fileno())
    print(json.dumps({"size": status.st_size, "modified": int(status.st_mtime)}), file=sys.stderr, flush=True)
    shutil.copyfileobj(file, sys.stdout.buffer, 1 << 20)
