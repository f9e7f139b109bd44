"""Rules about what the kernel must have and allow: capabilities, modules, open files, settings. Silent where that is not known."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING, Final

from keepalived_py.lint.diagnostic import Severity
from keepalived_py.lint.registry import Finding, rule
from keepalived_py.lint.views import command_words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from keepalived_py.lint.lvs_views import VirtualServerView
    from keepalived_py.lint.subject import Subject
    from keepalived_py.lint.tree import Node

_E, _W, _I = Severity.ERROR, Severity.WARNING, Severity.INFO
_SCHEDULERS: Final = frozenset(
    ["rr", "wrr", "lc", "wlc", "lblc", "lblcr", "sh", "mh", "dh", "fo", "ovf", "nq", "sed", "twos"]
)
#: What keepalived has open beside a socket for each check.
_OTHER_FILES: Final = 50
#: Servers that people have listen on a virtual address.
_LISTENERS: Final = frozenset(["haproxy", "nginx", "envoy", "varnishd", "squid", "pgbouncer", "caddy", "traefik"])


@rule(
    "H015",
    _E,
    "capability missing",
    """keepalived needs CAP_NET_ADMIN to set addresses and to fill the kernel's IPVS table, and CAP_NET_RAW to
    send and receive adverts and for PING_CHECK. In a container they must be added (`--cap-add`); a systemd unit
    may take them away (`CapabilityBoundingSet=`). CAP_NET_BROADCAST, which container guides list as well, is
    looked at by no kernel. Known when root checks the host's own file, or from the key `capabilities` of
    `--host-facts`.""",
)
def _capability(subject: Subject) -> Iterator[Finding]:
    held = subject.host.system().capabilities
    if held is None:
        return
    needs: list[tuple[str, Node, str]] = []
    if subject.instances:
        node = subject.instances[0].node
        needs += [("CAP_NET_ADMIN", node, "set addresses"), ("CAP_NET_RAW", node, "send adverts")]
    if subject.virtual_servers:
        needs.append(("CAP_NET_ADMIN", subject.virtual_servers[0].node, "fill the IPVS table"))
        reals = [real for server in subject.virtual_servers for real in server.real_servers]
        pings = [check for real in reals for check in real.checks if check.keyword == "PING_CHECK"]
        needs += [("CAP_NET_RAW", check, "send pings") for check in pings[:1]]
    told: set[str] = set()
    for name, node, purpose in needs:
        if name not in held and name not in told:
            told.add(name)
            yield Finding(
                node=node,
                word=0,
                message=f"keepalived may not {purpose}: it has not {name} here.",
                advice=f"Give it {name}: --cap-add={name.removeprefix('CAP_')} for a container, or a unit that keeps it.",
            )


@rule(
    "H016",
    _E,
    "kernel module missing",
    """Virtual servers need the module ip_vs and one for their scheduler (ip_vs_rr, ip_vs_wrr ...), virtual MACs
    need macvlan or ipvlan. The kernel of this host has it neither loaded nor built in nor as a file that can be
    loaded; in a container the modules are the host's. Known where /lib/modules has the running kernel's list, or
    from the keys `modules` and `ip_vs` of `--host-facts`.""",
)
def _module(subject: Subject) -> Iterator[Finding]:
    system = subject.host.system()
    needs: list[tuple[str, Node, int]] = []
    if subject.virtual_servers and not system.ip_vs:
        if system.ip_vs is False:
            yield _missing("ip_vs", subject.virtual_servers[0].node, 0)
            return
        needs.append(("ip_vs", subject.virtual_servers[0].node, 0))
    for server in subject.virtual_servers:
        node, name = _scheduler(server)
        if node is not None and name in _SCHEDULERS:
            needs.append((f"ip_vs_{name}", node, 1))
    links = [instance.vmac for instance in subject.instances if instance.vmac is not None]
    needs += [("ipvlan" if node.keyword == "use_ipvlan" else "macvlan", node, 0) for node in links]
    told: set[str] = set()
    for module, where, word in needs:
        if system.modules is not None and module not in system.modules and module not in told:
            told.add(module)
            yield _missing(module, where, word)


def _missing(module: str, node: Node, word: int) -> Finding:
    return Finding(
        node=node,
        word=word,
        message=f"The kernel has no module {module}.",
        advice=f"Install it (modprobe {module} must work), or boot a kernel that has it.",
    )


def _scheduler(server: VirtualServerView) -> tuple[Node | None, str]:
    node = server.node.last("lvs_sched") or server.node.last("lb_algo")
    return node, node.word(1) if node is not None else ""


@rule(
    "H017",
    _W,
    "more checks than files may be open",
    """Every check that is under way has a socket open. The service may have fewer files open than the
    configuration has checks, so when many run at once some cannot begin, and count as failed. Known from
    `LimitNOFILE=` of keepalived.service, or from the key `open_files` of `--host-facts`. (keepalived raises the
    limit itself only where it may.)""",
)
def _open_files(subject: Subject) -> Iterator[Finding]:
    limit = subject.host.system().open_files
    checks = sum(len(real.checks) for server in subject.virtual_servers for real in server.real_servers)
    if limit is not None and checks + _OTHER_FILES > limit and checks:
        yield Finding(
            node=subject.virtual_servers[0].node,
            word=0,
            message=f"{checks} checks need more than the {limit} files that the service may have open.",
            advice=f"Set LimitNOFILE={2 * (checks + _OTHER_FILES)} in keepalived.service.",
        )


@rule(
    "H018",
    _I,
    "address that a server cannot listen on while it is elsewhere",
    """A tracked server such as haproxy or nginx that listens on the virtual address itself (not on all
    addresses) cannot start on the node that is backup while `net.ipv4.ip_nonlocal_bind` is 0, so its check keeps
    that node out. Only noted: how the server listens is not in this file.""",
)
def _nonlocal(subject: Subject) -> Iterator[Finding]:
    if subject.host.sysctl("net.ipv4.ip_nonlocal_bind") != "0":
        return
    tracked = {entry.name for instance in subject.instances if instance.vips for entry in instance.tracked_scripts}
    for script in subject.scripts:
        names = {posixpath.basename(word) for word in script.argv}
        found = sorted(names & _LISTENERS)
        if script.name in tracked and script.command is not None and found:
            yield Finding(
                node=script.command,
                word=0,
                message=f"{found[0]} cannot listen on the virtual address of a node that is backup: ip_nonlocal_bind is 0.",
                advice="Let it listen on all addresses, or set net.ipv4.ip_nonlocal_bind = 1.",
            )
            return
    for block in subject.root.all("vrrp_track_process"):
        words = command_words(process) if (process := block.last("process")) is not None else []
        if process is not None and words and posixpath.basename(words[0]) in _LISTENERS:
            yield Finding(
                node=process,
                word=1,
                message=f"{posixpath.basename(words[0])} cannot listen on the virtual address of a node that is backup:"
                " ip_nonlocal_bind is 0.",
                advice="Let it listen on all addresses, or set net.ipv4.ip_nonlocal_bind = 1.",
            )
            return
