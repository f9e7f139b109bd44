"""Two hosts on one LAN, for everything that must be seen at the other end."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import pytest

from tests.lab.netns import Lab, Lan, Namespace

if TYPE_CHECKING:
    from collections.abc import Iterator


class Pair(NamedTuple):
    """Namespaces ``left`` (10.99.0.1, fd99::1) and ``right`` (10.99.0.2, fd99::2), each with ``eth0`` on the same segment."""

    left: Namespace
    right: Namespace
    lan: Lan


@pytest.fixture
def pair() -> Iterator[Pair]:
    with Lab() as lab:
        left, right = lab.namespace("left"), lab.namespace("right")
        lan = lab.lan("lan", {left: ("eth0", "10.99.0.1/24"), right: ("eth0", "10.99.0.2/24")})
        for host, address in ((left, "fd99::1/64"), (right, "fd99::2/64")):
            host.ip("addr", "add", address, "dev", "eth0", "nodad")
        yield Pair(left, right, lan)


@pytest.fixture
def alone() -> Iterator[Namespace]:
    """One namespace with a veth pair inside: eth0 and its other end, eth1."""
    with Lab() as lab:
        namespace = lab.namespace("alone")
        namespace.ip("link", "add", "eth0", "type", "veth", "peer", "name", "eth1")
        namespace.ip("link", "set", "eth0", "up")
        namespace.ip("link", "set", "eth1", "up")
        yield namespace
