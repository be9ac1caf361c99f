"""Puts other data into the two volumes of a stack, and keeps what was there.

Everything happens inside of the volumes, in a folder `.restore` of each, by renaming: nothing is copied while the web UI stands still, and
a full disk shows before anything has changed. The name of the file `phase.*` in the web UI's volume says how far an exchange has come; it
is renamed as well, which takes no room and is done or not done. Wherever a run is killed, `undo` brings back what was there before it.

  in      what is to come in, complete; `in.partial` while it is being filled
  out     what was there, while an exchange is not yet proved
  before  what was there before the last one

  phase.out      the present data is on its way to `out`
  phase.in       the new data is on its way from `in`
  phase.swapped  the new data is in place, and not yet proved
  phase.back     the new data is on its way back to `in`; after it comes phase.out the other way round
  phase.done     proved; what is left is to clear up
"""

import json
import os
import shutil
import sqlite3
import stat
import sys
import tarfile

VOLUMES = {"webui": "/volumes/webui", "valkey": "/volumes/valkey"}
AREA = ".restore"
# Not in a backup: what the image brings, or the web UI fetches when it needs it. They stay with the volume.
MODELS = ("cache/embedding", "cache/whisper", "cache/tiktoken")
# Marks an exchange with what a restore has kept, which an undo must not throw away.
KEEP = "keep"


def say(**fields):
    print(json.dumps(fields), file=sys.stderr, flush=True)


def area(volume, *parts):
    return os.path.join(VOLUMES[volume], AREA, *parts)


def settle(path):
    """Makes sure that what was renamed in a folder is on the disk."""
    folder = os.open(path, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def phase():
    try:
        found = [name[6:] for name in os.listdir(area("webui")) if name.startswith("phase.")]
    except FileNotFoundError:
        return None
    return found[0] if found else None


def enter(new):
    """Writes down the next phase, after all of the one before is on the disk."""
    for volume in VOLUMES:
        settle(VOLUMES[volume])
        settle(area(volume))
    old = phase()
    if old is None:
        os.close(os.open(area("webui", "phase." + new), os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    else:
        os.rename(area("webui", "phase." + old), area("webui", "phase." + new))
    settle(area("webui"))


def leave():
    for volume in VOLUMES:
        settle(VOLUMES[volume])
        settle(area(volume))
    os.remove(area("webui", "phase." + phase()))
    settle(area("webui"))


def move(source, target):
    """Moves all that is in a folder, but not the area itself, into another one. Goes on where it was stopped."""
    if not os.path.isdir(source):
        return
    for name in os.listdir(source):
        if name == AREA:
            continue
        destination = os.path.join(target, name)
        if os.path.lexists(destination):
            raise FileExistsError(f"{name} is in {source} and in {target}; nothing was overwritten")
        os.rename(os.path.join(source, name), destination)


def remove(path):
    if os.path.lexists(path):
        shutil.rmtree(path)


def owner_of(text):
    user, group = text.split(":")
    return int(user), int(group)


def hand_over(path, owner):
    os.chown(path, *owner, follow_symlinks=False)
    for folder, folders, files in os.walk(path):
        for name in folders + files:
            os.chown(os.path.join(folder, name), *owner, follow_symlinks=False)


def make_area(owners):
    for volume, owner in owners.items():
        os.makedirs(area(volume), mode=0o700, exist_ok=True)
        os.chown(area(volume), *owner)


def make(volume, name):
    """A folder in the area, for whoever has the area: Valkey's image takes no file of others in its volume."""
    os.makedirs(area(volume, name), exist_ok=True)
    status = os.stat(area(volume))
    os.chown(area(volume, name), status.st_uid, status.st_gid)


def clear():
    """Removes what a run has left that was killed before it changed anything."""
    for volume in VOLUMES:
        remove(area(volume, "in.partial"))
        if not os.path.lexists(area("webui", KEEP)):
            remove(area(volume, "in"))


def place(name):
    """Where a file of the archive goes; the manifest goes nowhere."""
    parts = name.split("/")
    if ".." in parts or name.startswith("/"):
        raise ValueError(f"{name} would leave the volume")
    if parts[0] == "webui" and len(parts) > 1 and parts[1] != AREA:
        return area("webui", "in.partial", *parts[1:])
    if name == "valkey/dump.rdb":
        return area("valkey", "in.partial", "dump.rdb")
    if name == "manifest.json":
        return None
    raise ValueError(f"{name} belongs to neither volume")


def unpack():
    links, folders = [], []
    with tarfile.open(fileobj=sys.stdin.buffer, mode="r|") as archive:
        for member in archive:
            target = place(member.name)
            if target is None:
                continue
            if member.isdir():
                os.makedirs(target, exist_ok=True)
                folders.append((target, member))
            elif member.issym():
                # Last, so that nothing is ever written through one.
                links.append((target, member.linkname))
            elif member.isreg():
                os.makedirs(os.path.dirname(target), exist_ok=True)
                with open(target, "xb") as file:
                    shutil.copyfileobj(archive.extractfile(member), file, 1 << 20)
                os.chmod(target, stat.S_IMODE(member.mode) & 0o777)
                os.utime(target, (member.mtime, member.mtime))
            else:
                raise ValueError(f"{member.name} is neither a file nor a folder")
    for target, to in links:
        os.makedirs(os.path.dirname(target), exist_ok=True)
        os.symlink(to, target)
    for target, member in reversed(folders):
        os.chmod(target, stat.S_IMODE(member.mode) & 0o777)
        os.utime(target, (member.mtime, member.mtime))


def keep_models():
    """The models of the volume, a second time without a second copy."""
    for path in MODELS:
        source, target = os.path.join(VOLUMES["webui"], path), area("webui", "in.partial", path)
        if os.path.isdir(source) and not os.path.lexists(target):
            shutil.copytree(source, target, symlinks=True, copy_function=os.link)


def stage(webui_owner, valkey_owner):
    if phase() is not None:
        raise ValueError("an earlier restore has not come to its end")
    owners = {"webui": owner_of(webui_owner), "valkey": owner_of(valkey_owner)}
    make_area(owners)
    restore_kept()
    clear()
    try:
        for volume in VOLUMES:
            make(volume, "in.partial")
        unpack()
        keep_models()
        for volume, owner in owners.items():
            hand_over(area(volume, "in.partial"), owner)
        os.sync()
        for volume in VOLUMES:
            os.rename(area(volume, "in.partial"), area(volume, "in"))
    except BaseException:
        clear()
        raise


def exchange():
    """Needs both servers to stand still."""
    enter("out")
    for volume, path in VOLUMES.items():
        make(volume, "out")
        move(path, area(volume, "out"))
    enter("in")
    for volume, path in VOLUMES.items():
        move(area(volume, "in"), path)
    enter("swapped")


def undo():
    """Needs both servers to stand still. Does nothing where there is nothing to undo."""
    if phase() == "done":
        finish()
        return
    if phase() in ("in", "swapped"):
        enter("back")
    if phase() == "back":
        for volume, path in VOLUMES.items():
            make(volume, "in")
            move(path, area(volume, "in"))
        enter("out")
    if phase() == "out":
        for volume, path in VOLUMES.items():
            move(area(volume, "out"), path)
            remove(area(volume, "out"))
        leave()
    restore_kept()
    clear()


def restore_kept():
    if not os.path.lexists(area("webui", KEEP)):
        return
    for volume in VOLUMES:
        if os.path.isdir(area(volume, "in")):
            os.rename(area(volume, "in"), area(volume, "before"))
    os.remove(area("webui", KEEP))


def finish():
    if phase() != "done":
        enter("done")
    for volume in VOLUMES:
        # Only where it was not yet renamed is there something older to remove.
        if os.path.isdir(area(volume, "out")):
            remove(area(volume, "before"))
            os.rename(area(volume, "out"), area(volume, "before"))
        remove(area(volume, "in"))
    if os.path.lexists(area("webui", KEEP)):
        os.remove(area("webui", KEEP))
    leave()


def take_kept():
    """Makes what the last restore has kept the next to come in."""
    if not all(os.path.isdir(area(volume, "before")) for volume in VOLUMES):
        raise ValueError("there is nothing that was kept by a restore")
    os.close(os.open(area("webui", KEEP), os.O_CREAT | os.O_WRONLY, 0o600))
    settle(area("webui"))
    for volume in VOLUMES:
        remove(area(volume, "in"))
        os.rename(area(volume, "before"), area(volume, "in"))


def forget():
    for volume in VOLUMES:
        remove(area(volume))


def count(database, table):
    try:
        return database.execute(f'select count(*) from "{table}"').fetchone()[0]
    except sqlite3.Error:
        return None


def look():
    path = os.path.join(VOLUMES["webui"], "webui.db")
    counts = {"users": None, "chats": None, "files": None}
    if os.path.exists(path):
        try:
            database = sqlite3.connect(f"file:{path}?mode=rw", uri=True, timeout=60)
            counts = {key: count(database, table) for key, table in (("users", "user"), ("chats", "chat"), ("files", "file"))}
            database.close()
        except sqlite3.Error:
            pass
    half = [volume for volume in VOLUMES if os.path.lexists(area(volume, "in.partial")) or os.path.lexists(area(volume, "in"))]
    valkey = os.stat(VOLUMES["valkey"])
    say(
        phase=phase(),
        half=bool(half),
        kept=os.path.isdir(area("webui", "before")),
        free={volume: shutil.disk_usage(path).free for volume, path in VOLUMES.items()},
        valkey_owner=f"{valkey.st_uid}:{valkey.st_gid}",
        **counts,
    )


COMMANDS = {
    command.__name__: command for command in (look, stage, exchange, undo, finish, take_kept, forget)
}

try:
    COMMANDS[sys.argv[1]](*sys.argv[2:])
except (OSError, ValueError, tarfile.TarError) as error:
    say(error=str(error))
    sys.exit(1)
