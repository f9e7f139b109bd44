"""Network namespaces for tests: made with unique names, joined by bridged LANs, and removed again whatever happens.

Owns namespaces, links and what runs in them. Touches nothing of the host's own network: every link is made inside a
namespace of ours.
"""

from __future__ import annotations

import contextlib
import ctypes
import ipaddress
import itertools
import json
import os
import re
import subprocess
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Self, TypeVar

from tests.lab.process import Process, is_alive, kill, wait_until

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import TracebackType

Made = TypeVar("Made")

CLONE_NEWNET = 0x40000000
NAME_PREFIX = "kp"


def _enter(name: str) -> None:
    # os.setns is there from Python 3.12 on only.
    with Path(f"/run/netns/{name}").open("rb") as handle:
        if ctypes.CDLL(None, use_errno=True).setns(handle.fileno(), CLONE_NEWNET):
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number))


def in_namespace(name: str, make: Callable[[], Made]) -> Made:
    """Call make() in a thread that has entered a namespace and return its result: a socket opened so stays there."""
    results: list[Made] = []
    errors: list[BaseException] = []

    def work() -> None:
        try:
            _enter(name)
            results.append(make())
        except BaseException as error:  # noqa: BLE001 - handed to the caller's thread
            errors.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    if errors:
        raise errors[0]
    return results[0]


class Namespace:
    """One network namespace with its loopback up."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._processes: list[Process] = []
        subprocess.run(["ip", "netns", "add", name], check=True, capture_output=True)
        self.ip("link", "set", "lo", "up")

    def ip(self, *arguments: str) -> str:
        """Run ip(8) on this namespace; an error becomes an exception with ip's words."""
        result = subprocess.run(
            ["ip", "-n", self.name, *arguments], capture_output=True, text=True, check=False, timeout=20
        )
        if result.returncode:
            raise RuntimeError(f"ip -n {self.name} {' '.join(arguments)}: {result.stderr.strip()}")
        return result.stdout

    def ip_batch(self, *lines: str) -> None:
        """Run several ip(8) commands on this namespace with one process; each is a line of words."""
        result = subprocess.run(
            ["ip", "-n", self.name, "-batch", "-"],
            input="\n".join(lines) + "\n",
            capture_output=True,
            text=True,
            check=False,
            timeout=20,
        )
        if result.returncode:
            raise RuntimeError(f"ip -n {self.name} -batch: {result.stderr.strip()} in {lines}")

    def command(self, *command: str) -> list[str]:
        """Return the command line that runs a program in here (same process id: ip replaces itself)."""
        return ["ip", "netns", "exec", self.name, *command]

    def run(self, *command: str, timeout: float = 30, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run a program in here to its end."""
        result = subprocess.run(
            self.command(*command),
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            timeout=timeout,
            check=False,
        )
        if check and result.returncode:
            raise RuntimeError(f"{' '.join(command)}: status {result.returncode}\n{result.stdout}{result.stderr}")
        return result

    def start(self, *command: str, environment: Mapping[str, str] | None = None, folder: Path | None = None) -> Process:
        """Start a program in here; it ends with the namespace at the latest."""
        process = Process(self.command(*command), environment=environment, folder=folder)
        self._processes.append(process)
        return process

    def sysctl(self, family: str = "ipv4", **settings: str) -> None:
        """Set kernel settings of this namespace, of net.ipv4 or net.ipv6; "__" is a slash (conf__all__rp_filter="0")."""

        def write() -> None:
            for key, value in settings.items():
                (Path("/proc/sys/net") / family / key.replace("__", "/")).write_text(value)

        in_namespace(self.name, write)

    def addresses(self, interface: str) -> set[str]:
        """Return the IPv4 addresses of an interface as A.B.C.D/LEN; empty when there is no such interface."""
        try:
            shown = json.loads(self.ip("-j", "-4", "addr", "show", "dev", interface) or "[]")
        except RuntimeError:
            return set()
        return {f"{entry['local']}/{entry['prefixlen']}" for link in shown for entry in link.get("addr_info", [])}

    def read_proc(self, name: str) -> str:
        """Return a file of this namespace's /proc/net; no program is started for it."""
        return in_namespace(self.name, (Path("/proc/thread-self/net") / name).read_text)

    def has_address(self, address: str) -> bool:
        """Tell whether any interface has an address (without prefix length)."""
        if ":" in address:
            return f"{ipaddress.IPv6Address(address).packed.hex()} " in self.read_proc("if_inet6")
        return re.search(rf"-- {re.escape(address)}\n\s+/32 host LOCAL", self.read_proc("fib_trie")) is not None

    def pids(self) -> list[int]:
        """Return the ids of the processes in here."""
        shown = subprocess.run(["ip", "netns", "pids", self.name], capture_output=True, text=True, check=False).stdout
        return [int(word) for word in shown.split()]

    def close(self) -> None:
        """End what runs in here (all of it was started by a test of ours) and remove the namespace."""
        for process in self._processes:
            process.close()
        for pid in self.pids():
            kill(pid)
        with contextlib.suppress(AssertionError):
            wait_until(lambda: not any(is_alive(pid) for pid in self.pids()), 5, f"end of what runs in {self.name}")
        subprocess.run(["ip", "netns", "del", self.name], check=False, capture_output=True)


class Lab:
    """Namespaces and LANs that live as long as a with block."""

    _numbers = itertools.count(1)

    def __init__(self) -> None:
        self._label = f"{NAME_PREFIX}-{os.getpid()}-{next(self._numbers)}"
        self._namespaces: list[Namespace] = []

    def __enter__(self) -> Self:
        remove_leftovers()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for namespace in reversed(self._namespaces):
            namespace.close()

    def namespace(self, label: str) -> Namespace:
        """Make a namespace."""
        made = Namespace(f"{self._label}-{label}")
        self._namespaces.append(made)
        return made

    def lan(self, label: str, members: Mapping[Namespace, tuple[str, str]]) -> Lan:
        """Make an Ethernet segment: members is namespace -> (interface name, address/length or "")."""
        return Lan(self.namespace(label), members)


class Lan:
    """A bridge in a namespace of its own; every frame on the segment can be seen on its interface `segment`."""

    def __init__(self, switch: Namespace, members: Mapping[Namespace, tuple[str, str]]) -> None:
        self.switch = switch
        self._ports: dict[tuple[Namespace, str], str] = {}
        self._number = itertools.count(1)
        switch.ip_batch(
            "link add segment type bridge mcast_snooping 0 forward_delay 0", "link set segment up promisc on"
        )
        for namespace, (interface, address) in members.items():
            self.join(namespace, interface, address)

    def join(self, namespace: Namespace, interface: str, address: str = "") -> None:
        """Plug an interface of a namespace into the segment."""
        port = f"port{next(self._number)}"
        # Both ends are born inside namespaces.
        self.switch.ip_batch(
            f"link add {port} type veth peer name {interface} netns {namespace.name}",
            f"link set {port} master segment up",
        )
        own = [f"addr add {ipaddress.ip_interface(address)} dev {interface}"] if address else []
        namespace.ip_batch(*own, f"link set {interface} up")
        self._ports[(namespace, interface)] = port

    def pull(self, namespace: Namespace, interface: str) -> None:
        """Pull a member's cable: its interface loses the carrier."""
        self.switch.ip("link", "set", self._ports[(namespace, interface)], "down")

    def plug(self, namespace: Namespace, interface: str) -> None:
        """Put the cable back."""
        self.switch.ip("link", "set", self._ports[(namespace, interface)], "up")

    def part(self, namespace: Namespace, interface: str) -> None:
        """Let nothing pass between a member and the others any more; its interface notices nothing."""
        self.switch.ip("link", "set", self._ports[(namespace, interface)], "nomaster")

    def heal(self, namespace: Namespace, interface: str) -> None:
        """Undo ``part``."""
        self.switch.ip("link", "set", self._ports[(namespace, interface)], "master", "segment")


def remove_leftovers() -> None:
    """Remove namespaces of test runs that were killed: those named after a process that is no more."""
    shown = subprocess.run(["ip", "netns", "list"], capture_output=True, text=True, check=False).stdout
    for line in shown.splitlines():
        match = re.match(rf"{NAME_PREFIX}-(\d+)-", line)
        if match is None or is_alive(int(match[1])):
            continue
        name = line.split()[0]
        pids = subprocess.run(["ip", "netns", "pids", name], capture_output=True, text=True, check=False).stdout
        for pid in pids.split():
            kill(int(pid))
        subprocess.run(["ip", "netns", "del", name], check=False, capture_output=True)
