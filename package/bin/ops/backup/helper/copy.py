"""Writes the data folder of a server to standard output, as a tar file without what ends one, while the server runs.

  copy.py PART LEFT_OUT...   the part's name, and paths in its volume that are no part of a backup

Each SQLite database is copied by SQLite itself, at one moment, and the vector store's index together with its database. The rest comes
after the databases: a file to which a database refers was written before the row that names it, so it is there.
Says what it has found on standard error, as lines of JSON.
"""

import errno
import json
import os
import shutil
import sqlite3
import stat
import sys
import tarfile
import time
from urllib.parse import quote

PART = sys.argv[1]
LEFT_OUT = set(sys.argv[2:])
DATA = "/volumes/" + PART
SPOOL = "/spool"
# A database in here is an uploaded file and stays as it is.
OPAQUE = ("uploads", "cache")
ATTEMPTS = 10

warnings = []


def say(**fields):
    print(json.dumps(fields), file=sys.stderr, flush=True)


def entries(folder=""):
    """Relative path and status of everything below a folder; what vanishes meanwhile is not there."""
    try:
        names = sorted(os.listdir(os.path.join(DATA, folder)))
    except FileNotFoundError:
        return
    for name in names:
        path = os.path.join(folder, name)
        if path in LEFT_OUT:
            continue
        try:
            status = os.lstat(os.path.join(DATA, path))
        except FileNotFoundError:
            continue
        yield path, status
        if stat.S_ISDIR(status.st_mode):
            yield from entries(path)


def is_database(path, status):
    if not stat.S_ISREG(status.st_mode) or path.split("/")[0] in OPAQUE:
        return False
    try:
        with open(os.path.join(DATA, path), "rb") as file:
            return file.read(16) == b"SQLite format 3\0"
    except FileNotFoundError:
        return False


def spooled(path):
    target = os.path.join(SPOOL, path)
    os.makedirs(os.path.dirname(target), exist_ok=True)
    return target


def copy_database(path):
    target = spooled(path)
    if os.path.exists(target):
        os.remove(target)
    source = sqlite3.connect(f"file:{quote(os.path.join(DATA, path))}?mode=rw", uri=True, timeout=60)
    copy = sqlite3.connect(target)
    try:
        # In one step, that is at one moment: with write-ahead logging, Open WebUI's default, no writer waits for it.
        source.backup(copy)
        verdict = copy.execute("pragma quick_check(1)").fetchone()[0]
        if verdict != "ok":
            warnings.append(f"{path} is damaged: {verdict}")
    finally:
        copy.close()
        source.close()


def companions(folder, databases):
    """Plain files beside a database in a folder of its own: those of the vector store's index."""
    journals = {database + suffix for database in databases for suffix in ("-wal", "-shm", "-journal")}
    return {
        path: (status.st_size, status.st_mtime_ns, status.st_ino)
        for path, status in entries(folder)
        if stat.S_ISREG(status.st_mode) and path not in databases and path not in journals
    }


def copy_together(folder, databases):
    """Copies databases and the files beside them so that all are of one moment, if there is one without a change."""
    for attempt in range(ATTEMPTS):
        before = companions(folder, databases)
        for database in databases:
            copy_database(database)
        try:
            for path in before:
                shutil.copy2(os.path.join(DATA, path), spooled(path))
        except FileNotFoundError:
            continue
        if companions(folder, databases) == before:
            return list(before)
        time.sleep(0.2 * attempt)
    warnings.append(f"{folder} was written to all the time: its index may lack what was added during the backup")
    return [path for path in before if os.path.exists(os.path.join(SPOOL, path))]


def info_of(path, status):
    info = tarfile.TarInfo(f"{PART}/{path}")
    info.mode = stat.S_IMODE(status.st_mode)
    info.mtime = int(status.st_mtime)
    return info


def write(info, content=None):
    out = sys.stdout.buffer
    out.write(info.tobuf(tarfile.GNU_FORMAT, "utf-8", "surrogateescape"))
    left = info.size
    while left > 0:
        block = content.read(min(left, 1 << 20))
        if not block:
            # It was made shorter while it was read. The header has been sent, so the rest is nothing.
            warnings.append(f"{info.name} was cut while it was read")
            block = bytes(min(left, 1 << 20))
        out.write(block)
        left -= len(block)
    out.write(bytes(-info.size % 512))


def write_file(path, status, source):
    try:
        with open(source, "rb") as content:
            info = info_of(path, status)
            # No more than this, if it grows.
            info.size = os.fstat(content.fileno()).st_size
            write(info, content)
    except FileNotFoundError:
        pass


def main():
    found = list(entries())
    databases = [path for path, status in found if is_database(path, status)]
    free = shutil.disk_usage(SPOOL).free
    folders = {os.path.dirname(path) for path in databases} - {""}
    beside = [path for folder in folders for path in companions(folder, databases)]
    sizes = {path: status.st_size for path, status in found if stat.S_ISREG(status.st_mode)}
    needed = sum(sizes.get(path, 0) for path in {*databases, *beside})
    say(total=sum(sizes.values()))
    if needed > free:
        raise OSError(errno.ENOSPC, f"a copy of the databases takes {needed >> 20} MiB on the engine, and {free >> 20} are free")

    copied = set()
    for path in (path for path in databases if os.path.dirname(path) == ""):
        copy_database(path)
        copied.add(path)
    for folder in sorted(folders):
        own = [path for path in databases if os.path.dirname(path) == folder]
        copied.update(own, copy_together(folder, own))

    journals = {database + suffix for database in databases for suffix in ("-wal", "-shm", "-journal")}
    beside = tuple(folder + "/" for folder in folders)
    modes = dict(found)
    for path in sorted(copied):
        write_file(path, modes.get(path) or os.lstat(os.path.join(SPOOL, path)), os.path.join(SPOOL, path))
    # Once more: what was uploaded while the databases were copied may be named in them.
    for path, status in entries():
        if path in copied or path in journals or path in databases:
            continue
        elif stat.S_ISREG(status.st_mode):
            if not path.startswith(beside):
                write_file(path, status, os.path.join(DATA, path))
        elif stat.S_ISDIR(status.st_mode):
            info = info_of(path, status)
            info.type = tarfile.DIRTYPE
            write(info)
        elif stat.S_ISLNK(status.st_mode):
            info = info_of(path, status)
            info.type = tarfile.SYMTYPE
            info.linkname = os.readlink(os.path.join(DATA, path))
            write(info)
    sys.stdout.buffer.flush()
    say(warnings=warnings, elsewhere="webui.db" not in copied)


try:
    main()
except (OSError, sqlite3.Error) as error:
    say(error=str(error))
    sys.exit(1)
