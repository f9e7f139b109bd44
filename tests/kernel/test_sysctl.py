"""kernel/sysctl.py"""

from __future__ import annotations

import pytest

from keepalived_py.kernel import sysctl
from tests.lab.netns import Namespace, in_namespace


def test_a_setting_that_no_kernel_has_reads_as_none() -> None:
    assert sysctl.read("net", "ipv4", "no_such_setting") is None
    assert sysctl.write("net", "ipv4", "no_such_setting", value="1") is None


@pytest.mark.netns
def test_a_setting_is_written_and_tells_what_it_was(alone: Namespace) -> None:
    def change() -> tuple[str | None, str | None]:
        return sysctl.write("net", "ipv4", "ip_forward", value="1"), sysctl.read("net", "ipv4", "ip_forward")

    assert in_namespace(alone.name, change) == ("0", "1")


@pytest.mark.netns
def test_interfaces_with_dots_in_their_names_have_settings_too(alone: Namespace) -> None:
    alone.ip("link", "add", "eth0.5", "type", "veth", "peer", "name", "eth1.5")
    assert in_namespace(alone.name, lambda: sysctl.read("net", "ipv4", "conf", "eth0.5", "arp_ignore")) == "0"


@pytest.mark.netns
def test_promoting_secondaries_tells_whether_there_is_something_to_undo(alone: Namespace) -> None:
    in_namespace(alone.name, lambda: sysctl.write("net", "ipv4", "conf", "eth0", "promote_secondaries", value="0"))
    assert in_namespace(alone.name, lambda: sysctl.promote_secondaries("eth0"))
    assert not in_namespace(alone.name, lambda: sysctl.promote_secondaries("eth0"))
