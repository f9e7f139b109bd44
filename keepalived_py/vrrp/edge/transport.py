"""Adverts in and out: the sockets of all instances, who shares which, and what goes over them.

Owns pools of sockets and the builders of datagrams. What an advert means is the router's.
Source: reference/vrrp-behaviour.md §2-§4.
"""

from __future__ import annotations

import errno
import time
from ipaddress import IPv4Address, IPv6Address
from typing import TYPE_CHECKING, TypeAlias

from keepalived_py.config.ast import ReceiveBuffers
from keepalived_py.kernel.sockets import open_vrrp_multicast, open_vrrp_unicast
from keepalived_py.log import Level
from keepalived_py.vrrp.adverts import AdvertBuilder, group_of, protocol_of
from keepalived_py.vrrp.buffers import share
from keepalived_py.vrrp.edge.listening import Listening
from keepalived_py.vrrp.edge.pool import Pool
from keepalived_py.vrrp.events import AdvertisementReceived
from keepalived_py.wire.errors import WireError
from keepalived_py.wire.recent import MOST, may_come_again

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable, Iterable, Sequence

    from keepalived_py.config.ast import IPAddress, Microseconds, VrrpInstance
    from keepalived_py.kernel.interfaces import Interface
    from keepalived_py.log import Log
    from keepalived_py.vrrp.effects import SendAdvertisement
    from keepalived_py.vrrp.machine import Instance
    from keepalived_py.wire.vrrp import Packet

#: Packets read from one socket before timers get their turn: more than 250 instances receive in a second.
_PACKETS_AT_ONCE = 1024
_MICROSECOND = 1_000  # in nanoseconds
_NO_PERMISSION = frozenset({errno.EPERM, errno.EACCES})
_ANY_IPV4, _ANY_IPV6 = IPv4Address(0), IPv6Address(0)


#: Interface, the group or the address adverts are sent to, protocol.
_PoolKey: TypeAlias = tuple[str, "IPAddress", int]


class Transport:
    """The sockets of one process.

    ``on_packet`` gets every advert as it is read, ``on_read`` is called when a socket has been emptied. ``on_unavailable`` gets
    the name of an instance whose sockets cannot be opened. ``interface`` finds an interface by its name.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        log: Log,
        *,
        interface: Callable[[str], Interface | None],
        on_packet: Callable[[AdvertisementReceived], None],
        on_read: Callable[[], None],
        on_unavailable: Callable[[str], None],
    ) -> None:
        self._loop = loop
        self._log = log
        self._interface = interface
        self._on_packet = on_packet
        self._on_read = on_read
        self._on_unavailable = on_unavailable
        self._pools: dict[_PoolKey, Pool] = {}
        self._pool_of: dict[str, Pool] = {}
        self._wanted: dict[str, VrrpInstance] = {}
        self._policy = ReceiveBuffers()
        self._described: set[tuple[str, IPAddress]] = set()
        self._builders: dict[str, AdvertBuilder] = {}
        self._send_errors: dict[tuple[str, IPAddress], int | None] = {}
        self._listening = Listening(loop, self._read)

    # --- who uses which sockets ---------------------------------------------------------------------------------------

    def prepare(self, instances: Sequence[VrrpInstance], policy: ReceiveBuffers) -> None:
        """Build the adverts of these instances from now on; ``policy`` says how much may wait in their sockets."""
        self._wanted = {wanted.name: wanted for wanted in instances}
        self._policy = policy
        before = self._builders
        self._builders = {wanted.name: AdvertBuilder(wanted, before.get(wanted.name)) for wanted in instances}
        self._send_errors.clear()

    def set_beat(self, beat: Microseconds) -> None:
        """Read crowds of packets at this beat, at once if it is 0."""
        self._listening.set_beat(beat)

    def open(self, instance: Instance) -> None:
        """Give an instance its sockets, opened now if no other has the same. Raises OSError without the permission to."""
        wanted, source = instance.configuration, instance.source
        local = source if wanted.unicast else group_of(wanted)
        if local is None:
            return  # unicast without an address yet: AddressAdded brings us back
        protocol = protocol_of(wanted)
        pool = self._pools.get((wanted.advert_interface, local, protocol))
        if pool is None:
            interface = self._interface(wanted.advert_interface)
            if interface is None and wanted.advert_interface:
                return  # InterfaceAdded brings us back
            index = interface.index if interface is not None else 0
            try:
                if wanted.unicast:
                    sockets = open_vrrp_unicast(
                        local,
                        wanted.advert_interface or None,
                        interface_index=index,
                        require_source=False,
                        protocol=protocol,
                    )
                else:
                    any_source = _ANY_IPV4 if local.version == 4 else _ANY_IPV6
                    sockets = open_vrrp_multicast(
                        wanted.advert_interface, index, source or any_source, local, protocol=protocol
                    )
            except OSError as error:
                if error.errno in _NO_PERMISSION:
                    raise
                self._log(
                    Level.INFO,
                    f"bind {'unicast_src' if wanted.unicast else 'for multicast'} {local} failed"
                    f" {error.errno} - {error.strerror}",
                )
                self._on_unavailable(wanted.name)
                return
            pool = Pool(sockets=sockets, interface=wanted.advert_interface, local=local, protocol=protocol)
            self._pools[wanted.advert_interface, local, protocol] = pool
            self._listening.add(pool)
            if (wanted.advert_interface, local) not in self._described:
                self._described.add((wanted.advert_interface, local))
                self._log.detail(pool.describe(index))
        self._join(pool, wanted.name)
        self._pool_of[wanted.name] = pool

    def leave(self, name: str) -> None:
        """Take an instance off its sockets; they are closed when nobody else uses them."""
        pool = self._pool_of.pop(name, None)
        if pool is None:
            return
        pool.instances.discard(name)
        if not pool.instances:
            self._close_pool(pool)

    def rejoin(self, instances: Iterable[Instance]) -> None:
        """After a reload: note anew who uses the open sockets. ``close_unused`` follows when the new ones are open."""
        self._pool_of.clear()
        for pool in self._pools.values():
            pool.instances.clear()
        places = {(pool.interface, pool.local) for pool in self._pools.values()}
        for instance in instances:
            wanted = instance.configuration
            place = (wanted.advert_interface, instance.local or _ANY_IPV4)
            pool_or_none = self._pools.get((*place, protocol_of(wanted)))
            if pool_or_none is not None:
                self._join(pool_or_none, instance.name)
                self._pool_of[instance.name] = pool_or_none
            elif place in places:
                # The same router with another kind of authentication: its adverts are another protocol now.
                self.open(instance)

    def resize(self, interface: str) -> None:
        """See how much may wait in the sockets of an interface whose MTU has changed."""
        for pool in self._pools.values():
            if pool.interface == interface:
                for name in tuple(pool.instances):
                    self._join(pool, name)

    def _join(self, pool: Pool, name: str) -> None:
        interface = self._interface(pool.interface)
        try:
            pool.join(name, share(self._wanted[name], self._policy, interface.mtu if interface is not None else 0))
        except OSError as error:
            self._log(Level.INFO, f"vrrp set receive socket buffer size error {error.errno}")

    def close_unused(self) -> None:
        """Close sockets that nobody uses any more."""
        for pool in [pool for pool in self._pools.values() if not pool.instances]:
            self._close_pool(pool)

    def follow_source(self, instance: Instance) -> None:
        """Listen on the address that a unicast instance sends from now."""
        pool = self._pool_of.get(instance.name)
        if instance.source is not None and (pool is None or pool.local != instance.source):
            self.leave(instance.name)
            self.open(instance)

    def close(self) -> None:
        """Close every socket."""
        self._listening.close()
        for pool in self._pools.values():
            pool.sockets.close()
        self._pools.clear()
        self._pool_of.clear()

    def _close_pool(self, pool: Pool) -> None:
        del self._pools[pool.interface, pool.local, pool.protocol]
        self._listening.remove(pool)
        pool.sockets.close()

    # --- in -----------------------------------------------------------------------------------------------------------

    def read_all(self) -> None:
        """Hand over everything that waits in any socket."""
        for pool in tuple(self._pools.values()):
            self._read(pool)

    @property
    def hears_late(self) -> bool:
        """Whether packets may wait unread: so many come that they are only read now and then."""
        return self._listening.on_beat

    def _read(self, pool: Pool) -> int:
        """Hand over everything that waits in a socket; return how much it was."""
        heard = 0
        for heard in range(_PACKETS_AT_ONCE):  # noqa: B007 - the number is what is returned
            try:
                packet = pool.sockets.receive_packet()
            except WireError as error:
                self._complain(pool, f"IPv{pool.local.version} VRRP packet unreadable - {error}")
                continue
            except OSError as error:
                # ENETDOWN comes once when the interface goes down; the monitor tells what that means.
                self._complain(
                    pool, f"recvmsg({pool.sockets.receive.fileno()}) returned {error.errno} ({error.strerror})"
                )
                continue
            if packet is None:
                break
            self._on_packet(self._event(pool, packet))
        if heard:
            self._on_read()
        return heard

    @staticmethod
    def _event(pool: Pool, packet: Packet) -> AdvertisementReceived:
        """Make the event of a packet, or find that of the very same packet: nobody asks such a one for its time."""
        known = pool.events.get(id(packet))
        if known is not None and known.packet is packet:
            return known
        event = AdvertisementReceived(
            packet=packet,
            interface=pool.interface,
            local=pool.local,
            wall_clock=time.time_ns() // _MICROSECOND,
        )
        if may_come_again(packet):
            if len(pool.events) >= MOST:
                pool.events.clear()
            pool.events[id(packet)] = event
        return event

    def _complain(self, pool: Pool, text: str) -> None:
        """Log a kind of trouble once a socket: whoever sends rubbish must not fill the log."""
        if text not in pool.complained:
            pool.complained.add(text)
            self._log(Level.INFO, text)

    # --- out ----------------------------------------------------------------------------------------------------------

    def advertise(self, effect: SendAdvertisement) -> None:
        """Send one logical advert: to the group, or a copy to each unicast peer."""
        pool = self._pool_of.get(effect.instance)
        if pool is None:
            return
        builder = self._builders[effect.instance]
        for destination, datagram in builder.build(effect, time.time_ns() // _MICROSECOND):
            try:
                pool.sockets.send_datagram(datagram, destination, source=effect.source, hop_limit=builder.hop_limit)
            except OSError as error:
                # One peer that cannot be reached must not keep the others from hearing us.
                key = (effect.instance, destination)
                if self._send_errors.get(key) != error.errno:
                    self._send_errors[key] = error.errno
                    self._advert_failed(effect, pool, destination, error)
            else:
                if self._send_errors:
                    self._send_errors.pop((effect.instance, destination), None)

    def _advert_failed(self, effect: SendAdvertisement, pool: Pool, destination: IPAddress, error: OSError) -> None:
        if effect.priority == 0 and error.errno in (errno.ENETUNREACH, errno.ENETDOWN):
            return  # a farewell over an interface that is down
        if pool.sockets.group is None:
            text = f"({effect.instance}) Cant send advert to {destination} ({error.strerror})"
        else:
            text = f"({effect.instance}): send advert error {error.errno} ({error.strerror})"
        self._log(Level.INFO, text)
