"""A machine described by a JSON object; its keys are explained in docs/host-facts.md."""

from __future__ import annotations

import errno
import ipaddress
import json
import os
import posixpath
from typing import TYPE_CHECKING, Any, Final

from keepalived_py.config.host.facts import FileFacts
from keepalived_py.config.host.system import SystemFacts, described_system
from keepalived_py.config.interface_facts import InterfaceFacts

if TYPE_CHECKING:
    from collections.abc import Mapping

    from keepalived_py.config.ast import IPAddress

_USUAL: Final = (
    "/ /bin /dev/shm /etc /etc/keepalived /home /opt /root /run /sbin /srv /tmp /usr /usr/bin /usr/local/bin /usr/sbin"
    " /var /var/lib /var/log /var/run /var/spool /var/tmp"
)
_USUAL_DIRECTORIES: Final = frozenset(_USUAL.split())
#: What stands for a key of a machine that is only described: of a length that is allowed.
_SOME_KEY: Final = (b"k" * 32, 0o600)


class FactsHost:
    """A machine described by a JSON object: hostname, interfaces, executables, users, groups, search_path, and some more."""

    def __init__(self, facts: dict[str, Any]) -> None:
        self._facts = facts
        self._interfaces: dict[str, InterfaceFacts | None] = {}
        self._system = described_system(facts)
        self._executables = frozenset(facts.get("executables", ()))
        described = facts.get("directories", _USUAL_DIRECTORIES)
        self._directories = frozenset(described) | {posixpath.dirname(path) for path in self._executables}

    @classmethod
    def read(cls, path: str) -> FactsHost:
        """Read the description. Raises OSError, or ValueError when it is not such an object."""
        with open(path, encoding="utf-8") as stream:
            facts = json.load(stream)
        if not isinstance(facts, dict):
            message = f"{path}: not a JSON object"
            raise ValueError(message)  # noqa: TRY004  the file's content is wrong, not an argument's type
        try:
            return cls(facts)
        except (ValueError, TypeError) as error:
            message = f"{path}: {error}"
            raise ValueError(message) from error

    def interface(self, name: str) -> InterfaceFacts | None:
        """Look in the description."""
        if name not in self._interfaces:
            self._interfaces[name] = self._describe(name)
        return self._interfaces[name]

    def _describe(self, name: str) -> InterfaceFacts | None:
        described = self._facts.get("interfaces", {})
        entry = described.get(name)
        if entry is None:
            return None
        # Numbered as a host does whose interfaces are veth pairs: every second number, after the loopback.
        index = entry.get("index", 2 * list(described).index(name) + 1)
        flags = entry.get("flags", ("UP", "RUNNING", "BROADCAST", "MULTICAST"))
        networks = [ipaddress.ip_interface(text) for text in entry.get("addresses", ())]
        networks.sort(key=lambda network: network.version)
        return InterfaceFacts(
            name=name,
            mtu=int(entry.get("mtu", 1500)),
            loopback="LOOPBACK" in flags,
            multicast="MULTICAST" in flags,
            addresses=tuple(network.ip for network in networks),
            networks=tuple(networks),
            index=int(index),
            # Described is a machine that begins: its IPv6 addresses are still looked for elsewhere.
            link_local_ready=bool(entry.get("link_local_ready", False)),
        )

    def macvlan(self, base: str, mac: bytes) -> str | None:
        """None that is known of."""

    def host_name(self) -> str:
        """As described."""
        return str(self._facts.get("hostname", "localhost"))

    def knows_own_name(self) -> bool:
        """Whether it is described with an address."""
        return self.resolve(self.host_name()) is not None

    def resolve(self, name: str) -> IPAddress | None:
        """Only what is described under ``hosts``, and localhost."""
        text = self._facts.get("hosts", {}).get(name, "127.0.0.1" if name == "localhost" else None)
        return ipaddress.ip_address(text) if text else None

    def user(self, name: str) -> tuple[int, int] | None:
        """Look in the description."""
        entry = self._facts.get("users", {}).get(name)
        return (int(entry[0]), int(entry[1])) if entry else None

    def group(self, name: str) -> int | None:
        """Look in the description."""
        entry = self._facts.get("groups", {}).get(name)
        return None if entry is None else int(entry)

    def identity(self) -> tuple[int, int, str]:
        """Give a described machine is always looked at as root."""
        return 0, 0, "root"

    def locate(self, command: str, uid: int, gid: int) -> str | None:
        """Search the described path.

        For a user other than ours there is no answer, because the reference has none: it changes the user id first and may then
        no longer change the groups. (A live host searches; a described one stands for what the reference would find.)
        """
        if uid or gid:
            return None
        for directory in self._facts.get("search_path", ()):
            if f"{directory}/{command}" in self._executables:
                return f"{directory}/{command}"
        return None

    def program(self, path: str, uid: int, gid: int) -> FileFacts | int:
        """Give a described executable belongs to root and may be run by anybody."""
        del uid, gid
        clean = os.path.normpath(path)
        return FileFacts(real_path=clean) if clean in self._executables else errno.ENOENT

    def directory_exists(self, path: str) -> bool:
        """Look in the description; where it names no directories, the usual ones exist, and those of the executables."""
        return posixpath.normpath(path or "/") in self._directories

    def enter_namespace(self, name: str) -> bool:
        """Only what is described under ``namespaces``."""
        return name in self._facts.get("namespaces", ())

    def interface_names(self) -> tuple[str, ...]:
        """As described."""
        return tuple(self._facts.get("interfaces", {}))

    def head(self, path: str) -> bytes | None:
        """Only what is described under ``file_heads``."""
        text = self._facts.get("file_heads", {}).get(path)
        return None if text is None else str(text).encode()

    def secret(self, path: str) -> tuple[bytes, int] | None:
        """Every key is there, and nobody else reads it."""
        del path
        return _SOME_KEY

    def sysctl(self, name: str) -> str | None:
        """Only what is described under ``sysctls``."""
        value = self._facts.get("sysctls", {}).get(name)
        return None if value is None else str(value)

    def named_numbers(self, file: str, vendor: str, local: str) -> Mapping[str, int]:
        """Only what is described under ``iproute2``, by the file's name."""
        del vendor, local
        found: dict[str, int] = self._facts.get("iproute2", {}).get(file, {})
        return found

    def label(self, path: str) -> str | None:
        """Look in the description."""
        return self._system.labels.get(path)

    def system(self) -> SystemFacts:
        """As described."""
        return self._system
