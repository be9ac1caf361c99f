"""Runs the program of a folder by Pulumi's Automation API, for a machine without the language host of Python."""

import runpy
import sys

from pulumi import automation

command, stack_name, folder = sys.argv[1:]


def program() -> None:
    runpy.run_path(f"{folder}/__main__.py", run_name="__main__")


stack = automation.create_or_select_stack(
    stack_name, "chat-in-python", program, opts=automation.LocalWorkspaceOptions(work_dir=folder)
)
getattr(stack, command)(on_output=print)
