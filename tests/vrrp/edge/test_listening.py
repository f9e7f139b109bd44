"""Sockets are read at once, and at a beat when packets come in crowds; nothing is lost between the two."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from ipaddress import IPv4Address
from typing import TYPE_CHECKING

from keepalived_py.kernel.sockets import VrrpSockets
from keepalived_py.vrrp.edge.listening import Listening
from keepalived_py.vrrp.edge.pool import Pool

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ANY = IPv4Address(0)
BEAT = 2_000


class Segment:
    """A socket that is listened to, the other end of it, and what was heard."""

    def __init__(self, listening_socket: socket.socket, far_end: socket.socket) -> None:
        sockets = VrrpSockets(receive=listening_socket, send=far_end, source=ANY, group=None)
        self.pool = Pool(sockets=sockets, interface="eth0", local=ANY, protocol=112)
        self.far_end = far_end
        self.heard: list[bytes] = []
        self.readings = 0
        self.listening = Listening(asyncio.get_running_loop(), self.read)
        self.listening.set_beat(BEAT)

    def read(self, pool: Pool) -> int:
        self.readings += 1
        count = 0
        with contextlib.suppress(BlockingIOError):
            while True:
                self.heard.append(pool.sockets.receive.recv(100))
                count += 1
        return count


@contextlib.contextmanager
def segment() -> Iterator[Segment]:
    near, far = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    near.setblocking(False)
    with near, far:
        made = Segment(near, far)
        made.listening.add(made.pool)
        yield made
        made.listening.close()


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not condition():  # noqa: ASYNC110 - what is tested has no event to wait for
            await asyncio.sleep(0)


async def until_heard(on: Segment, count: int) -> None:
    await until(lambda: len(on.heard) >= count)


def test_a_single_packet_is_read_without_waiting_for_a_beat() -> None:
    async def main() -> None:
        with segment() as on:
            for number in range(3):
                on.far_end.send(b"%d" % number)
                await until_heard(on, number + 1)
                assert not on.listening.on_beat
                await asyncio.sleep(3 * BEAT / 1_000_000)

    asyncio.run(main())


def test_a_crowd_is_read_at_a_beat_until_it_is_silent_again() -> None:
    async def main() -> None:
        with segment() as on:
            sent = 0
            async with asyncio.timeout(5):
                while not on.listening.on_beat:
                    on.far_end.send(b"%d" % sent)
                    sent += 1
                    await until_heard(on, sent)
            before = on.readings
            for _ in range(20):
                on.far_end.send(b"%d" % sent)
                sent += 1
            await until_heard(on, sent)
            assert on.readings - before <= 2
            assert on.heard == [b"%d" % number for number in range(sent)]
            await until(lambda: not on.listening.on_beat)
            on.far_end.send(b"late")
            await until_heard(on, sent + 1)
            assert not on.listening.on_beat

    asyncio.run(main())


def test_without_a_beat_every_packet_wakes() -> None:
    async def main() -> None:
        with segment() as on:
            on.listening.set_beat(0)
            for number in range(50):
                on.far_end.send(b"x")
                await until_heard(on, number + 1)
                assert not on.listening.on_beat

    asyncio.run(main())


def test_a_socket_that_comes_or_goes_while_on_the_beat_is_heard_or_left() -> None:
    async def main() -> None:
        with segment() as on:
            sent = 0
            async with asyncio.timeout(5):
                while not on.listening.on_beat:
                    on.far_end.send(b"x")
                    sent += 1
                    await until_heard(on, sent)
            on.listening.remove(on.pool)
            on.far_end.send(b"to nobody")
            await asyncio.sleep(5 * BEAT / 1_000_000)
            assert len(on.heard) == sent
            on.listening.add(on.pool)
            await until_heard(on, sent + 1)

    asyncio.run(main())
