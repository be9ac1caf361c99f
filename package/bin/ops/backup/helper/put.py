"""Puts other data into the volumes of a stack, and keeps what was there.

  put.py COMMAND AREA PART...   each part as JSON: {"name", "keep", "only", "owner"}; `only` and `owner` may be missing; {"name", "skip"} for a part
                                of the archive that the stack does not have

Everything happens inside of the volumes, in the folder AREA of each, by renaming: nothing is copied while the servers stand still, and a
full disk shows before anything has changed. The first part is the anchor: the name of the file `phase.*` in the area of its volume says how
far an exchange of all volumes has come. It is renamed as well, which takes no room and is done or not done. Wherever a run is killed,
`undo` brings back what was there before it. The other volumes have a copy of the note, written after the anchor's and removed before it: the
servers look for one in their own volume, and do not start on half of the data.

  in      what is to come in, complete; `in.partial` while it is being filled
  out     what was there, while an exchange is not yet proved
  before  what was there before the last one
  strange what something else has written between two steps of an exchange, where it is in the way

  phase.out      the present data is on its way to `out`
  phase.in       the new data is on its way from `in`
  phase.swapped  the new data is in place, and not yet proved
  phase.back     the new data is on its way back to `in`; after it comes phase.out the other way round
  phase.done     proved; what is left is to clear up
"""

import json
import os
import shutil
import stat
import sys
import tarfile

COMMAND, AREA = sys.argv[1:3]
GIVEN = [json.loads(part) for part in sys.argv[3:]]
PARTS = {part["name"]: part for part in GIVEN if not part.get("skip")}
# Of the archive, and not of this stack.
SKIPPED = {part["name"] for part in GIVEN if part.get("skip")}
VOLUMES = {name: "/volumes/" + name for name in PARTS}
ANCHOR = next(iter(PARTS))
# Marks an exchange whose new data an undo must not throw away: it is what a restore has kept, or people may have worked with it.
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


def note(volume):
    """The phase that a volume has noted."""
    try:
        found = [name[6:] for name in os.listdir(area(volume)) if name.startswith("phase.")]
    except FileNotFoundError:
        return None
    return found[0] if found else None


def phase():
    return note(ANCHOR)


def settle_all():
    for volume in VOLUMES:
        settle(VOLUMES[volume])
        settle(area(volume))


def write(volume, new):
    old = note(volume)
    if old is None:
        path = area(volume, "phase." + new)
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        inherit(volume, path)
    elif old != new:
        os.rename(area(volume, "phase." + old), area(volume, "phase." + new))
    settle(area(volume))


def erase(volume):
    old = note(volume)
    if old is not None:
        os.remove(area(volume, "phase." + old))
        settle(area(volume))


def enter(new):
    """Writes down the next phase, after all of the one before is on the disk."""
    settle_all()
    for volume in VOLUMES:
        write(volume, new)


def leave():
    settle_all()
    for volume in reversed(VOLUMES):
        erase(volume)


JOURNALS = ("-wal", "-shm", "-journal")


def set_aside(volume, name):
    """Makes room where something else has written meanwhile; a database goes with its journals, which would spoil another one."""
    make(volume, "strange")
    for one in (name, *(name + suffix for suffix in JOURNALS)):
        if os.path.lexists(os.path.join(VOLUMES[volume], one)):
            number = 1
            while os.path.lexists(area(volume, "strange", f"{one}.{number}")):
                number += 1
            os.rename(os.path.join(VOLUMES[volume], one), area(volume, "strange", f"{one}.{number}"))


def move(source, target, aside=None):
    """
    Moves all that is in a folder, but not the area itself, into another one. Goes on where it was stopped.

    Of two things of one name the one in the volume itself is the stranger, as servers write nowhere else: with `aside`, the volume, it makes
    room, otherwise it is an error.
    """
    if not os.path.isdir(source):
        return
    names = [name for name in os.listdir(source) if name != AREA]
    for name in names:
        if os.path.lexists(os.path.join(target, name)):
            if aside is None:
                raise FileExistsError(f"{name} is in {source} and in {target}; nothing was overwritten")
            set_aside(aside, name)
    for name in names:
        # A journal may have gone aside with its database.
        if os.path.lexists(os.path.join(source, name)):
            os.rename(os.path.join(source, name), os.path.join(target, name))


def remove(path):
    if os.path.lexists(path):
        shutil.rmtree(path)


def owner_of(part):
    return tuple(map(int, part["owner"].split(":")))


def hand_over(path, owner):
    os.chown(path, *owner, follow_symlinks=False)
    for folder, folders, files in os.walk(path):
        for name in folders + files:
            os.chown(os.path.join(folder, name), *owner, follow_symlinks=False)


def make_areas():
    for volume, part in PARTS.items():
        os.makedirs(area(volume), mode=0o700, exist_ok=True)
        os.chown(area(volume), *owner_of(part))


def inherit(volume, path):
    """Gives something in the area to the owner of the area: Valkey's image accepts no other owner in its volume."""
    status = os.stat(area(volume))
    os.chown(path, status.st_uid, status.st_gid)


def make(volume, name):
    os.makedirs(area(volume, name), exist_ok=True)
    inherit(volume, area(volume, name))


def clear():
    """Removes what a run has left that was killed before it changed anything."""
    for volume in VOLUMES:
        erase(volume)
        remove(area(volume, "in.partial"))
        if not os.path.lexists(area(ANCHOR, KEEP)):
            remove(area(volume, "in"))


def place(name):
    """Where a file of the archive goes; the manifest goes nowhere."""
    if name == "manifest.json":
        return None
    volume, *path = name.split("/")
    if volume in SKIPPED:
        return None
    if ".." in path or volume == "":
        raise ValueError(f"{name} would leave the volume")
    only = PARTS.get(volume, {"only": []}).get("only", ["/".join(path)])
    if not path or path[0] == AREA or "/".join(path) not in only:
        raise ValueError(f"{name} belongs to no volume")
    return area(volume, "in.partial", *path)


def require_no_link_above(target):
    """Nothing is written through a symbolic link of an archive, which could lead out of the volume."""
    folder = os.path.dirname(target)
    if os.path.realpath(folder) != os.path.normpath(folder):
        raise ValueError(f"{target} is below a symbolic link")


def link(target, to):
    require_no_link_above(target)
    os.makedirs(os.path.dirname(target), exist_ok=True)
    os.symlink(to, target)


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
                # Last, so that no file is written through one.
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
        link(target, to)
    for target, member in reversed(folders):
        os.chmod(target, stat.S_IMODE(member.mode) & 0o777)
        os.utime(target, (member.mtime, member.mtime))


def keep_present():
    """What of the present data stays: a second time without a second copy."""
    for volume, part in PARTS.items():
        for path in part["keep"]:
            source, target = os.path.join(VOLUMES[volume], path), area(volume, "in.partial", path)
            if not os.path.isdir(source):
                continue
            require_no_link_above(target)
            if not os.path.lexists(target):
                shutil.copytree(source, target, symlinks=True, copy_function=os.link)


def stage():
    if phase() is not None:
        raise ValueError("an earlier restore has not come to its end")
    make_areas()
    restore_kept()
    clear()
    try:
        for volume in VOLUMES:
            make(volume, "in.partial")
        unpack()
        keep_present()
        for volume, part in PARTS.items():
            hand_over(area(volume, "in.partial"), owner_of(part))
        os.sync()
        for volume in VOLUMES:
            os.rename(area(volume, "in.partial"), area(volume, "in"))
    except BaseException:
        clear()
        raise


def exchange():
    """Needs all servers to stand still."""
    enter("out")
    for volume, path in VOLUMES.items():
        make(volume, "out")
        move(path, area(volume, "out"))
    enter("in")
    for volume, path in VOLUMES.items():
        move(area(volume, "in"), path)
    enter("swapped")


def undo():
    """Needs all servers to stand still. Does nothing where there is nothing to undo."""
    if phase() == "done":
        finish()
        return
    if phase() in ("in", "swapped"):
        enter("back")
    if phase() == "back":
        for volume, path in VOLUMES.items():
            make(volume, "in")
            move(path, area(volume, "in"), aside=volume)
        enter("out")
    if phase() == "out":
        for volume, path in VOLUMES.items():
            move(area(volume, "out"), path, aside=volume)
            remove(area(volume, "out"))
        leave()
    restore_kept()
    clear()
    say(strange=[volume for volume in VOLUMES if os.path.lexists(area(volume, "strange"))])


def reject():
    """
    Undoes an exchange that was killed before its proof, and keeps its data as a restore keeps what was there before: people may have worked with
    it since. Needs all servers to stand still.
    """
    if phase() == "swapped" and not os.path.lexists(area(ANCHOR, KEEP)):
        for volume in VOLUMES:
            remove(area(volume, "before"))
        mark_kept()
    undo()


def restore_kept():
    if not os.path.lexists(area(ANCHOR, KEEP)):
        return
    for volume in VOLUMES:
        if os.path.isdir(area(volume, "in")):
            os.rename(area(volume, "in"), area(volume, "before"))
    os.remove(area(ANCHOR, KEEP))


def finish():
    if phase() != "done":
        enter("done")
    for volume in VOLUMES:
        # Only where it was not yet renamed is there something older to remove.
        if os.path.isdir(area(volume, "out")):
            remove(area(volume, "before"))
            os.rename(area(volume, "out"), area(volume, "before"))
        remove(area(volume, "in"))
    if os.path.lexists(area(ANCHOR, KEEP)):
        os.remove(area(ANCHOR, KEEP))
    leave()


def mark_kept():
    os.close(os.open(area(ANCHOR, KEEP), os.O_CREAT | os.O_WRONLY, 0o600))
    settle(area(ANCHOR))


def take_kept():
    """Makes what the last restore has kept the next to come in."""
    if not all(os.path.isdir(area(volume, "before")) for volume in VOLUMES):
        raise ValueError("there is nothing that was kept by a restore")
    mark_kept()
    for volume in VOLUMES:
        remove(area(volume, "in"))
        os.rename(area(volume, "before"), area(volume, "in"))


def forget():
    for volume in VOLUMES:
        remove(area(volume))


def look():
    half = any(note(volume) or os.path.lexists(area(volume, name)) for volume in VOLUMES for name in ("in.partial", "in"))
    parts = {
        volume: {"free": shutil.disk_usage(path).free, "owner": "{0.st_uid}:{0.st_gid}".format(os.stat(path))}
        for volume, path in VOLUMES.items()
    }
    say(phase=phase(), half=half, kept=os.path.isdir(area(ANCHOR, "before")), parts=parts)


COMMANDS = {command.__name__: command for command in (look, stage, exchange, undo, reject, finish, take_kept, forget)}

try:
    COMMANDS[COMMAND]()
except (OSError, ValueError, tarfile.TarError) as error:
    say(error=str(error))
    sys.exit(1)
