"""What an instance asks for most often, as effects: adverts; addresses, routes and rules set and removed.

Owns the wording and the order of these effects; when they are wanted is the machine's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from keepalived_py.config.ast import AuthenticationType
from keepalived_py.vrrp.acceptance import Acceptance
from keepalived_py.vrrp.effects import (
    Effect,
    InstallAddresses,
    InstallRouting,
    Log,
    RemoveAddresses,
    RemoveRouting,
    SendAdvertisement,
)
from keepalived_py.vrrp.possessions import possessions_of
from keepalived_py.vrrp.timing import STOP_PRIORITY

if TYPE_CHECKING:
    from keepalived_py.config.ast import IPAddress, Route, Rule, VrrpInstance
    from keepalived_py.vrrp.memory import Memory
    from keepalived_py.vrrp.statistics import Statistics


class Actions:
    """The effects of one instance; counts the adverts, and numbers them where ``auth_type AH`` wants it."""

    def __init__(self, configuration: VrrpInstance, statistics: Statistics, memory: Memory) -> None:
        self._name = configuration.name
        self._statistics = statistics
        self._memory = memory
        self._numbered = configuration.authentication.type == AuthenticationType.AH
        # Version 3 over IPv4 unicast alone knows two checksums.
        knows_two = configuration.unicast and (configuration.version, configuration.family) == (3, 4)
        self._checksum = configuration.unicast_checksum if knows_two else "never"
        self.possessions = possessions_of(configuration)
        lists = (("VIPs", configuration.virtual_addresses), ("E-VIPs", configuration.excluded_addresses))
        self._lists = [(label, addresses) for label, addresses in lists if addresses]
        routing: tuple[tuple[str, tuple[Route | Rule, ...]], ...] = (
            ("Routes", configuration.virtual_routes),
            ("Rules", configuration.virtual_rules),
        )
        self._routing_lists = [(label, items) for label, items in routing if items]
        self._advert: SendAdvertisement | None = None
        self._acceptance = Acceptance(configuration)

    def advertise(self, priority: int, source: IPAddress | None, out: list[Effect]) -> None:
        """Send one advert, if there is an address to send it from."""
        if source is None:
            return
        group_checksum = self._checksum == "config" or (self._checksum == "no" and self._memory.group_checksum)
        sequence = self._memory.sequence.following(source) if self._numbered else 0
        wanted = (priority, source, sequence, group_checksum)
        advert = self._advert
        if advert is None or (advert.priority, advert.source, advert.sequence, advert.group_checksum) != wanted:
            # A master sends the same one again and again.
            advert = self._advert = SendAdvertisement(
                instance=self._name,
                priority=priority,
                source=source,
                sequence=sequence,
                group_checksum=group_checksum,
            )
        out.append(advert)
        self._statistics.advert_sent += 1

    def say_goodbye(self, source: IPAddress | None, out: list[Effect]) -> None:
        """Send the advert that lets the others take over at once."""
        self.advertise(STOP_PRIORITY, source, out)
        self._statistics.pri_zero_sent += 1
        out.append(Log(text=f"({self._name}) sent 0 priority", detail=True))

    def install(self, out: list[Effect]) -> None:
        """Set every address, then what may need them: routes, then rules. What nobody may use is filtered before."""
        self._acceptance.begin(out)
        for label, addresses in self._lists:
            out.append(Log(text=f"({self._name}) setting {label}.", detail=True))
            out.append(InstallAddresses(instance=self._name, addresses=addresses))
        for label, items in self._routing_lists:
            out.append(Log(text=f"({self._name}) setting Virtual {label}", detail=True))
            out.append(InstallRouting(instance=self._name, items=items))

    def remove(self, out: list[Effect]) -> None:
        """Remove everything, set or not: rules, routes, addresses."""
        for label, items in reversed(self._routing_lists):
            out.append(Log(text=f"({self._name}) removing Virtual {label}", detail=True))
            out.append(RemoveRouting(instance=self._name, items=items))
        for label, addresses in self._lists:
            out.append(Log(text=f"({self._name}) removing {label}.", detail=True))
            out.append(RemoveAddresses(instance=self._name, addresses=addresses))
        self._acceptance.end(out)

    def succeed(self, old: Actions, out: list[Effect]) -> bool:
        """After a reload as MASTER: exchange what the old configuration had for ours; True if an address was set."""
        self._acceptance.succeed(old._acceptance, out)
        return self.possessions.exchange(old.possessions, out)
