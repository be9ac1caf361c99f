"""Prints the name of every environment variable that Open WebUI's source reads. Runs inside its image; nothing is imported."""

import ast
import pathlib
import re

PACKAGE = next(pathlib.Path("/").glob("opt/venv/lib/python3*/site-packages/open_webui"), None) or pathlib.Path(
    "/app/backend/open_webui"
)
NAME = re.compile(r"[A-Z][A-Z0-9_]*")
READS = re.compile(r"(^|\.)(getenv|environ(\.(get|pop|setdefault))?|_\w+_env)$")


def key_of(node):
    """The expression that names the variable, where a node reads one."""
    if isinstance(node, ast.Call) and node.args and READS.search(ast.unparse(node.func)):
        return node.args[0]
    if isinstance(node, ast.Subscript) and READS.search(ast.unparse(node.value)):
        return node.slice
    if isinstance(node, ast.Compare) and READS.search(ast.unparse(node.comparators[0])):
        return node.left
    return None


def names_of(tree):
    for node in ast.walk(tree):
        key = key_of(node)
        if isinstance(key, ast.Constant):
            yield key.value
        # A loop over a table: its keys are the names.
        if isinstance(node, ast.FunctionDef) and any(isinstance(key_of(one), ast.Name) for one in ast.walk(node)):
            for table in ast.walk(node):
                yield from (one.value for one in getattr(table, "keys", []) if isinstance(one, ast.Constant)) if isinstance(
                    table, ast.Dict
                ) else ()


found = {name for file in PACKAGE.rglob("*.py") for name in names_of(ast.parse(file.read_text()))}
print("\n".join(sorted(name for name in found if isinstance(name, str) and NAME.fullmatch(name))))
