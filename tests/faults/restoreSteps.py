"""Ends ops/backup/helper/put.py at every step that it takes on the disk, and looks at what `undo` makes of it.

Gets the program as its argument. Works in /volumes, a file system of its own. Prints a line of JSON for each command.
"""

import io
import json
import os
import shutil
import sys
import tarfile

PROGRAM = compile(sys.argv[1], "put.py", "exec")
ROOTS = ("/volumes/webui", "/volumes/valkey")
STEPS = (("os", "rename"), ("os", "remove"), ("os", "open"), ("os", "makedirs"), ("os", "chown"), ("os", "link"), ("shutil", "rmtree"))
KILLED = 137
PARTS = (
    json.dumps({"name": "webui", "keep": ["cache/embedding"], "owner": "0:0"}),
    json.dumps({"name": "valkey", "keep": [], "only": ["dump.rdb"], "owner": "0:0"}),
)


def archive():
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.GNU_FORMAT) as tar:
        for name, text in (("webui/webui.db", "new"), ("webui/uploads/n", "new"), ("valkey/dump.rdb", "new"), ("manifest.json", "{}")):
            info = tarfile.TarInfo(name)
            info.size = len(text)
            tar.addfile(info, io.BytesIO(text.encode()))
    return out.getvalue()


NEW = archive()


def write(path, text):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w") as file:
        file.write(text)


def fresh():
    for root in ROOTS:
        shutil.rmtree(root, ignore_errors=True)
        os.makedirs(root)
    write("/volumes/webui/webui.db", "old")
    write("/volumes/webui/webui.db-wal", "old")
    write("/volumes/webui/uploads/o", "old")
    write("/volumes/webui/cache/embedding/model", "model")
    write("/volumes/valkey/dump.rdb", "old")
    write("/volumes/valkey/appendonlydir/incr", "old")


def tree(area=False):
    found = {}
    for root in ROOTS:
        for folder, _, files in os.walk(root):
            for name in files:
                path = os.path.join(folder, name)
                if ("/.restore/" in path) == area:
                    with open(path) as file:
                        found[path] = file.read()
    return found


def run(words, die_at=None):
    """Runs the program as a process of its own, which ends after one of its steps; whether it came to its end."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            taken = [0]

            def dying(real):
                def step(*args, **kwargs):
                    taken[0] += 1
                    # A step may consist of others: each ends at its own number.
                    number = taken[0]
                    result = real(*args, **kwargs)
                    if number == die_at:
                        os._exit(KILLED)
                    return result

                return step

            for module, name in STEPS:
                setattr(sys.modules[module], name, dying(getattr(sys.modules[module], name)))
            os.sync = lambda: None
            sys.stdin = io.TextIOWrapper(io.BytesIO(NEW))
            sys.argv = ["put.py", *words, ".restore", *PARTS]
            exec(PROGRAM, {"__name__": "__main__"})
            code = 0
        except SystemExit as error:
            code = error.code or 0
        except BaseException as error:
            print(repr(error), file=sys.stderr)
        finally:
            os._exit(code)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if code not in (0, KILLED):
        raise SystemExit(f"{words} at {die_at} ended with {code}")
    return code == 0


def prepared(commands):
    """Puts the data into the state that these commands leave; from the second time on by a copy of it."""
    saved = "/volumes/saved/" + "-".join(["start", *(words[0] for words in commands)])
    if not os.path.exists(saved):
        fresh()
        for words in commands:
            run(words)
        for root in ROOTS:
            shutil.copytree(root, saved + root)
    for root in ROOTS:
        shutil.rmtree(root)
        shutil.copytree(saved + root, root)


STAGE = ["stage"]
PATHS = {
    "stage": ([], STAGE),
    "exchange": ([STAGE], ["exchange"]),
    "finish": ([STAGE, ["exchange"]], ["finish"]),
    "undo": ([STAGE, ["exchange"]], ["undo"]),
    "reject": ([STAGE, ["exchange"]], ["reject"]),
    "reject a second one": ([STAGE, ["exchange"], ["finish"], STAGE, ["exchange"]], ["reject"]),
    "take_kept": ([STAGE, ["exchange"], ["finish"]], ["take_kept"]),
    "exchange back": ([STAGE, ["exchange"], ["finish"], ["take_kept"]], ["exchange"]),
    "undo back": ([STAGE, ["exchange"], ["finish"], ["take_kept"], ["exchange"]], ["undo"]),
    "finish back": ([STAGE, ["exchange"], ["finish"], ["take_kept"], ["exchange"]], ["finish"]),
}

fresh()
OLD = tree()
prepared(PATHS["finish"][0])
REPLACED = tree()


def guarded():
    """Whether no server starts on half of the data: each volume notes it by itself."""
    if json.dumps(tree(), sort_keys=True) in (json.dumps(OLD, sort_keys=True), json.dumps(REPLACED, sort_keys=True)):
        return True
    return all(any(os.path.exists(f"{root}/.restore/phase.{name}") for name in ("out", "in", "back")) for root in ROOTS)


def outcome():
    """Which data is in place, and what is kept: all of one, or it is wrong."""
    place = {json.dumps(OLD, sort_keys=True): "old", json.dumps(REPLACED, sort_keys=True): "new"}
    there = place.get(json.dumps(tree(), sort_keys=True), "MIXED")
    kept = tree(area=True)
    wrong = [path for path in kept if "/.restore/before/" not in path]
    return there + (" and kept" if kept else "") + (f" and left over {wrong}" if wrong else "")


for name, (before, words) in PATHS.items():
    step, outcomes = 1, set()
    while True:
        prepared(before)
        if run(words, step):
            break
        if not guarded():
            outcomes.add("UNGUARDED")
        # What settles it is killed as well, at one of its own steps, and then again comes to its end.
        settling = words if words == ["reject"] else ["undo"]
        if not run(settling, 1 + step % 12):
            run(settling)
        outcomes.add(outcome())
        step += 1
    print(json.dumps({"command": name, "steps": step - 1, "outcomes": sorted(outcomes)}), flush=True)
