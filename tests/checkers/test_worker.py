"""The checkers and the ipvs worker at work together: real checks on loopback, the table in dry run."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import hashlib
import os
import socket
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from aiosmtpd.smtp import SMTP

from keepalived_py.config.ast import Command, NotifyFifo, SorryServer
from keepalived_py.ipvs import worker as ipvs_worker
from keepalived_py.ipvs.events import Operation
from keepalived_py.kernel.ipvs import IpvsUnavailable
from keepalived_py.runtime.options import Options
from tests.lab.checks import SECOND, HttpUrl, http_get, real_server, tcp_check, virtual_server
from tests.lab.workers_in_process import Balancer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence
    from ipaddress import IPv4Address
    from pathlib import Path

    import pytest

    from keepalived_py.config.ast import RealServer

PAGE = b"well\n"
QUICK: dict[str, Any] = {
    "warmup": 0,
    "delay_loop": 200_000,
    "delay_before_retry": 50_000,
    "connect_timeout": SECOND,
    "retry": 1,
}
V = "[198.51.100.1]:tcp:80"


class Web:
    """A web server on loopback that can die, return, and change its page."""

    def __init__(self, address: str, port: int = 0) -> None:
        self.address, self.port, self.page = address, port, PAGE
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._answer, self.address, self.port, reuse_address=True)
        self.port = self._server.sockets[0].getsockname()[1]

    async def die(self) -> None:
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            if await reader.readline():
                writer.write(b"HTTP/1.0 200 OK\r\nContent-Length: %d\r\n\r\n" % len(self.page) + self.page)
                await writer.drain()
            writer.close()

    @property
    def name(self) -> str:
        return f"[{self.address}]:tcp:{self.port}"

    def real_server(self, **fields: Any) -> RealServer:
        url = HttpUrl(path="/", digest=hashlib.md5(PAGE).digest())
        check = http_get(url, address=self.address, port=self.port, **QUICK)
        return real_server(self.address, check, port=self.port, **fields)


@contextlib.asynccontextmanager
async def webs(count: int = 2) -> AsyncIterator[Sequence[Web]]:
    servers = [Web("127.0.0.1")]
    await servers[0].start()
    for number in range(2, count + 1):
        servers.append(Web(f"127.0.0.{number}", servers[0].port))
        await servers[-1].start()
    try:
        yield servers
    finally:
        for server in servers:
            await server.die()


def rows(*servers: Web, weight: int = 1) -> str:
    return "".join(
        f"  -> {f'{server.address}:{server.port}':<28} Masq    {weight:<6} 0          0         \n"
        for server in servers
    )


def of_interest(lines: list[str]) -> list[str]:
    return [line for line in lines if not line.startswith(("Activating", "Remote", "MD5"))]


HEAD = "TCP  198.51.100.1:80 wlc\n"


def test_a_server_that_dies_leaves_the_table_and_returns_with_it(tmp_path: Path) -> None:
    async def play() -> None:
        async with webs() as (one, two):
            service = virtual_server(one.real_server(), two.real_server())
            async with Balancer(tmp_path, service) as balancer:
                await balancer.until(lambda: balancer.table() == HEAD + rows(one, two))
                await balancer.until(
                    lambda: f"Remote Web server {two.name} succeed on service." in balancer.checkers.log.lines
                )
                await two.die()
                await balancer.until(lambda: balancer.table() == HEAD + rows(one))
                await two.start()
                await balancer.until(lambda: balancer.table() == HEAD + rows(one, two))
                two.page = b"changed\n"
                await balancer.until(lambda: balancer.table() == HEAD + rows(one))
                assert await balancer.checkers.stop() == 0
                assert await balancer.ipvs.stop() == 0
                assert balancer.table() == ""
                assert of_interest(balancer.checkers.log.lines) == [
                    f"Gained quorum 1+0=1 <= 2 for VS {V}",
                    f"HTTP_CHECK on service {two.name} failed after 1 retries.",
                    f"Removing service {two.name} from VS {V}",
                    f"Adding service {two.name} to VS {V}",
                    f"HTTP_CHECK on service {two.name} failed after 1 retries.",
                    f"Removing service {two.name} from VS {V}",
                    f"Shutting down service {one.name} from VS {V}",
                    f"Shutting down service {two.name} from VS {V}",
                ]
                assert [line for line in balancer.ipvs.log.lines if "-d " in line or "-D " in line][-2:] == [
                    f"IPVS dry run: ipvsadm -d -t 198.51.100.1:80 -r {one.address}:{one.port}",
                    "IPVS dry run: ipvsadm -D -t 198.51.100.1:80",
                ]

    asyncio.run(play())


def test_scripts_run_and_the_sorry_server_serves_when_the_quorum_is_lost(tmp_path: Path) -> None:
    told = tmp_path / "told"

    def script(word: str) -> Command:
        line = f"echo {word} >> {told}"
        return Command(argv=("/bin/sh", "-c", line), path="/bin/sh")

    async def play() -> None:
        async with webs(1) as (one,):
            port = one.port
            server = one.real_server(notify_up=script("up"), notify_down=script("down"))
            sorry = SorryServer(address=ip("127.0.0.9"), port=port)
            service = virtual_server(
                server, sorry_server=sorry, quorum_up=script("quorum-up"), quorum_down=script("quorum-down")
            )
            async with Balancer(tmp_path, service) as balancer:
                await balancer.until(lambda: balancer.table() == HEAD + rows(one))
                await one.die()
                await balancer.until(lambda: balancer.table() == HEAD + rows(Web("127.0.0.9", port)))
                await one.start()
                await balancer.until(lambda: balancer.table() == HEAD + rows(one))
                expected = sorted(["quorum-up", "down", "quorum-down", "up", "quorum-up"])
                await balancer.until(lambda: sorted(told.read_text().split()) == expected)

    asyncio.run(play())


def ip(text: str) -> IPv4Address:
    from ipaddress import IPv4Address

    return IPv4Address(text)


def test_a_restarted_ipvs_worker_is_given_the_whole_table(tmp_path: Path) -> None:
    async def play() -> None:
        async with webs() as (one, two):
            service = virtual_server(one.real_server(), two.real_server())
            async with Balancer(tmp_path, service) as balancer:
                await two.die()
                await balancer.until(lambda: balancer.table() == HEAD + rows(one))
                await balancer.ipvs.crash()
                balancer.ipvs = balancer.new_ipvs()
                balancer.join()
                balancer.ipvs.start()
                await balancer.until(lambda: balancer.table() == HEAD + rows(one))

    asyncio.run(play())


def test_while_the_checkers_worker_is_away_the_table_stays_and_then_only_differences_are_sent(tmp_path: Path) -> None:
    async def play() -> None:
        async with webs() as (one, two):
            service = virtual_server(one.real_server(), two.real_server())
            async with Balancer(tmp_path, service) as balancer:
                await balancer.until(lambda: balancer.table() == HEAD + rows(one, two))
                await balancer.checkers.crash()
                await asyncio.sleep(0.1)
                assert balancer.table() == HEAD + rows(one, two)
                sent = len(balancer.ipvs.log.lines)
                balancer.checkers = balancer.new_checkers(virtual_server(one.real_server(weight=7), two.real_server()))
                balancer.join()
                balancer.checkers.start()
                await balancer.until(lambda: balancer.table() == HEAD + rows(one, weight=7) + rows(two))
                assert balancer.ipvs.log.lines[sent:] == [
                    f"IPVS dry run: ipvsadm -e -t 198.51.100.1:80 -r {one.address}:{one.port} -m -w 7"
                ]

    asyncio.run(play())


def test_a_restarted_checkers_worker_does_not_put_dead_servers_back(tmp_path: Path) -> None:
    async def play() -> None:
        async with webs(3) as (one, two, three):
            service = virtual_server(one.real_server(), two.real_server(), three.real_server())
            async with Balancer(tmp_path, service) as balancer:
                await two.die()
                await balancer.until(lambda: balancer.table() == HEAD + rows(one, three))
                await balancer.checkers.crash()
                sent = len(balancer.ipvs.log.lines)
                balancer.checkers = balancer.new_checkers()
                balancer.join()
                balancer.checkers.start()
                await balancer.until(lambda: "Remote Web" in "".join(balancer.checkers.log.lines))
                assert balancer.ipvs.log.lines[sent:] == []
                await two.start()
                await balancer.until(lambda: balancer.table() == HEAD + rows(one, two, three))

    asyncio.run(play())


def test_a_reload_keeps_what_is_known_and_sends_only_differences(tmp_path: Path) -> None:
    async def play() -> None:
        async with webs(3) as (one, two, three):
            service = virtual_server(one.real_server(), two.real_server())
            async with Balancer(tmp_path, service) as balancer:
                await two.die()
                await balancer.until(lambda: balancer.table() == HEAD + rows(one))
                known = f"Remote Web server {one.name} succeed on service."
                await balancer.until(lambda: known in balancer.checkers.log.lines)
                sent, told = len(balancer.ipvs.log.lines), len(balancer.checkers.log.lines)
                balancer.reload(virtual_server(one.real_server(weight=3), two.real_server(), three.real_server()))
                await balancer.until(lambda: balancer.table() == HEAD + rows(one, weight=3) + rows(three))
                assert balancer.ipvs.log.lines[sent:] == [
                    "Reinitializing ipvs",
                    f"IPVS dry run: ipvsadm -e -t 198.51.100.1:80 -r {one.address}:{one.port} -m -w 3",
                    f"IPVS dry run: ipvsadm -a -t 198.51.100.1:80 -r {three.address}:{three.port} -m -w 1",
                ]
                assert balancer.checkers.log.lines[told:] == [
                    "Reloading",
                    f"Changing weight from 1 to 3 for active service {one.name} of VS {V}",
                    f"Activating healthchecker for service {three.name} for VS {V}",
                ]
                await two.start()
                await balancer.until(lambda: balancer.table() == HEAD + rows(one, weight=3) + rows(two, three))
                balancer.reload()
                await balancer.until(lambda: balancer.table() == "")
                assert f"Removing Virtual Server {V}" in balancer.checkers.log.lines
                assert await balancer.checkers.stop() == 0

    asyncio.run(play())


def test_told_to_stop_without_the_checkers_worker_the_ipvs_worker_clears_the_table_itself(tmp_path: Path) -> None:
    async def play() -> None:
        async with webs() as (one, two):
            service = virtual_server(one.real_server(), two.real_server())
            async with Balancer(tmp_path, service) as balancer:
                await balancer.until(lambda: balancer.table() == HEAD + rows(one, two))
                await balancer.checkers.crash()
                assert await balancer.ipvs.stop() == 0
                assert balancer.table() == ""

    asyncio.run(play())


def test_what_the_kernel_refuses_is_tried_again_at_the_next_check(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The kernel refuses the server's return twice; each time the checker keeps it down and tries again."""
    refusals = [errno.ENOMEM, errno.ENOMEM]
    original = ipvs_worker.MemoryTable.apply

    def refusing(self: Any, commands: Any) -> list[int]:
        answers = original(self, commands)
        for position, command in enumerate(commands):
            if command.operation is Operation.ADDDEST and "back" in state and refusals:
                original(
                    self, [type(command)(operation=Operation.DELDEST, key=command.key, destination=command.destination)]
                )
                answers[position] = refusals.pop()
        return answers

    state: set[str] = set()

    async def play() -> None:
        monkeypatch.setattr(ipvs_worker.MemoryTable, "apply", refusing)
        async with webs() as (one, two):
            service = virtual_server(one.real_server(), two.real_server())
            async with Balancer(tmp_path, service) as balancer:
                await balancer.until(lambda: balancer.table() == HEAD + rows(one, two))
                await two.die()
                await balancer.until(lambda: balancer.table() == HEAD + rows(one))
                state.add("back")
                await two.start()
                await balancer.until(lambda: balancer.table() == HEAD + rows(one, two))
                assert balancer.checkers.log.lines.count(f"Adding service {two.name} to VS {V}") == 3
                refused = [line for line in balancer.ipvs.log.lines if "Memory allocation problem(12)" in line]
                assert len(refused) == 2

    asyncio.run(play())


def test_without_ipvs_in_the_kernel_the_worker_says_what_to_do_and_ends_with_1(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    line = "IPVS: Can't initialize ipvs: No such file or directory (load the kernel module ip_vs, or ...)"

    def unavailable(_self: object) -> None:
        raise IpvsUnavailable(line)

    async def play() -> None:
        monkeypatch.setattr(ipvs_worker.IpvsSocket, "connect", unavailable)
        balancer = Balancer(tmp_path, virtual_server())
        balancer.options = Options()
        worker = balancer.new_ipvs()
        worker.start()
        assert await worker.ended() == 1
        assert worker.log.lines == ["Initializing ipvs", line]

    asyncio.run(play())


def test_a_table_file_that_cannot_be_written_is_said_once_and_checking_goes_on(tmp_path: Path) -> None:
    async def play() -> None:
        async with webs() as (one, two):
            balancer = Balancer(tmp_path / "missing", virtual_server(one.real_server(), two.real_server()))
            async with balancer:
                await balancer.until(lambda: any("-a -t" in line for line in balancer.ipvs.log.lines))
                await two.die()
                await balancer.until(lambda: any("-d -t" in line for line in balancer.ipvs.log.lines))
                complaints = [line for line in balancer.ipvs.log.lines if "cannot write" in line]
                assert len(complaints) == 1

    asyncio.run(play())


def test_a_server_that_dies_and_returns_is_mailed(tmp_path: Path) -> None:
    class Postbox:
        def __init__(self) -> None:
            self.mails: list[str] = []

        async def handle_DATA(self, _server: object, _session: object, envelope: Any) -> str:  # noqa: N802 - aiosmtpd calls it so
            self.mails.append(envelope.content.decode())
            return "250 OK"

    async def play() -> None:
        postbox = Postbox()
        loop = asyncio.get_running_loop()
        smtp = await loop.create_server(lambda: SMTP(postbox), "127.0.0.1", 0)
        async with webs(1) as (one,):
            balancer = Balancer(
                tmp_path,
                virtual_server(one.real_server()),
                router_id="LVS_DEVEL",
                notification_email=("root@localhost",),
                notification_email_from="bob@leponge.net",
                smtp_server=ip("127.0.0.1"),
                smtp_server_port=smtp.sockets[0].getsockname()[1],
                smtp_helo_name="director",
            )
            async with balancer:
                await balancer.until(lambda: "Remote" in "".join(balancer.checkers.log.lines))
                await one.die()
                await balancer.until(lambda: len(postbox.mails) == 1)
                await one.start()
                await balancer.until(lambda: len(postbox.mails) == 2)
        smtp.close()
        down, up = postbox.mails
        assert f"Subject: [LVS_DEVEL] Realserver {one.name} of virtual server {V} - DOWN\r\n" in down
        assert down.endswith("\r\n\r\n=> CHECK failed on service : HTTP/SSL request failed <=\r\n\r\n")
        assert f"Subject: [LVS_DEVEL] Realserver {one.name} of virtual server {V} - UP\r\n" in up
        assert up.endswith("\r\n\r\n=> CHECK succeed on service <=\r\n\r\n")

    asyncio.run(play())


def test_with_dont_release_ipvs_the_table_outlives_the_daemon(tmp_path: Path) -> None:
    async def play() -> None:
        async with webs() as (one, two):
            balancer = Balancer(tmp_path, virtual_server(one.real_server(), two.real_server()))
            balancer.options = replace(balancer.options, dont_release_ipvs=True)
            async with balancer:
                await balancer.until(lambda: balancer.table() == HEAD + rows(one, two))
                assert await balancer.checkers.stop() == 0
                assert await balancer.ipvs.stop() == 0
                assert balancer.table() == HEAD + rows(one, two)
                assert not [line for line in balancer.checkers.log.lines if line.startswith("Shutting")]

    asyncio.run(play())


def test_stopping_is_quick_while_checks_are_under_way(tmp_path: Path) -> None:
    async def play() -> None:
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
            listener.listen()
            port = listener.getsockname()[1]
            check = http_get(port=port, address="127.0.0.1", **(QUICK | {"connect_timeout": 60 * SECOND}))
            service = virtual_server(real_server("127.0.0.1", check, tcp_check("127.0.0.1", port, warmup=0), port=port))
            async with Balancer(tmp_path, service) as balancer:
                await balancer.until(lambda: "TCP connection to" in "".join(balancer.checkers.log.lines))
                loop = asyncio.get_running_loop()
                before = loop.time()
                assert await balancer.checkers.stop() == 0
                assert loop.time() - before < 0.5

    asyncio.run(play())


def test_both_fifos_get_a_line_with_a_nul_for_every_change_the_last_at_the_stop_and_are_gone_then(
    tmp_path: Path,
) -> None:
    common, own = tmp_path / "common", tmp_path / "own"
    read: dict[Path, bytes] = {common: b"", own: b""}

    async def play() -> None:
        async with webs(1) as (one,):
            service = virtual_server(one.real_server(), omega=True)
            fifos = {"notify_fifo": _owned(common), "lvs_notify_fifo": _owned(own)}
            async with Balancer(tmp_path, service, **fifos) as balancer:
                await balancer.until(lambda: balancer.table() == HEAD + rows(one))
                descriptors = {path: os.open(path, os.O_RDONLY | os.O_NONBLOCK) for path in read}
                await one.die()
                await balancer.until(lambda: balancer.table() == HEAD)
                await one.start()
                await balancer.until(lambda: balancer.table() == HEAD + rows(one))
                assert await balancer.checkers.stop() == 0
                for path, descriptor in descriptors.items():
                    read[path] = os.read(descriptor, 65536)
                    os.close(descriptor)
                changes = [
                    f"VS {V} UP",
                    f"RS {one.name} {V} DOWN",
                    f"VS {V} DOWN",
                    f"RS {one.name} {V} UP",
                    f"VS {V} UP",
                    f"RS {one.name} {V} DOWN",
                    f"VS {V} DOWN",
                ]
                written = "".join(f"{line}\n\0" for line in changes).encode()
                assert read == {common: written, own: written}
                assert not common.exists()
                assert not own.exists()

    asyncio.run(play())


def _owned(path: Path) -> NotifyFifo:
    return NotifyFifo(path=str(path), uid=os.getuid(), gid=os.getgid())


def test_with_lvs_flush_on_stop_vs_only_the_services_are_removed(tmp_path: Path) -> None:
    async def play() -> None:
        async with webs() as (one, two):
            service = virtual_server(one.real_server(), two.real_server())
            async with Balancer(tmp_path, service, lvs_flush_on_stop_quick=True) as balancer:
                await balancer.until(lambda: balancer.table() == HEAD + rows(one, two))
                before = len(balancer.ipvs.log.lines)
                assert await balancer.checkers.stop() == 0
                assert balancer.ipvs.log.lines[before:] == ["IPVS dry run: ipvsadm -D -t 198.51.100.1:80"]
                assert balancer.table() == ""

    asyncio.run(play())
