"""kernel/linkbeat.py: interfaces of a namespace asked of their drivers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from keepalived_py.kernel.linkbeat import LinkProbe
from tests.lab.netns import in_namespace

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.lab.netns import Namespace

pytestmark = pytest.mark.netns


@pytest.fixture
def probe(alone: Namespace) -> Iterator[LinkProbe]:
    opened = in_namespace(alone.name, LinkProbe)
    yield opened
    opened.close()


def test_a_link_is_there_as_long_as_the_other_end_is_up(alone: Namespace, probe: LinkProbe) -> None:
    assert probe.ethtool("eth0") is True
    assert probe.is_running("eth0")
    alone.ip("link", "set", "eth1", "down")
    assert probe.ethtool("eth0") is False
    assert not probe.is_running("eth0")


def test_a_driver_without_a_phy_says_nothing_of_it(probe: LinkProbe) -> None:
    assert probe.mii("eth0") is None


def test_drivers_have_names(alone: Namespace, probe: LinkProbe) -> None:
    alone.ip("link", "add", "mac0", "link", "eth0", "type", "macvlan")
    assert probe.driver("eth0") == "veth"
    assert probe.driver("mac0") == "macvlan"


@pytest.mark.parametrize("name", ["absent", "a-name-of-more-than-15"])
def test_of_an_interface_that_is_not_there_nothing_is_said(probe: LinkProbe, name: str) -> None:
    assert (probe.mii(name), probe.ethtool(name), probe.driver(name)) == (None, None, "")
    assert not probe.is_running(name)
