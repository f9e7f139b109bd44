"""A machine that has whatever a configuration asks for."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING, Final

from keepalived_py.config.host.facts import FileFacts
from keepalived_py.config.host.system import SystemFacts
from keepalived_py.config.interface_facts import InterfaceFacts

if TYPE_CHECKING:
    from collections.abc import Mapping

    from keepalived_py.config.ast import IPAddress

#: What stands for a key of a machine that is only described: of a length that is allowed.
_SOME_KEY: Final = (b"k" * 32, 0o600)


class AnyHost:
    """A machine that has whatever a configuration asks for."""

    def interface(self, name: str) -> InterfaceFacts | None:
        """Every interface exists; ``lo`` is the loopback."""
        return InterfaceFacts(name=name, loopback=name == "lo", addresses=(ipaddress.IPv4Address("192.0.2.1"),))

    def macvlan(self, base: str, mac: bytes) -> str | None:
        """None that is known of."""

    def host_name(self) -> str:
        """Give some name."""
        return "localhost"

    def knows_own_name(self) -> bool:
        """Every name is known."""
        return True

    def resolve(self, name: str) -> IPAddress | None:
        """Every name has an address (one reserved for documentation)."""
        del name
        return ipaddress.IPv4Address("192.0.2.25")

    def user(self, name: str) -> tuple[int, int] | None:
        """Every user exists."""
        return (0, 0) if name == "root" else (1000, 1000)

    def group(self, name: str) -> int | None:
        """Every group exists."""
        return 0 if name == "root" else 1000

    def identity(self) -> tuple[int, int, str]:
        """Root."""
        return 0, 0, "root"

    def locate(self, command: str, uid: int, gid: int) -> str | None:
        """Everything is in /usr/bin."""
        del uid, gid
        return f"/usr/bin/{command}"

    def program(self, path: str, uid: int, gid: int) -> FileFacts | int:
        """Every program exists."""
        del uid, gid
        return FileFacts(real_path=path)

    def directory_exists(self, path: str) -> bool:
        """Every directory exists."""
        del path
        return True

    def enter_namespace(self, name: str) -> bool:
        """Every namespace exists."""
        del name
        return True

    def interface_names(self) -> tuple[str, ...]:
        """Nobody knows."""
        return ()

    def head(self, path: str) -> bytes | None:
        """Nobody knows."""
        del path
        return None

    def secret(self, path: str) -> tuple[bytes, int] | None:
        """Every key is there."""
        del path
        return _SOME_KEY

    def sysctl(self, name: str) -> str | None:
        """Nobody knows."""
        del name
        return None

    def named_numbers(self, file: str, vendor: str, local: str) -> Mapping[str, int]:
        """Nobody knows."""
        del file, vendor, local
        return {}

    def label(self, path: str) -> str | None:
        """Nobody knows."""
        del path
        return None

    def system(self) -> SystemFacts:
        """Nobody knows."""
        return SystemFacts()
