"""Rules about where files are: mounts that run nothing, labels, and a /tmp of the service's own. Silent where not known."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from keepalived_py.config.host import FileFacts
from keepalived_py.lint.diagnostic import Severity
from keepalived_py.lint.registry import Finding, rule
from keepalived_py.lint.rules.programs import program_lines
from keepalived_py.lint.views import command_words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from keepalived_py.lint.subject import Subject
    from keepalived_py.lint.tree import Node

_TEMPORARY: Final = ("/tmp/", "/var/tmp/")  # noqa: S108 - names in other people's files, nothing is made there
#: Whose reader or writer is another program, and where in the line the path is.
_SHARED: Final = frozenset({"notify_fifo", "vrrp_notify_fifo", "lvs_notify_fifo", "file"})
_DUMPED: Final = frozenset({"state_dump_file", "stats_dump_file", "json_dump_file"})
#: Types whose files the policy for keepalived does not let it run.
_FORBIDDEN_TYPES: Final = frozenset(
    [
        "user_home_t",
        "user_home_dir_t",
        "admin_home_t",
        "home_root_t",
        "user_tmp_t",
        "tmp_t",
        "default_t",
        "unlabeled_t",
        "var_log_t",
    ]
)


def _programs(subject: Subject) -> Iterator[tuple[Node, str, str]]:
    """Give each statement that names a program by its path, with that, and with the path without links."""
    for node in program_lines(subject):
        words = command_words(node)
        if words and words[0].startswith("/"):
            found = subject.host.program(words[0], 0, 0)
            if isinstance(found, FileFacts):
                yield node, words[0], found.real_path


@rule(
    "H021",
    Severity.ERROR,
    "script on a file system that runs nothing",
    """The file system that the program is on is mounted with `noexec`: the kernel refuses to run it, for root
    as well, whatever its permissions. `keepalived -t` looks at the permissions only. An interpreter may read it
    from there: `/bin/sh /mnt/check.sh`. Known from /proc/self/mountinfo, or from the key `mounts` of
    `--host-facts`.""",
)
def _noexec(subject: Subject) -> Iterator[Finding]:
    system = subject.host.system()
    for node, path, real_path in _programs(subject):
        mount = system.mount_of(real_path)
        if mount is not None and "noexec" in mount.options:
            yield Finding(
                node=node,
                word=path,
                message=f"{path} cannot be run: {mount.path} is mounted with noexec.",
                advice="Move it to a file system that runs programs, or name the interpreter before it.",
            )


@rule(
    "H022",
    Severity.WARNING,
    "script with a label that is not run",
    """SELinux is enforcing, and the type of the file is one that the policy does not let keepalived run: home
    directories, temporary files, files without a type. The script fails with "Permission denied" although its
    permissions are right. Known from the file system, or from the key `selinux` of `--host-facts`.""",
)
def _label(subject: Subject) -> Iterator[Finding]:
    if not subject.host.system().selinux_enforcing:
        return
    for node, path, real_path in _programs(subject):
        label = subject.host.label(real_path) or ""
        kind = label.split(":")[2] if label.count(":") >= 2 else ""
        if kind in _FORBIDDEN_TYPES:
            yield Finding(
                node=node,
                word=path,
                message=f"SELinux does not let keepalived run {path}, whose type is {kind}.",
                advice="Move it to /usr/libexec/keepalived and run restorecon,"
                " or give it the type keepalived_unconfined_script_exec_t.",
            )


@rule(
    "H023",
    Severity.WARNING,
    "file in a /tmp that only the service sees",
    """keepalived.service has `PrivateTmp=`: its /tmp and /var/tmp are directories of its own below
    /tmp/systemd-private-*. A FIFO or tracked file there is another one than the program at its other end has, so
    nothing arrives; dumps are made where nobody looks for them (that is only noted). Known from the unit's files, or from the
    key `private_tmp` of `--host-facts`.""",
)
def _private(subject: Subject) -> Iterator[Finding]:
    if not subject.host.system().private_tmp:
        return
    for block in subject.root.all("global_defs", "track_file", "vrrp_track_file"):
        for node in block.children:
            shared = node.keyword in _SHARED
            if (shared or node.keyword in _DUMPED) and node.word(1).startswith(_TEMPORARY):
                yield Finding(
                    node=node,
                    word=1,
                    message=f"The service has a /tmp of its own, so {node.word(1)} is not what others see there.",
                    advice="Use a directory below /run, or PrivateTmp=no in the unit.",
                    severity=Severity.WARNING if shared else Severity.INFO,
                )
