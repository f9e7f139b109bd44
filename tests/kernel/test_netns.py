"""kernel/netns.py"""

from __future__ import annotations

import errno
import threading
from typing import TYPE_CHECKING

import pytest

from keepalived_py.kernel import netns
from keepalived_py.kernel.interfaces import list_interfaces

if TYPE_CHECKING:
    from tests.lab.netns import Namespace


@pytest.mark.netns
def test_a_thread_that_has_entered_sees_the_namespaces_interfaces(alone: Namespace) -> None:
    seen: list[str] = []

    def work() -> None:
        netns.enter(alone.name)
        seen.extend(list_interfaces())

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert set(seen) == {"lo", "eth0", "eth1"}


@pytest.mark.parametrize("name", ["kp-no-such-namespace", "", "..", "../proc/1/ns/net"])
def test_a_name_that_is_no_namespace_is_an_os_error_and_changes_nothing(name: str) -> None:
    before = set(list_interfaces())
    with pytest.raises(FileNotFoundError) as caught:
        netns.enter(name)
    assert caught.value.errno == errno.ENOENT
    assert set(list_interfaces()) == before
