"""Says what is in the web UI's volume, and whether the release in this image can take it over. On standard error, as a line of JSON.

  schema.py FOLDER AREA [REVISIONS]   the web UI's data, the folder in it that belongs to restores, and the revisions of a database elsewhere

  data       whether there is anything that people have made
  revisions  Alembic's revisions of the database; empty for one from before there were any, null where there is no database
  unknown    those of them that the image does not know: a newer release has written them
  current    whether the database is as this release wants it, as far as that can be known
  served     whether this release is the one that has served a database elsewhere last
"""

import hashlib
import importlib.util
import json
import os
import re
import sqlite3
import sys
from urllib.parse import quote

FOLDER, AREA = sys.argv[1:3]
DATABASE = os.path.join(FOLDER, "webui.db")
# Left by the web UI at each start with a database elsewhere; its last line names the release.
MARK = os.path.join(FOLDER, ".postgres")
IDENTIFIERS = re.compile(r"""^(revision|down_revision)\b[^=\n]*=\s*(.*)$""", re.MULTILINE)


def migrations():
    """Folders in which an image may have the migrations of Open WebUI."""
    yield "/app/backend/open_webui/migrations/versions"
    found = importlib.util.find_spec("open_webui")
    for place in (found.submodule_search_locations if found else None) or ():
        yield os.path.join(place, "migrations", "versions")


def known():
    """The revisions of the release in this image, and those of them that no other one follows."""
    for folder in migrations():
        if not os.path.isdir(folder):
            continue
        revisions, followed = set(), set()
        for name in os.listdir(folder):
            if not name.endswith(".py"):
                continue
            with open(os.path.join(folder, name), encoding="utf-8") as file:
                for key, value in IDENTIFIERS.findall(file.read()):
                    (revisions if key == "revision" else followed).update(re.findall(r"""['"](\w+)['"]""", value))
        return revisions, revisions - followed
    return set(), set()


def revisions():
    if not os.path.exists(DATABASE) or os.path.getsize(DATABASE) == 0:
        return None
    database = sqlite3.connect(f"file:{quote(DATABASE)}?mode=rw", uri=True, timeout=60)
    try:
        return sorted(row[0] for row in database.execute("select version_num from alembic_version"))
    except sqlite3.OperationalError as error:
        if "no such table" not in str(error):
            raise
        tables = database.execute("select count(*) from sqlite_master").fetchone()[0]
        return [] if tables else None
    finally:
        database.close()


def served(newest):
    """Whether the release in this image, by its settings and the newest revisions, is the one that the mark names."""
    if not os.path.exists(MARK):
        return False
    for folder in migrations():
        config = os.path.join(folder, "..", "..", "config.py")
        if os.path.isdir(folder) and os.path.exists(config):
            with open(config, "rb") as file, open(MARK, encoding="utf-8") as mark:
                settings = hashlib.sha256(file.read()).hexdigest()[:16]
                named = f"settings of config.py {settings}, revisions {' '.join(sorted(newest))}"
                return mark.read().splitlines()[-1:] == [named]
    return False


def has_files():
    """Whether there is a file besides models and what a restore keeps."""
    for folder, folders, files in os.walk(FOLDER):
        if folder == FOLDER:
            folders[:] = [name for name in folders if name not in (AREA, "cache")]
        if files:
            return True
    return False


try:
    present = json.loads(sys.argv[3]) if len(sys.argv) > 3 else revisions()
    all_known, newest = known()
    print(
        json.dumps(
            {
                "data": present is not None or has_files(),
                "revisions": present,
                "unknown": sorted(set(present or ()) - all_known) if all_known else [],
                "current": not newest or set(present or ()) >= newest,
                "served": served(newest),
            }
        ),
        file=sys.stderr,
    )
except (OSError, sqlite3.Error) as error:
    print(json.dumps({"error": f"the database of the web UI cannot be read: {error}"}), file=sys.stderr)
    sys.exit(1)
