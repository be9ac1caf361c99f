"""
Prints the commands that Open WebUI's source sends to Redis, those in Lua scripts included. Runs inside its image; nothing of Open WebUI is
imported. Names are those of an ACL: lower case, with "|" before a subcommand.
"""

import ast
import pathlib
import re

SITE = next(pathlib.Path("/").glob("opt/venv/lib/python3*/site-packages"), None) or next(
    pathlib.Path("/").glob("usr/local/lib/python3*/site-packages")
)
PACKAGE = next((one for one in (SITE / "open_webui", pathlib.Path("/app/backend/open_webui")) if one.exists()))
# Libraries through which it talks to Redis.
LIBRARIES = ["socketio/async_redis_manager.py", "starsessions/stores/redis.py", "redis/asyncio/lock.py"]
# Another server by another protocol: a vector store of the user's own.
ELSEWHERE = re.compile(r"/(migrations|retrieval/vector)/")

IN_SCRIPT = re.compile(r"redis\.p?call\(\s*['\"](\w+)['\"]")
CLIENT = re.compile(r"(^|[._])(redis\w*|pipe(line)?|pubsub|_connection)(\(.*\))?$", re.IGNORECASE | re.DOTALL)
# Methods that only a client of Redis has. Any other counts where its receiver looks like one.
DISTINCT = re.compile(
    r"(h(del|exists|get|getall|incrby\w*|keys|len|mget|mset|scan\w*|set|setnx|vals)|z[a-z]+|[lr](push|pop)x?|l(index|insert|len|range|rem|set|trim)"
    r"|s(add|card|diff|inter|ismember|members|mismember|randmember|rem|scan\w*|union)|[mp]?getex|getdel|getset|m(get|set|setnx)|p?setex|setnx"
    r"|(incr|decr)(by\w*)?|evalsha|eval_ro|p?expire(at|time)?|p?ttl|persist|x(add|ack|del|group\w*|len|range|read\w*|trim)|p(un)?subscribe|script_load)"
)
# Methods that are not called as their commands are.
SENDS = {
    "decr": ["decrby"],
    "delete": ["del"],
    "execute_command": [],
    "execute": [],
    "incr": ["incrby"],
    "lock": ["set", "evalsha", "script|load"],
    "pipeline": ["multi", "exec"],
    "pubsub": [],
    "register_script": ["evalsha", "script|load"],
    "script_load": ["script|load"],
    "scan_iter": ["scan"],
    "hscan_iter": ["hscan"],
    "sscan_iter": ["sscan"],
    "zscan_iter": ["zscan"],
}


def methods():
    """Names of the methods by which redis-py sends a command."""
    for file in (SITE / "redis/commands").rglob("core.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and not node.name.startswith(("_", "get_")):
                yield node.name


COMMANDS = set(methods()) | {"psubscribe", "punsubscribe", "subscribe", "unsubscribe", "lock", "pipeline", "execute_command", "pubsub"}


def commands_of(tree):
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield from (name.lower() for name in IN_SCRIPT.findall(node.value))
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in COMMANDS):
            continue
        name = node.func.attr
        if not DISTINCT.fullmatch(name) and not CLIENT.search(ast.unparse(node.func.value)):
            continue
        if name == "execute_command" and node.args and isinstance(node.args[0], ast.Constant):
            yield str(node.args[0].value).lower()
        else:
            yield from SENDS.get(name, [name])


files = [file for file in PACKAGE.rglob("*.py") if not ELSEWHERE.search(str(file))]
files = [file for file in files if re.search("redis", file.read_text(), re.IGNORECASE)]
files += [SITE / library for library in LIBRARIES if (SITE / library).exists()]
print("\n".join(sorted({name for file in files for name in commands_of(ast.parse(file.read_text()))})))
