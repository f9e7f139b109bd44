from __future__ import annotations

from keepalived_py.config.host import AnyHost, SystemFacts


def test_any_host_has_everything() -> None:
    host = AnyHost()
    assert host.interface("anything") is not None
    assert host.user("anybody") is not None
    assert host.locate("anything", 0, 0) == "/usr/bin/anything"


def test_nothing_is_known_of_the_rest_of_any_host() -> None:
    assert AnyHost().system() == SystemFacts()
    assert AnyHost().label("/bin/sh") is None
