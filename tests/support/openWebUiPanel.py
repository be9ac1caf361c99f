"""
Prints the environment variables on which the admin panel decides after the first start: those behind the keys of DEFAULT_CONFIG, which the
database keeps. Runs inside the image of Open WebUI; nothing of it is imported.
"""

import ast
import pathlib

PACKAGE = next(pathlib.Path("/").glob("opt/venv/lib/python3*/site-packages/open_webui"), None) or pathlib.Path(
    "/app/backend/open_webui"
)
tree = ast.parse((PACKAGE / "config.py").read_text())
# Of env.py: not for the panel to decide.
OUTSIDE = {
    alias.asname or alias.name for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) for alias in node.names
}


def read_in(node):
    """Variables that an expression reads itself."""
    for one in ast.walk(node):
        if isinstance(one, ast.Call) and ast.unparse(one.func) in ("os.getenv", "os.environ.get") and one.args:
            if isinstance(one.args[0], ast.Constant):
                yield one.args[0].value


# Name in the module -> the expressions that it is made of.
made = {}
for node in ast.walk(tree):
    if isinstance(node, ast.Assign):
        for target in node.targets:
            if isinstance(target, ast.Name):
                made.setdefault(target.id, []).append(node.value)
    if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value:
        made.setdefault(node.target.id, []).append(node.value)


def behind(expression, seen=frozenset()):
    yield from read_in(expression)
    for one in ast.walk(expression):
        if isinstance(one, ast.Name) and one.id not in seen and one.id not in OUTSIDE:
            for value in made.get(one.id, []):
                yield from behind(value, seen | {one.id})


(defaults,) = made["DEFAULT_CONFIG"]
found = {
    name
    for key, value in zip(defaults.keys, defaults.values)
    # The environment decides on these at every start, unless ENABLE_OAUTH_PERSISTENT_CONFIG says otherwise.
    if isinstance(key, ast.Constant) and not key.value.startswith("oauth.")
    for name in behind(value)
}
print("\n".join(sorted(found)))
