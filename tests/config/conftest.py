"""A configuration from a text, on a machine that is described in the test."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import pytest

from keepalived_py.config.host import FactsHost
from keepalived_py.config.load import Loaded, load

if TYPE_CHECKING:
    from pathlib import Path


def pytest_ignore_collect(collection_path: Path) -> bool | None:
    """Let pytest into the folder that mirrors config/build: it passes by every folder of that name."""
    return False if collection_path.name == "build" else None


FACTS: dict[str, Any] = {
    "hostname": "director.example",
    "interfaces": {
        "lo": {"flags": ["UP", "RUNNING", "LOOPBACK"], "mtu": 65536, "addresses": ["127.0.0.1/8"]},
        "eth0": {"mtu": 1500, "addresses": ["198.51.100.1/24", "2001:db8::1/64"]},
        "eth1": {"mtu": 1500, "addresses": ["203.0.113.1/24"]},
    },
    "executables": ["/bin/true", "/usr/bin/pidof", "/usr/local/bin/notify"],
    "users": {"root": [0, 0], "nobody": [65534, 65534]},
    "groups": {"root": 0, "nogroup": 65534},
    "search_path": ["/usr/local/bin", "/usr/bin", "/bin"],
}


class Reads(Protocol):
    """What the fixture ``read`` is: a text in, what was loaded out."""

    def __call__(self, text: str | bytes, *, testing: bool = True, config_id: str = "director") -> Loaded: ...


@pytest.fixture
def host() -> FactsHost:
    return FactsHost(FACTS)


@pytest.fixture
def read(tmp_path: Path, host: FactsHost) -> Reads:
    def read_text(text: str | bytes, *, testing: bool = True, config_id: str = "director") -> Loaded:
        path = tmp_path / "keepalived.conf"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return load(str(path), host=host, config_id=config_id, testing=testing)

    return read_text


class Says(Protocol):
    """What the fixture ``says`` is: a text in, the messages of ``-t`` out, without file names."""

    def __call__(self, text: str | bytes, *, config_id: str = "director") -> list[str]: ...


@pytest.fixture
def says(read: Reads, tmp_path: Path) -> Says:
    def messages(text: str | bytes, *, config_id: str = "director") -> list[str]:
        loaded = read(text, config_id=config_id)
        return [line.replace(f"{tmp_path}/keepalived.conf: ", "") for line in loaded.report.lines(testing=True)]

    return messages
