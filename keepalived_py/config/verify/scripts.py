"""Whether scripts exist, may run and are safe, and what is executed in the end.

Source: reference/cli-and-process.md §9.
"""

from __future__ import annotations

import dataclasses
import enum
import os
import posixpath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from keepalived_py.config.ast import Command
    from keepalived_py.config.build import Context

_ROOT = 0


class Verdict(enum.Flag):
    """What looking at a script found."""

    NONE = 0
    IS_SCRIPT = 1
    EXECUTABLE = 2
    INSECURE = 4
    INHIBITED = 8
    NOT_FOUND = 16
    SYSTEM = 32


def check_script(context: Context, command: Command) -> tuple[Command, Verdict]:
    """Look at a command on the host: the command with its path, and what was found. Reasons are logged."""
    name = command.argv[0] if command.argv else ""
    if name.startswith("<") and name[1:].lstrip(" \t").startswith("/"):
        # Only a shell can do this: the reference hands the whole text to system().
        shell = ("/bin/sh", "-c", " ".join(command.argv))
        return dataclasses.replace(command, argv=shell, path="/bin/sh"), Verdict.SYSTEM
    host = context.host
    argv = command.argv
    if "/" not in name:
        found = host.locate(name, command.uid, command.gid) if name else None
        if found is None:
            context.log(f"Cannot find script {name} in path - disabling")
            return command, Verdict.NOT_FOUND
        context.log(f"WARNING - script `{name}` resolved by path search to `{found}`. Please specify full path.")
        name = found
        argv = (name, *argv[1:])
    facts = host.program(name, command.uid, command.gid)
    if isinstance(facts, int):
        context.log(f"Script {name} cannot be accessed - {os.strerror(facts)}")
        return command, Verdict.NOT_FOUND
    clean = posixpath.normpath(name)
    path = clean if context.globals.values.get("use_symlink_paths") else facts.real_path
    checked = dataclasses.replace(command, argv=(clean, *argv[1:]), path=path)
    verdict = Verdict.IS_SCRIPT
    if facts.executable:
        verdict |= Verdict.EXECUTABLE
    else:
        context.log(f"WARNING - script '{name}' is not executable for uid:gid {command.uid}:{command.gid} - disabling.")
    protects = facts.executable and (_ROOT in {command.uid, command.gid} or facts.set_id)
    if protects and facts.wrong_type:
        context.log(f"Wrong file type found in script path '{name}'.")
        verdict |= Verdict.INHIBITED
    elif protects and not facts.root_only:
        security = "enable_script_security" in context.globals.values
        context.log(f"Unsafe permissions found for script '{name}'{' - disabling' if security else ''}.")
        verdict |= Verdict.INSECURE
        if security:
            verdict |= Verdict.INHIBITED
    return checked, verdict


def check_notify(context: Context, command: Command | None) -> tuple[Command | None, Verdict]:
    """Look at a notify script: None when it is not to be run."""
    if command is None:
        return None, Verdict.NONE
    checked, verdict = check_script(context, command)
    usable = Verdict.EXECUTABLE in verdict and not verdict & (Verdict.INHIBITED | Verdict.NOT_FOUND)
    return (checked if usable else None), verdict


def violation(verdict: Verdict, what: str) -> str:
    """Give the text about scripts run without script security; "" when there are none."""
    if Verdict.IS_SCRIPT not in verdict:
        return ""
    insecure = " There are insecure scripts." if Verdict.INSECURE in verdict else ""
    return f"SECURITY VIOLATION - {what}scripts are being executed but script_security not enabled.{insecure}"
