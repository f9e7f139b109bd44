"""Rules about the programs that a configuration names, whatever runs them: how they are written, and what the host has."""

from __future__ import annotations

import errno
import os
import posixpath
import re
from typing import TYPE_CHECKING, Final

from keepalived_py.config.host import FileFacts
from keepalived_py.lint.diagnostic import Severity
from keepalived_py.lint.registry import Finding, rule
from keepalived_py.lint.views import command_words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from keepalived_py.lint.subject import Subject
    from keepalived_py.lint.tree import Node

_E, _W = Severity.ERROR, Severity.WARNING

_BLOCKS: Final = frozenset({"vrrp_script", "vrrp_instance", "vrrp_sync_group", "virtual_server", "global_defs"})
_SHELLS: Final = frozenset(
    [
        "sh",
        "bash",
        "dash",
        "ash",
        "zsh",
        "ksh",
        "busybox",
        "su",
        "sudo",
        "ssh",
        "eval",
        "awk",
        "gawk",
        "perl",
        "python",
        "python3",
        "php",
        "ruby",
        "expect",
        "nsenter",
    ]
)
#: Where daemons are that are not in everybody's PATH.
_DAEMONS: Final = ("/usr/sbin", "/sbin", "/usr/local/sbin", "/usr/bin", "/usr/libexec", "/usr/lib")
_OPERATORS: Final = frozenset(
    ["|", "||", "&", "&&", ";", ">", ">>", "<", "<<", "2>", "2>>", "&>", "2>&1", "|&", "1>", ">&2", "1>&2"]
)
_REDIRECTION: Final = re.compile(r"^(?:[012&]?>{1,2}(?:&[012]|/\S*)|</\S+)$")
#: What useradd accepts, and numbers.
_USER: Final = re.compile(r"^:?(?:[A-Za-z_][A-Za-z0-9_.-]*\$?|\d+)$")
_EXPANSION: Final = re.compile(r"\$\(|`|\$\{?[A-Za-z_][A-Za-z0-9_]*|\$[?#*@]")
_SUICIDE: Final = re.compile(
    r"\bsystemctl\s+(?:-\S+\s+)*(?:stop|restart|kill)\s+(?:-\S+\s+)*keepalived"
    r"|\b(?:service|rc-service)\s+keepalived\s+(?:stop|restart)"
    r"|/etc/(?:rc\.d/)?init\.d/keepalived\s+(?:stop|restart)"
    r"|\b(?:killall|pkill)\s+(?:-(?:9|15|KILL|TERM|SIGKILL|SIGTERM)\s+)?keepalived\b"
)


def program_lines(subject: Subject) -> Iterator[Node]:
    """Give each statement that names a program."""
    for block in subject.root.children:
        if block.keyword not in _BLOCKS:
            continue
        for node in block.walk():
            if len(node.words) < 2 or node.kind is not None:
                continue
            keyword = node.keyword
            if (
                keyword in {"script", "quorum_up", "quorum_down", "misc_path"}
                or (keyword.startswith("notify") and not keyword.endswith(("fifo", "_email", "priority_changes")))
                or (keyword.endswith("_script") and keyword not in {"track_script", "vrrp_script"})
            ):
                yield node


def _argv(node: Node) -> list[str]:
    words = command_words(node)
    return [] if not words or words[0] in {"email", "email_from"} else words


@rule(
    "S004",
    _E,
    "shell syntax without a shell",
    """keepalived starts programs itself, without a shell: `|`, `>`, `&&`, `;`, `$VAR`, `$(...)` and backquotes
    reach the program as
    plain arguments. `a && b` runs only `a`; `x > /dev/null` passes `>` to x. Put it into a script file, or write
    `/bin/sh -c "..."` in quotes: `script "/bin/sh -c 'a && b'"`.""",
)
def _shell_syntax(subject: Subject) -> Iterator[Finding]:
    for node in program_lines(subject):
        argv = _argv(node)
        if not argv or argv[0].startswith("<") or _has_shell(argv):
            continue
        for word in argv[1:] or argv:
            if word in _OPERATORS or _REDIRECTION.match(word):
                what = f"'{word}' is passed to {argv[0]} as an argument, because no shell reads the line."
            elif (found := _EXPANSION.search(word)) is not None and not word.startswith("^"):
                what = f"'{found[0]}' is not replaced, because no shell reads the line."
            elif word.endswith(";") and word != argv[-1]:
                what = f"The ';' of '{word}' ends nothing, because no shell reads the line."
            else:
                continue
            yield Finding(
                node=node,
                word=word,
                message=what,
                advice="Use a script file, or /bin/sh -c '...'.",
            )
            break


def _has_shell(argv: list[str]) -> bool:
    """Whether something on the line interprets the rest itself."""
    for index, word in enumerate(argv):
        if posixpath.basename(word) in _SHELLS:
            return True
        if word in _OPERATORS or index > 6:
            return False
    return False


@rule(
    "S010",
    _E,
    "arguments outside of the quotes",
    """Only the first word behind the keyword is the command; the next two are the user and the group it runs as. In
    `script /usr/bin/killall -0 haproxy` the script is `killall` without arguments, run by a user called `-0`. Put command and
    arguments into quotes: `script "/usr/bin/killall -0 haproxy"`.""",
)
def _unquoted(subject: Subject) -> Iterator[Finding]:
    for node in program_lines(subject):
        if node.keyword == "misc_path" or '"' in node.line.text or "'" in node.line.text:
            continue
        wrong = next((word for word in node.words[2:4] if not _USER.match(word)), None)
        if wrong is None and len(node.words) > 4:
            wrong = node.words[4]
        if wrong is not None:
            yield Finding(
                node=node,
                word=wrong,
                message=f"'{wrong}' is taken for the user or group of {node.words[1]}, not for an argument.",
                advice=f'Write {node.keyword} "{" ".join(node.words[1:])}".',
            )


@rule(
    "S005",
    _E,
    "script that stops keepalived",
    """A check or notify script must not stop or restart the daemon that runs it: the daemon ends while it
    waits, a restart makes a second
    fail-over, and after a stop nobody brings the node back. A check that fails is enough to give the address
    away.""",
)
def _suicide(subject: Subject) -> Iterator[Finding]:
    for node in program_lines(subject):
        found = _SUICIDE.search(" ".join(_argv(node)))
        if found:
            yield Finding(
                node=node,
                word=found[0],
                message=f"'{found[0]}' ends the daemon that runs it.",
                advice="Let the script fail: with weight 0 the instance goes to FAULT, and comes back by itself.",
            )


def _identity(subject: Subject) -> tuple[int, int]:
    node = subject.globals("script_user")
    user = subject.host.user(node.word(1)) if node is not None else subject.host.user("keepalived_script")
    return user or subject.host.identity()[:2]


def _found(subject: Subject, argv: list[str]) -> str | None:
    name = argv[0]
    if "/" in name:
        return name
    return subject.host.locate(name, *subject.host.identity()[:2])


@rule(
    "S006",
    _E,
    "program missing or not executable",
    """What a notify, quorum or check keyword names is not there or may not be run. `keepalived -t` does not
    mention it; the daemon drops the script with a line in the log, and a
    real server whose only check is dropped counts as up. (A `vrrp_script` of this kind is S102.)""",
)
def _missing_program(subject: Subject) -> Iterator[Finding]:
    uid, gid = _identity(subject)
    for node in program_lines(subject):
        argv = _argv(node)
        if not argv or not argv[0] or argv[0][0] in "<$" or node.keyword == "script":
            continue
        path = _found(subject, argv)
        facts = errno.ENOENT if path is None else subject.host.program(path, uid, gid)
        if isinstance(facts, FileFacts):
            if facts.executable:
                continue
            what = f"{argv[0]} may not be executed"
        else:
            what = f"{argv[0]} cannot be used: {os.strerror(facts)}"
        yield Finding(
            node=node,
            word=1,
            message=f"{what}, so {node.keyword} does nothing.",
            advice="Correct the path, or make the file executable for the user it runs as.",
        )


@rule(
    "S007",
    _E,
    "script that the kernel cannot start",
    """The file is executable, but its first line is missing, names an interpreter that does not exist, or ends
    in CR (a file from Windows). Starting
    it fails, and keepalived takes that for success: the check never fails, and may even raise the priority.""",
)
def _interpreter(subject: Subject) -> Iterator[Finding]:
    uid, gid = _identity(subject)
    for node in program_lines(subject):
        argv = _argv(node)
        path = _found(subject, argv) if argv and argv[0] else None
        if path is None:
            continue
        head = subject.host.head(path)
        problem = "" if head is None else _bad_head(subject, head, uid, gid)
        if problem:
            yield Finding(
                node=node,
                word=1,
                message=f"{path} {problem}; a check that cannot be started counts as passed.",
                advice="Begin the file with '#!' and an interpreter that exists, with Unix line ends.",
            )


def _bad_head(subject: Subject, head: bytes, uid: int, gid: int) -> str:
    first = head.partition(b"\n")[0]
    if not head or head.startswith(b"\x7fELF"):
        return "" if head else "is empty"
    if not first.startswith(b"#!"):
        return "has no '#!' line" if b"\0" not in head else ""
    if first.endswith(b"\r"):
        return "ends its '#!' line with CR"
    words = first[2:].split()
    if not words:
        return "names no interpreter after '#!'"
    name = words[0].decode("utf-8", "replace")
    if isinstance(subject.host.program(name, uid, gid), int):
        return f"asks for the interpreter {name}, which does not exist"
    return ""


@rule(
    "S008",
    _E,
    "directory of a FIFO missing",
    "keepalived makes the FIFO itself, but not the directory; without it nobody is notified.",
)
def _fifo_directory(subject: Subject) -> Iterator[Finding]:
    for keyword in ("notify_fifo", "vrrp_notify_fifo", "lvs_notify_fifo"):
        node = subject.globals(keyword)
        if node is None or not node.word(1).startswith("/"):
            continue
        directory = posixpath.dirname(node.word(1))
        if not subject.host.directory_exists(directory):
            yield Finding(
                node=node,
                word=1,
                message=f"{directory} does not exist, so the FIFO cannot be made.",
                advice="Make the directory, or use one that exists, such as /run.",
            )


@rule(
    "S009",
    _W,
    "tracked process that cannot run",
    "No program of this name is on this host, so the process never runs and the quorum is never reached.",
)
def _tracked_process(subject: Subject) -> Iterator[Finding]:
    for block in subject.root.all("vrrp_track_process"):
        node = block.last("process")
        if node is None or not node.word(1):
            continue
        name = node.word(1)
        uid, gid = subject.host.identity()[:2]
        path = name if "/" in name else subject.host.locate(name, uid, gid)
        paths = [path] if path is not None else [f"{directory}/{name}" for directory in _DAEMONS]
        if all(isinstance(subject.host.program(path, uid, gid), int) for path in paths):
            yield Finding(
                node=node,
                word=1,
                message=f"There is no program {name} on this host.",
                advice="Name the process as ps shows it (the first 15 characters of its program).",
            )
