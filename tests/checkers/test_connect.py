"""Attempts over real sockets on loopback, against servers that behave and servers that do not.

Whatever the server does: one outcome, in time, and no descriptor left open.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import hashlib
import os
import signal
import socket
import struct
import threading
import time
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any

import pytest

from keepalived_py.checkers.connect import LONGEST_ATTEMPT, Connector
from keepalived_py.checkers.events import BodyLength, Failed, NotRun, Succeeded
from keepalived_py.checkers.probes.http import HttpConversation, request_bytes
from keepalived_py.checkers.probes.tcp import TcpConversation
from tests.lab.checks import HttpUrl, common

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from keepalived_py.checkers.events import Outcome
    from keepalived_py.checkers.probes.conversation import Conversation
    from keepalived_py.config.ast import CheckCommon

PAGE = b"It works\n"
REPLY = b"HTTP/1.0 200 OK\r\nContent-Length: %d\r\n\r\n" % len(PAGE) + PAGE
PATIENCE = 300_000  # microseconds: connect_timeout of the tests
GOOD = Succeeded(what="HTTP status code", length=BodyLength(announced=len(PAGE), received=len(PAGE)))


@contextlib.contextmanager
def serving(behave: Callable[[socket.socket], None], family: int = socket.AF_INET) -> Iterator[int]:
    """Yield a port of loopback on which a process of its own lets ``behave`` treat each connection, in a thread each.

    A process, so that every descriptor opened in this one is the connector's.
    """
    with socket.socket(family) as listener:
        listener.bind(("127.0.0.1" if family == socket.AF_INET else "::1", 0))
        listener.listen(256)
        port = listener.getsockname()[1]
        child = os.fork()
        if child == 0:
            try:
                _serve(listener, behave)
            finally:
                os._exit(0)
    try:
        yield port
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


def _serve(listener: socket.socket, behave: Callable[[socket.socket], None]) -> None:
    connections: list[socket.socket] = []

    def treat(connection: socket.socket) -> None:
        with contextlib.suppress(OSError):
            behave(connection)

    while True:
        connection, _ = listener.accept()
        connections.append(connection)
        threading.Thread(target=treat, args=(connection,), daemon=True).start()


def replying(*parts: bytes, close: bool = True) -> Callable[[socket.socket], None]:
    def behave(connection: socket.socket) -> None:
        connection.recv(4096)
        for part in parts:
            connection.sendall(part)
        if close:
            connection.close()

    return behave


def resetting(after: bytes = b"") -> Callable[[socket.socket], None]:
    def behave(connection: socket.socket) -> None:
        connection.recv(4096)
        if after:
            connection.sendall(after)
            connection.recv(1)  # nothing more comes: wait until the test's end or
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.close()

    return behave


def silent(connection: socket.socket) -> None:
    while connection.recv(4096):
        pass


def endless(data: bytes) -> Callable[[socket.socket], None]:
    def behave(connection: socket.socket) -> None:
        connection.recv(4096)
        connection.sendall(b"HTTP/1.0 200 OK\r\n\r\n" if data == b"body" else b"HTTP/1.0 200 OK\r\nX: ")
        while True:
            connection.sendall(b"x" * 65536)

    return behave


def dripping(connection: socket.socket) -> None:
    connection.recv(4096)
    connection.sendall(b"HTTP/1.0 200 OK\r\n\r\n")
    while True:
        time.sleep(PATIENCE / 3 / 1_000_000)
        connection.sendall(b"x")


def descriptors() -> set[str]:
    return set(os.listdir("/proc/self/fd"))


def attempt(target: CheckCommon, conversation: Conversation, **options: Any) -> tuple[Outcome, float]:
    """Make one attempt; returns its outcome and its duration in microseconds."""

    async def once() -> tuple[Outcome, float]:
        loop = asyncio.get_running_loop()
        connector = Connector(loop)
        future: asyncio.Future[Outcome] = loop.create_future()
        before, open_before = loop.time(), descriptors()
        connector.start(target, conversation, future.set_result, **options)
        outcome = await asyncio.wait_for(future, 20)
        assert not connector.running
        assert len(connector.deadlines) == 0
        after = loop.time()
        assert descriptors() <= open_before, "every descriptor is closed"
        connector.close()
        return outcome, (after - before) * 1_000_000

    return asyncio.run(once())


def get(port: int, *, address: str = "127.0.0.1", url: HttpUrl | None = None, **fields: Any) -> tuple[Outcome, float]:
    asked = url or HttpUrl(path="/")
    ip = ip_address(address)
    request = request_bytes(path=asked.path, http_protocol="1.0", virtualhost=None, connect_ip=ip, connect_port=port)
    target = common(address, port, **({"connect_timeout": PATIENCE} | fields))
    return attempt(target, HttpConversation(request, asked))


def connect(port: int, address: str = "127.0.0.1", **fields: Any) -> tuple[Outcome, float]:
    return attempt(common(address, port, **({"connect_timeout": PATIENCE} | fields)), TcpConversation())


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
        return port


# --- TCP_CHECK --------------------------------------------------------------------------------------------------------


def test_an_open_port_is_a_success_over_both_families() -> None:
    with serving(silent) as port:
        assert connect(port)[0] == Succeeded()
    with serving(silent, socket.AF_INET6) as port:
        assert connect(port, "::1")[0] == Succeeded()


def test_a_closed_port_is_a_failure_at_once() -> None:
    outcome, duration = connect(free_port())
    assert outcome == Failed(reason="failed")
    assert duration < PATIENCE


def test_a_full_backlog_times_out_after_connect_timeout() -> None:
    with socket.socket() as listener, contextlib.ExitStack() as stack:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        port = listener.getsockname()[1]
        for _ in range(4):
            filler = stack.enter_context(socket.socket())
            filler.setblocking(False)
            filler.connect_ex(("127.0.0.1", port))
        outcome, duration = connect(port)
    assert outcome == Failed(reason="timeout")
    assert PATIENCE <= duration < 3 * PATIENCE


@pytest.mark.parametrize(
    ("address", "outcome"),
    [
        ("255.255.255.255", Failed(reason="")),
        ("fe80::1", NotRun(lines=("TCP socket bind failed. Rescheduling.",))),
    ],
)
def test_an_unreachable_network_counts_against_the_server_and_an_impossible_address_does_not(
    address: str, outcome: Outcome
) -> None:
    assert connect(80, address)[0] == outcome


def test_a_source_address_that_is_not_ours_is_no_verdict() -> None:
    outcome, _ = connect(80, bindto=ip_address("192.0.2.77"))
    reason = os.strerror(errno.EADDRNOTAVAIL)
    assert outcome == NotRun(lines=(f"Checker bind failed: {reason}", "TCP socket bind failed. Rescheduling."))


def test_a_device_that_does_not_exist_is_no_verdict() -> None:
    outcome, _ = connect(80, bind_if="kp-none0")
    assert isinstance(outcome, NotRun)
    assert outcome.lines[0].startswith("Checker can't bind to device kp-none0: ")


def test_the_configured_source_address_is_used() -> None:
    def tell_peer(connection: socket.socket) -> None:
        replying(b"HTTP/1.0 200 OK\r\n\r\n" + connection.getpeername()[0].encode())(connection)

    url = HttpUrl(path="/", digest=hashlib.md5(b"127.0.0.9").digest())
    with serving(tell_peer) as port:
        outcome, _ = get(port, url=url, bindto=ip_address("127.0.0.9"))
    assert isinstance(outcome, Succeeded)


def test_without_descriptors_there_is_no_verdict(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_arguments: Any) -> Any:
        raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))

    async def once() -> list[Outcome]:
        connector = Connector(asyncio.get_running_loop())
        outcomes: list[Outcome] = []
        monkeypatch.setattr(socket, "socket", refuse)
        connector.start(common("127.0.0.1"), TcpConversation(), outcomes.append)
        monkeypatch.undo()
        return outcomes

    assert asyncio.run(once()) == [NotRun(lines=("TCP connect fail to create socket. Rescheduling.",))]


# --- HTTP_GET ---------------------------------------------------------------------------------------------------------


def test_a_page_is_fetched_and_its_digest_compared() -> None:
    digest = hashlib.md5(PAGE).digest()
    with serving(replying(REPLY)) as port:
        assert get(port)[0] == GOOD
        assert get(port, url=HttpUrl(path="/", digest=digest))[0] == Succeeded(what="MD5 digest", length=GOOD.length)
        assert isinstance(get(port, url=HttpUrl(path="/", digest=bytes(16)))[0], Failed)


def test_a_reply_in_single_bytes_is_the_same_reply() -> None:
    with serving(replying(*(bytes([byte]) for byte in REPLY))) as port:
        assert get(port)[0] == GOOD


def test_a_server_that_never_answers_fails_after_connect_timeout() -> None:
    with serving(silent) as port:
        outcome, duration = get(port)
    assert outcome == Failed(reason="Timeout WEB read")
    assert PATIENCE <= duration < 3 * PATIENCE


def test_a_server_that_stops_in_the_middle_fails_after_connect_timeout() -> None:
    with serving(replying(REPLY[:-3], close=False)) as port:
        outcome, duration = get(port)
    assert outcome == Failed(reason="Timeout HTTP read")
    assert PATIENCE <= duration < 3 * PATIENCE


def test_a_server_that_drips_for_ever_is_given_up() -> None:
    with serving(dripping) as port:
        outcome, duration = get(port)
    assert outcome == Failed(reason="Timeout HTTP read")
    assert duration < (LONGEST_ATTEMPT + 2) * PATIENCE


@pytest.mark.parametrize(
    ("part", "outcome"),
    [("body", Failed(reason="Timeout HTTP read")), ("header", Failed(reason="Read, no data received from "))],
)
def test_an_endless_reply_ends_in_time(part: str, outcome: Outcome) -> None:
    with serving(endless(part.encode())) as port:
        found, duration = get(port, connect_timeout=100_000)
    assert found == outcome
    assert duration < (LONGEST_ATTEMPT + 2) * 100_000


def test_a_reset_is_a_read_error() -> None:
    with serving(resetting()) as port:
        assert get(port)[0] == Failed(reason="Read error with")


@pytest.mark.parametrize(
    "reply", [b"", b"garbage", b"\0" * 9000, b"HTTP/1.0 200\r\n\r\n", b"220 ESMTP\r\n", b"\r\n\r\n"]
)
def test_garbage_is_a_failure(reply: bytes) -> None:
    with serving(replying(reply)) as port:
        assert isinstance(get(port)[0], Failed)


def test_a_server_that_closes_without_reading_is_a_failure() -> None:
    with serving(lambda connection: connection.close()) as port:
        assert isinstance(get(port)[0], Failed)


def test_many_attempts_at_once_all_end_and_leave_nothing_open() -> None:
    async def all_at_once(good: int, bad: int) -> list[Outcome]:
        connector = Connector(asyncio.get_running_loop())
        outcomes: list[Outcome] = []
        finished = asyncio.Event()
        before = descriptors()

        def done(outcome: Outcome) -> None:
            outcomes.append(outcome)
            if len(outcomes) == 200:
                finished.set()

        for number in range(200):
            port = good if number % 2 else bad
            target = common("127.0.0.1", port, connect_timeout=5_000_000)
            connector.start(target, HttpConversation(b"GET", HttpUrl(path="/")), done)
        await asyncio.wait_for(finished.wait(), 20)
        assert descriptors() <= before
        connector.close()
        return outcomes

    with serving(replying(REPLY)) as good:
        outcomes = asyncio.run(all_at_once(good, free_port()))
    assert sorted(isinstance(each, Succeeded) for each in outcomes) == [False] * 100 + [True] * 100


def test_closing_abandons_what_is_under_way_without_an_outcome() -> None:
    async def begin_and_close(port: int) -> list[Outcome]:
        connector = Connector(asyncio.get_running_loop())
        outcomes: list[Outcome] = []
        connector.start(common("127.0.0.1", port), HttpConversation(b"", HttpUrl(path="/")), outcomes.append)
        await asyncio.sleep(0.05)
        connector.close()
        await asyncio.sleep(0.05)
        assert not connector.running
        return outcomes

    with serving(silent) as port:
        assert asyncio.run(begin_and_close(port)) == []
