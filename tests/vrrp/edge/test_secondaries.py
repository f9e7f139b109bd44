"""vrrp/edge/secondaries.py"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from keepalived_py.vrrp.edge.secondaries import PromotedSecondaries
from tests.lab.netns import Lab, in_namespace
from tests.vrrp.notation import wanted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from keepalived_py.log import Level
    from tests.lab.netns import Namespace

pytestmark = pytest.mark.netns


class Lines:
    """A log that keeps its lines."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def __call__(self, _level: Level, text: str, *, detail: bool = False) -> None:
        assert not detail
        self.lines.append(text)


@pytest.fixture
def host() -> Iterator[Namespace]:
    with Lab() as lab:
        namespace = lab.namespace("secondaries")
        for name in ("eth0", "eth1"):
            namespace.ip("link", "add", name, "type", "veth", "peer", "name", f"{name}p")
        yield namespace


def _values(host: Namespace) -> list[str]:
    names = [f"net.ipv4.conf.{name}.promote_secondaries" for name in ("eth0", "eth1")]
    return host.run("sysctl", "-n", *names).stdout.split()


def test_it_is_set_while_wanted_and_set_back_afterwards_unless_it_was_set_before(host: Namespace) -> None:
    host.run("sysctl", "-qw", "net.ipv4.conf.eth1.promote_secondaries=1")
    first = wanted("A", promote_secondaries=True)
    second = wanted("B", promote_secondaries=True, interface="eth1")
    log = Lines()
    secondaries = PromotedSecondaries(log)  # type: ignore[arg-type]
    in_namespace(host.name, lambda: secondaries.prepare([first, second]))
    assert _values(host) == ["1", "1"]
    in_namespace(host.name, lambda: secondaries.prepare([second]))
    assert _values(host) == ["0", "1"]
    in_namespace(host.name, lambda: secondaries.prepare([first, second]))
    in_namespace(host.name, secondaries.close)
    assert _values(host) == ["0", "1"]
    assert log.lines == []


def test_an_interface_that_is_made_anew_gets_it_again(host: Namespace) -> None:
    secondaries = PromotedSecondaries(Lines())  # type: ignore[arg-type]
    in_namespace(host.name, lambda: secondaries.prepare([wanted(promote_secondaries=True)]))
    host.ip("link", "del", "eth0")
    host.ip("link", "add", "eth0", "type", "veth", "peer", "name", "eth0p")
    assert _values(host) == ["0", "0"]
    in_namespace(host.name, lambda: secondaries.interface_added("eth0"))
    in_namespace(host.name, lambda: secondaries.interface_added("eth1"))
    assert _values(host) == ["1", "0"]
    in_namespace(host.name, secondaries.close)
    assert _values(host) == ["0", "0"]
