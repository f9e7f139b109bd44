"""What there is to know of a machine, as far as a configuration speaks of it: the questions that are asked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping

    from keepalived_py.config.ast import IPAddress
    from keepalived_py.config.host.system import SystemFacts
    from keepalived_py.config.interface_facts import InterfaceFacts


@dataclass(frozen=True, slots=True, kw_only=True)
class FileFacts:
    """A program: where its name finally leads, who may run it, and whether only root can change it or what leads to it.

    ``wrong_type`` says that a component of the path as written is not a directory (or the file no file).
    """

    real_path: str
    executable: bool = True
    root_only: bool = True
    set_id: bool = False
    wrong_type: bool = False


class Host(Protocol):
    """The questions the verifier asks about a machine."""

    def interface(self, name: str) -> InterfaceFacts | None:
        """Give the interface of that name, or None."""

    def macvlan(self, base: str, mac: bytes) -> str | None:
        """Give the name of a macvlan in private mode with this MAC on a base interface, or None."""

    def host_name(self) -> str:
        """Give the machine's name, fully qualified when it can be found out."""

    def knows_own_name(self) -> bool:
        """Whether the resolver knows the machine's name."""

    def resolve(self, name: str) -> IPAddress | None:
        """Give the first address of a host name, or None."""

    def user(self, name: str) -> tuple[int, int] | None:
        """Give a user's numbers (uid, gid), or None."""

    def group(self, name: str) -> int | None:
        """Give a group's number, or None."""

    def identity(self) -> tuple[int, int, str]:
        """Who we are: uid, gid, user name."""

    def locate(self, command: str, uid: int, gid: int) -> str | None:
        """Search PATH for a program that the user may run."""

    def program(self, path: str, uid: int, gid: int) -> FileFacts | int:
        """Give what a path leads to for the user, or the errno of why it does not."""

    def directory_exists(self, path: str) -> bool:
        """Whether a directory exists."""

    def enter_namespace(self, name: str) -> bool:
        """Look at interfaces and kernel settings of a named network namespace from now on; whether that is possible."""

    def interface_names(self) -> tuple[str, ...]:
        """Name the interfaces there are; () when not known."""

    def head(self, path: str) -> bytes | None:
        """Give the first bytes of a file (4096), or None when it cannot be read or nothing is known of it."""

    def secret(self, path: str) -> tuple[bytes, int] | None:
        """Give the first bytes (4096) of a file with a key, and its permission bits; None when it cannot be read."""

    def sysctl(self, name: str) -> str | None:
        """Give a kernel setting such as ``net.ipv4.ip_forward``, or None when not known."""

    def named_numbers(self, file: str, vendor: str, local: str) -> Mapping[str, int]:
        """Give number by name of a file of iproute2 (``rt_tables`` and its like) in its two directories."""

    def label(self, path: str) -> str | None:
        """Give the SELinux label of a file, or None when not known."""

    def system(self) -> SystemFacts:
        """Give what is known of the rest of the machine."""
