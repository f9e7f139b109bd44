"""Rules about a VRRP instance by itself: its addresses, priority, authentication, timing."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING, Final

from keepalived_py.lint.diagnostic import Severity
from keepalived_py.lint.registry import Finding, rule
from keepalived_py.lint.views import OWNER

if TYPE_CHECKING:
    from collections.abc import Iterator

    from keepalived_py.lint.subject import Subject
    from keepalived_py.lint.views import VipView

_E, _W, _I = Severity.ERROR, Severity.WARNING, Severity.INFO

_WEAK: Final = frozenset(
    [
        "1111",
        "0000",
        "1234",
        "12345",
        "123456",
        "12345678",
        "11111111",
        "password",
        "passwd",
        "pass",
        "secret",
        "admin",
        "keepaliv",
        "test",
    ]
)


@rule(
    "V001",
    _E,
    "same address in two instances",
    """Two instances set the same address on the same interface. Whichever becomes backup first removes it
    although the other
    one is master, and two nodes may answer for it at once. keepalived does not notice. The same address on two
    different interfaces is
    reported as a warning: it is rarely meant.""",
)
def _address_twice(subject: Subject) -> Iterator[Finding]:
    seen: dict[tuple[str, int], tuple[str, str]] = {}
    for instance in subject.instances:
        for vip in instance.vips:
            key = (str(vip.address), vip.address.version)
            device = vip.device or instance.interface
            other = seen.setdefault(key, (instance.name, device))
            if other[0] == instance.name:
                continue
            yield Finding(
                node=vip.node,
                word=0,
                message=f"{vip.address} is an address of vrrp_instance {other[0]} already.",
                advice=f"Keep it in one of {other[0]} and {instance.name}.",
                severity=_E if other[1] == device else _W,
            )


@rule(
    "V002",
    _E,
    "address that cannot be a virtual one",
    """A network, broadcast, loopback, multicast or unspecified address cannot be answered for. `10.0.0.0/24`
    names the network;
    an address in it is meant.""",
)
def _unusable_address(subject: Subject) -> Iterator[Finding]:
    for instance in subject.instances:
        for vip in instance.vips:
            kind = _unusable(vip)
            if kind:
                yield Finding(
                    node=vip.node,
                    word=0,
                    message=f"{vip.text} is {kind}, which cannot be a virtual address.",
                    advice="Write an address that a host in this network may have.",
                )


def _unusable(vip: VipView) -> str:
    address = vip.address
    if address.is_unspecified:
        return "the unspecified address"
    if address.is_loopback:
        return "a loopback address"
    if address.is_multicast:
        return "a multicast address"
    if not isinstance(address, ipaddress.IPv4Address) or vip.prefix is None or not 1 <= vip.prefix <= 30:
        return ""
    network = ipaddress.IPv4Network((address, vip.prefix), strict=False)
    if address == network.network_address:
        return "the address of its network"
    return "the broadcast address of its network" if address == network.broadcast_address else ""


@rule(
    "V003",
    _W,
    "no priority",
    """Without `priority` an instance has 100, and 255 when its state is MASTER; 255 means that the address
    belongs to the
    interface itself, is never lowered by a script, and always takes over.""",
)
def _no_priority(subject: Subject) -> Iterator[Finding]:
    for instance in subject.instances:
        if instance.priority_node is None:
            yield Finding(
                node=instance.node,
                word=1,
                message=f"vrrp_instance {instance.name} has no priority; {instance.priority} is used.",
                advice="Give each node a priority of its own, from 1 to 254.",
            )


@rule(
    "V008",
    _W,
    "password without its type",
    "`auth_pass` does nothing until `auth_type PASS` is written too.",
)
def _password_without_type(subject: Subject) -> Iterator[Finding]:
    for instance in subject.instances:
        if instance.password_node is not None and not instance.auth_type and instance.version == 2:
            yield Finding(
                node=instance.password_node,
                message="auth_pass is given, but no auth_type, so adverts carry no password.",
                advice="Add 'auth_type PASS', or remove the block.",
            )


@rule(
    "V009",
    _W,
    "password out of the manual",
    """This password stands in a thousand examples, so it keeps nobody out, not even a neighbour's VRRP with the
    same VRID by mistake. It travels
    unencrypted in any case: a different one for each pair keeps strangers apart, `auth_hmac` keeps attackers out.""",
)
def _weak_password(subject: Subject) -> Iterator[Finding]:
    for instance in subject.instances:
        if instance.password_node is not None and instance.auth_pass.lower() in _WEAK and instance.version == 2:
            yield Finding(
                node=instance.password_node,
                word=1,
                message="The password is one that everybody uses.",
                advice="Choose one of your own, 8 characters, the same on all nodes.",
            )


@rule(
    "V010",
    _W,
    "AH authentication",
    """The AH form was removed from VRRPv2 by RFC 3768, is IPv4 only, and keepalived's own manual advises
    against it: its sequence
    numbers get out of step after a fail-over.""",
)
def _ah(subject: Subject) -> Iterator[Finding]:
    for instance in subject.instances:
        if instance.auth_type == "AH":
            yield Finding(
                node=instance.auth_node,
                word=1,
                message="AH authentication is obsolete.",
                advice="Use auth_hmac, or auth_type PASS.",
            )


@rule(
    "V012",
    _W,
    "virtual address that will not answer",
    """With `vrrp_strict` (or `strict_mode`) and without `accept`, packets to the virtual addresses are dropped,
    as the RFC wants
    of a router that is not their owner: no ping, no TCP, no load balancing. `no_accept` asks for the same
    explicitly and is only noted.""",
)
def _will_not_answer(subject: Subject) -> Iterator[Finding]:
    for instance in subject.instances:
        if instance.accept or instance.priority == OWNER or not instance.vips:
            continue
        explicit = instance.node.last("no_accept")
        yield Finding(
            node=explicit or instance.node,
            word=None if explicit else 1,
            message=f"The addresses of {instance.name} will answer nothing, not even a ping.",
            advice="Remove vrrp_strict, or add 'accept' (VRRPv3 only)."
            if not explicit
            else "Remove no_accept if a service uses the address.",
            severity=_I if explicit else _W,
        )


@rule(
    "V013",
    _W,
    "IPv6 without a link-local address first",
    """RFC 9568 wants the first address of an IPv6 virtual router to be link-local; other implementations may
    refuse adverts
    without it, and hosts that use the router as their gateway need it.""",
)
def _link_local_first(subject: Subject) -> Iterator[Finding]:
    for instance in subject.instances:
        advertised = instance.advertised
        multicast = instance.family == 6 and not instance.unicast and not instance.strict  # strict: keepalived says it
        if multicast and advertised and not advertised[0].address.is_link_local:
            yield Finding(
                node=advertised[0].node,
                word=0,
                message=f"The first address of {instance.name} is not link-local.",
                advice="Put an address of fe80::/64 first.",
            )


@rule(
    "V014",
    _W,
    "IPv6 with VRRP version 2",
    "VRRPv2 is IPv4 only; keepalived uses version 3 in spite of the setting.",
)
def _version_two(subject: Subject) -> Iterator[Finding]:
    for instance in subject.instances:
        version = instance.node.last("version")
        if instance.family == 6 and version is not None and version.word(1) == "2":
            yield Finding(
                node=version,
                message="VRRP version 2 has no IPv6; version 3 is used.",
                advice="Write 'version 3' or remove the line.",
            )


@rule(
    "V017",
    _W,
    "one lost advert means a fail-over",
    """With `down_timer_adverts 1` a single lost packet, or a pause of the master a little over one interval,
    makes a second master.""",
)
def _down_timer(subject: Subject) -> Iterator[Finding]:
    places = [instance.node.last("down_timer_adverts") for instance in subject.instances]
    for node in [*places, subject.globals("vrrp_down_timer_adverts")]:
        if node is not None and node.word(1) == "1":
            yield Finding(
                node=node,
                word=1,
                message="One lost advert is taken for the loss of the master.",
                advice="Leave it at 3; lower advert_int for a faster fail-over.",
            )
