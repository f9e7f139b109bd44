"""Rules about direct routing where this host is a real server: the virtual address on lo, and ARP. Silent where not known."""

from __future__ import annotations

from typing import TYPE_CHECKING

from keepalived_py.lint.diagnostic import Severity
from keepalived_py.lint.registry import Finding, rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from keepalived_py.lint.lvs_views import VirtualServerView
    from keepalived_py.lint.subject import Subject

_W = Severity.WARNING


def _direct(subject: Subject) -> Iterator[VirtualServerView]:
    for server in subject.virtual_servers:
        if (server.method or "").upper() == "DR" and server.address is not None and server.address.version == 4:
            yield server


def _effective(subject: Subject, interface: str, setting: str) -> int | None:
    """Give the larger of the interface's value and that for all, which the kernel uses."""
    values = [subject.host.sysctl(f"net.ipv4.conf.{where}.{setting}") for where in ("all", interface)]
    numbers = [int(value) for value in values if value is not None and value.isdigit()]
    return max(numbers) if len(numbers) == len(values) else None


@rule(
    "H019",
    _W,
    "virtual address on lo that is answered for",
    """With direct routing a real server has the virtual address on lo and must not answer ARP requests for it:
    that is the director's part. While `arp_ignore` is 0 on its interface it answers, and clients go past the
    director; while `arp_announce` is less than 2 it asks with the virtual address as sender, with the same
    effect. The larger of `net.ipv4.conf.all` and of the interface's own setting counts.""",
)
def _answered(subject: Subject) -> Iterator[Finding]:
    for server in _direct(subject):
        if not any(name == "lo" and network.ip == server.address for name, network in subject.networks):
            continue
        interfaces = sorted({name for name, network in subject.networks if name != "lo" and network.version == 4})
        for name in interfaces:
            ignore, announce = (_effective(subject, name, setting) for setting in ("arp_ignore", "arp_announce"))
            if ignore == 0:
                what, remedy = "answers ARP requests for it", "arp_ignore = 1"
            elif announce is not None and announce < 2:
                what, remedy = "may send ARP requests from it", "arp_announce = 2"
            else:
                continue
            yield Finding(
                node=server.node,
                word=1,
                message=f"{server.address} is on lo for direct routing, but {name} {what}.",
                advice=f"Set net.ipv4.conf.all.{remedy} (or that of {name}) in /etc/sysctl.d.",
            )
            return


@rule(
    "H020",
    _W,
    "own real server that does not know the virtual address",
    """One of the real servers is this host, reached by direct routing: packets come with the virtual address as
    their destination. It is an address of no interface here now, so while another node is master this host drops
    what it is sent. Real servers have the address on lo (with a prefix length of 32). Looked for where the
    host's addresses are known.""",
)
def _unknown(subject: Subject) -> Iterator[Finding]:
    own = {network.ip for _, network in subject.networks}
    for server in _direct(subject):
        for real in server.real_servers:
            if own and real.address in own and server.address not in own and real.address != server.address:
                yield Finding(
                    node=real.node,
                    word=1,
                    message=f"{real.address} is this host, which has {server.address} on no interface.",
                    advice=f"Add {server.address}/32 to lo, with arp_ignore = 1 and arp_announce = 2.",
                )
                return
