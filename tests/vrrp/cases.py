"""Recorded cases of the VRRP room: one readable text file each.

    What it shows, in words.

    --- configuration
    keepalived.conf
    --- host
    eth0 10.0.0.5/24            an interface (followed by "down" if it is)
    --- story
    > 0 start                   what happens, and when (seconds)
    0         log (V) ...       what the router asks for, and when
    > 5 advert V 150 from 10.0.0.6
    > 9 end                     let time pass until then
    --- reference log
    (V) Entering BACKUP STATE   what keepalived 2.4.3 logged in the same situation (optional)

Timers fire by themselves between the ``>`` lines. After ``advert`` may follow what is different about the packet or its sender:
``ttl=64``, ``pass=wrong``, ``interval=2``, ``sequence=7`` (of its authentication header), ``clock=-9`` (seconds that the sender's
is ahead), ``key=9:x`` (its number, and the letter that it consists of), ``unsigned=yes``, ``checksum=group``, or ``again=0``: the
first advert of the story (counted from 0) once more. Further events: ``stop``, ``link eth0 down``, ``address + 10.0.0.5/24 on
eth0`` (or ``-``), ``script check exit 1`` (``signal 9``, ``timeout``), ``interface - eth0`` (or ``+ eth0 10.0.0.5/24``).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from ipaddress import IPv6Address, ip_address, ip_interface
from typing import TYPE_CHECKING

from keepalived_py.config.ast import HmacKey, UnicastPeer
from keepalived_py.config.host import AnyHost
from keepalived_py.config.load import load
from keepalived_py.vrrp.adverts import AdvertBuilder
from keepalived_py.vrrp.effects import SendAdvertisement, SendGratuitousArp, SendNeighbourAdvertisement, StateChanged
from keepalived_py.vrrp.events import (
    AddressAdded,
    AddressRemoved,
    AdvertisementReceived,
    DeadlineReached,
    InterfaceAdded,
    InterfaceChanged,
    InterfaceFacts,
    InterfaceRemoved,
    ScriptFinished,
    Start,
    Stop,
)
from keepalived_py.vrrp.router import Router
from keepalived_py.wire.vrrp import decode_ipv4, decode_ipv6
from tests.vrrp.notation import render

if TYPE_CHECKING:
    from pathlib import Path

    from keepalived_py.config.ast import Configuration, IPAddress, VrrpInstance
    from keepalived_py.vrrp.effects import Effect
    from keepalived_py.vrrp.events import RouterEvent
    from keepalived_py.wire.vrrp import Packet

SECOND = 1_000_000
#: When every story begins by the clock on the wall: microseconds since 1970.
_WALL_CLOCK = 1_800_000_000 * SECOND


@dataclass(frozen=True)
class Case:
    """One file; sections as lines."""

    description: str
    configuration: str
    host: tuple[str, ...]
    story: tuple[str, ...]
    reference: tuple[str, ...] = ()

    def text(self) -> str:
        sections = [
            self.description,
            f"--- configuration\n{self.configuration}",
            "--- host\n" + "\n".join(self.host),
            "--- story\n" + "\n".join(self.story),
        ]
        if self.reference:
            sections.append("--- reference log\n" + "\n".join(self.reference))
        return "\n".join(sections) + "\n"


def read_case(path: Path) -> Case:
    description, *sections = path.read_text().split("\n--- ")
    named = {name: body.rstrip("\n") for name, _, body in (section.partition("\n") for section in sections)}
    return Case(
        description=description,
        configuration=named["configuration"],
        host=tuple(named["host"].splitlines()),
        story=tuple(named["story"].splitlines()),
        reference=tuple(named.get("reference log", "").splitlines()),
    )


def configured(case: Case, folder: Path) -> Configuration:
    file = folder / "keepalived.conf"
    file.write_text(case.configuration + "\n")
    loaded = load(str(file), host=AnyHost(), config_id="test")
    assert loaded.configuration is not None, loaded.report.lines(testing=True)
    return loaded.configuration


class Player:
    """Plays a story; ``story`` is what really happened, ``logged`` the log as keepalived -D would have written it."""

    def __init__(self, case: Case, folder: Path) -> None:
        self._case = case
        # The cases tell what the reference does.
        facts = [_facts(line) for line in case.host]
        self._router = Router(configured(case, folder), facts, step_down=True)
        self._now = 0
        self._packets: list[Packet] = []
        self._builders: dict[IPAddress, AdvertBuilder] = {}
        self._sequences: dict[IPAddress, int] = {}
        self.story: list[str] = []
        self.logged: list[str] = []

    def play(self) -> None:
        for line in self._case.story:
            if not line.startswith("> "):
                continue
            moment, action = line[2:].split(" ", 1)
            now = self._now = round(float(moment) * SECOND)
            while (deadline := self._router.deadline) is not None and deadline < now:
                self._feed(DeadlineReached(), deadline)
            self.story.append(line)
            if action != "end":
                self._feed(self._event(action.split()), now)

    def _feed(self, event: RouterEvent, now: int) -> None:
        for effect in self._router.handle(event, now):
            if not isinstance(effect, StateChanged):
                self.story.append(f"{_seconds(now):<10} {render(effect)}")
            self._note(effect)

    def _note(self, effect: Effect) -> None:
        text = render(effect)
        if isinstance(effect, SendGratuitousArp):
            self.logged.append(f"Sending gratuitous ARP on {effect.interface} for {effect.address}")
        elif isinstance(effect, SendNeighbourAdvertisement):
            self.logged.append(f"Sending unsolicited Neighbour Advert on {effect.interface} for {effect.address}")
        elif text.startswith(("log ", "detail ")):
            self.logged.append(text.split(" ", 1)[1])

    def _event(self, words: list[str]) -> RouterEvent:
        match words:
            case ["start"]:
                return Start()
            case ["stop"]:
                return Stop()
            case ["link", name, state]:
                return InterfaceChanged(name=name, is_up=state == "up")
            case ["address", sign, text, "on", name]:
                parsed = ip_interface(text)
                kind = AddressAdded if sign == "+" else AddressRemoved
                return kind(interface=name, address=parsed.ip, prefix_length=parsed.network.prefixlen)
            case ["interface", "-", name]:
                return InterfaceRemoved(name=name)
            case ["interface", "+", *rest]:
                return InterfaceAdded(facts=_facts(" ".join(rest)))
            case ["script", name, "exit", status]:
                return ScriptFinished(name=name, exit_status=int(status))
            case ["script", name, "signal", number]:
                return ScriptFinished(name=name, signal=int(number))
            case ["script", name, "timeout"]:
                return ScriptFinished(name=name, signal=15, timed_out=True)
            case ["advert", name, priority, "from", source, *changes]:
                return self._advert(name, int(priority), source, dict(change.split("=") for change in changes))
        raise AssertionError(f"what is {words}?")

    def _advert(self, name: str, priority: int, source: str, changes: dict[str, str]) -> RouterEvent:
        wanted = self._router.instances[name].configuration
        local = self._router.instances[name].local
        assert local is not None
        if "again" in changes:
            packet = self._packets[int(changes["again"])]
        else:
            packet = self._sent(_changed(wanted, changes), local, priority, ip_address(source), changes)
            self._packets.append(packet)
        return AdvertisementReceived(
            packet=replace(packet, ttl=int(changes.get("ttl", "255"))),
            interface=wanted.interface,
            local=local,
            wall_clock=_WALL_CLOCK + self._now,
        )

    def _sent(
        self, wanted: VrrpInstance, local: IPAddress, priority: int, source: IPAddress, changes: dict[str, str]
    ) -> Packet:
        """What arrives when a router configured like ours sends to us; each sender counts for itself."""
        if wanted.unicast:
            wanted = replace(wanted, unicast_peers=(UnicastPeer(address=local),))
        builder = AdvertBuilder(wanted, self._builders.get(source))
        self._builders[source] = builder
        sequence = int(changes.get("sequence", self._sequences.get(source, 0) + 1))
        self._sequences[source] = sequence
        effect = SendAdvertisement(
            instance=wanted.name,
            priority=priority,
            source=source,
            sequence=sequence,
            group_checksum=changes.get("checksum") == "group",
        )
        ((_, data),) = builder.build(effect, _WALL_CLOCK + self._now + round(float(changes.get("clock", 0)) * SECOND))
        if isinstance(source, IPv6Address) and isinstance(local, IPv6Address):
            return decode_ipv6(data, source=source, destination=local, hop_limit=255)
        return decode_ipv4(data)


def _changed(wanted: VrrpInstance, changes: dict[str, str]) -> VrrpInstance:
    """The configuration of a router that differs from ours as said."""
    if "interval" in changes:
        wanted = replace(wanted, advert_int=round(float(changes["interval"]) * SECOND))
    if "pass" in changes:
        password = changes["pass"].encode()
        wanted = replace(wanted, authentication=replace(wanted.authentication, password=password))
    if "key" in changes and wanted.hmac is not None:
        number, _, secret = changes["key"].partition(":")
        key = HmacKey(id=int(number), secret=secret.encode() * 32)
        wanted = replace(wanted, hmac=replace(wanted.hmac, keys=(key,), active_key=key.id))
    return replace(wanted, hmac=None) if "unsigned" in changes else wanted


def _facts(line: str) -> InterfaceFacts:
    name, *rest = line.split()
    parsed = [ip_interface(word) for word in rest if "/" in word]
    addresses = tuple((each.ip, each.network.prefixlen) for each in parsed)
    return InterfaceFacts(name=name, is_up="down" not in rest, addresses=addresses)


def _seconds(now: int) -> str:
    return f"{now / SECOND:.6f}".rstrip("0").rstrip(".")
