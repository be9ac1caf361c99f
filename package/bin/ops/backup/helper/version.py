"""Says which release of Open WebUI an image has: as its own source does, by the page's package.json, else by the Python package."""

import importlib.metadata
import json
import sys


def version():
    try:
        with open("/app/package.json") as file:
            return json.load(file)["version"]
    except (OSError, ValueError, KeyError):
        pass
    try:
        return importlib.metadata.version("open-webui")
    except importlib.metadata.PackageNotFoundError:
        return None


print(json.dumps({"version": version()}), file=sys.stderr)
