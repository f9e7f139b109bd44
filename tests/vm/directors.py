"""A director between a client and three web servers, by NAT or by direct routing, taken through a server's death and more.

Owns the play, not the verdicts: `play` is performed with keepalived-py and with Debian's keepalived over the same file,
each in namespaces of its own, and returns what was seen at the same acts. It runs where ip_vs is: in the virtual
machine. Addresses are those of the user's configurations.
"""

from __future__ import annotations

import contextlib
import dataclasses
import enum
import functools
import hashlib
import ipaddress
import os
import re
import shutil
import time
from typing import TYPE_CHECKING

from tests.lab.daemon import Daemon, Program
from tests.lab.mail import MailServer, Received
from tests.lab.netns import Lab, Namespace
from tests.lab.process import kill
from tests.lab.process import wait_until as wait_until_every
from tests.lab.samples import DIRECT_ROUTING, NAT, user_configuration
from tests.lab.web import WebServer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

VIRTUAL_ADDRESS = "192.168.56.205"
BACK_VIRTUAL_ADDRESS = "192.168.33.205"
WEB_SERVERS = ("192.168.33.1", "192.168.33.2", "192.168.33.3")
CLIENTS = tuple(f"192.168.56.{number}" for number in range(50, 56))
PROBE = b"<html>fine</html>\n"
GIVEN_DIGEST = "a635f6f309228a052994bdba46681855"  # of a page that the user kept to himself

# delay_loop 6, nb_get_retry 3 with delay_before_retry 3, of the user's files; and what a slow machine adds
DOWN_AFTER = 6 + 3 * 3
UP_AFTER = 2 * 6  # a page that answers well again is asked for once more, a delay_loop later
SLACK = 6.0
PATIENCE = 120.0  # for what is waited for but not judged by its time


# Everything is slow where this runs, looking included.
wait_until = functools.partial(wait_until_every, every=0.1)


class Topology(enum.Enum):
    """How packets reach the web servers: the values are the user's file names."""

    NAT = NAT
    DIRECT_ROUTING = DIRECT_ROUTING

    @property
    def configuration(self) -> str:
        """The user's file; the digest is that of our own page."""
        text = user_configuration(self.value).read_text()
        return re.sub(r"(?m)^(\s*digest\s+)\S+", rf"\g<1>{hashlib.md5(PROBE).hexdigest()}", text)


@dataclasses.dataclass
class Site:
    """Everything round one director."""

    director: Namespace
    client: Namespace
    web: list[WebServer]
    mail: MailServer
    daemon: Daemon

    def table(self) -> str:
        """Return `ipvsadm -Ln` without the connection counts."""
        shown = self.director.run("ipvsadm", "-Ln").stdout
        return "\n".join(re.sub(r"^(  -> \S+ +\S+ +\S+) .*", r"\1", line).rstrip() for line in shown.splitlines())

    def rules(self) -> list[str]:
        """Return `ipvsadm -Sn`, sorted: every setting of the table, the order of servers aside."""
        return sorted(self.director.run("ipvsadm", "-Sn").stdout.splitlines())

    def servers(self) -> set[str]:
        """Return the addresses of the real servers in the table."""
        try:
            shown = self.director.read_proc("ip_vs")
        except FileNotFoundError:  # nobody has needed ip_vs yet
            return set()
        found = re.findall(r"-> ([0-9A-F]{8}):0050 ", shown)
        return {str(ipaddress.ip_address(int(number, 16))) for number in found}

    def fetch(self, client: str) -> str:
        """Fetch the page through the virtual address from one of the client's addresses; empty when that fails."""
        result = self.client.run(
            *(
                "curl",
                "--silent",
                "--max-time",
                "30",
                "--retry",
                "2",
                "--interface",
                client,
                f"http://{VIRTUAL_ADDRESS}/",
            ),
            check=False,
        )
        return result.stdout.strip()

    def fetch_all(self) -> list[str]:
        """Fetch once from each of the client's addresses."""
        return [self.fetch(client) for client in CLIENTS]


@contextlib.contextmanager
def site(program: Program, topology: Topology, home: Path, configuration: str | Path) -> Iterator[Site]:
    """Build it and start the director's daemon."""
    shutil.rmtree(home, ignore_errors=True)
    with Lab() as lab, contextlib.ExitStack() as stack:
        director, client = lab.namespace("director"), lab.namespace("client")
        servers = [lab.namespace(f"web{number}") for number in (1, 2, 3)]
        front = lab.lan("front", {director: ("eth1", "192.168.56.101/24"), client: ("eth1", f"{CLIENTS[0]}/24")})
        back = lab.lan("back", {director: ("eth2", "192.168.33.101/24")})
        # The user's file names a source address on another network; without it the instance would stay in FAULT.
        director.ip("addr", "add", "192.166.56.101/32", "dev", "eth1")
        client.ip_batch(*(f"addr add {address}/24 dev eth1" for address in CLIENTS[1:]))
        web = []
        for number, (namespace, address) in enumerate(zip(servers, WEB_SERVERS, strict=True), start=1):
            back.join(namespace, "eth2", f"{address}/24")
            if topology is Topology.NAT:
                namespace.ip("route", "add", "default", "via", BACK_VIRTUAL_ADDRESS)
            else:
                front.join(namespace, "eth1", f"192.168.56.{10 + number}/24")
                arp = {"rp_filter": "0", "arp_ignore": "1", "arp_announce": "2"}
                scopes = ("all", "default", "eth1", "eth2", "lo")
                namespace.sysctl(**{f"conf__{scope}__{key}": value for scope in scopes for key, value in arp.items()})
                namespace.ip("addr", "add", f"{VIRTUAL_ADDRESS}/32", "dev", "lo")
            pages = {"/": f"web{number}\n".encode(), "/probe": PROBE}
            web.append(stack.enter_context(WebServer(namespace, "0.0.0.0", 80, pages)))
        director.sysctl(ip_forward="1" if topology is Topology.NAT else "0")
        mail = stack.enter_context(MailServer(director))
        # Debian's pidof is a link to killall5, and 2.2.7 starts the file a link leads to under that file's name.
        shim = home / "bin" / "pidof"
        shim.parent.mkdir(parents=True)
        shim.write_text('#!/bin/sh\nexec /usr/bin/pidof "$@"\n')
        shim.chmod(0o755)
        environment = {"PATH": f"{shim.parent}:{os.environ['PATH']}"}
        daemon = Daemon(program, director, home, configuration, environment=environment)
        yield Site(director=director, client=client, web=web, mail=mail, daemon=daemon)


@dataclasses.dataclass
class Story:
    """What was seen. Tables and pages by act; seconds by event."""

    program: Program
    topology: Topology
    tables: dict[str, str] = dataclasses.field(default_factory=dict)
    rules: dict[str, list[str]] = dataclasses.field(default_factory=dict)
    pages: dict[str, list[str]] = dataclasses.field(default_factory=dict)
    seconds: dict[str, float] = dataclasses.field(default_factory=dict)
    respawned: dict[str, bool] = dataclasses.field(default_factory=dict)
    facts: dict[str, bool] = dataclasses.field(default_factory=dict)
    log: str = ""
    mails: list[Received] = dataclasses.field(default_factory=list)

    def subjects(self) -> list[str]:
        """Return the subjects of the mails in order."""
        return [mail.subject for mail in self.mails]


def play(program: Program, topology: Topology, home: Path) -> Story:
    """Balance; the second server's page changes and is mended; the third dies and returns; workers are killed; stop."""
    story = Story(program, topology)
    with site(program, topology, home, topology.configuration) as on:
        try:
            _perform(on, story)
        except (AssertionError, RuntimeError) as error:
            raise AssertionError(
                f"{error}\n--- {program.value}, {topology.value}:\n{on.daemon.log}\n{on.table()}"
            ) from error
        finally:
            story.log = on.daemon.log
            story.mails = on.mail.messages
    return story


def _perform(on: Site, story: Story) -> None:
    everything = set(WEB_SERVERS)

    def note(act: str, *, fetch: bool = True) -> None:
        story.tables[act], story.rules[act] = on.table(), on.rules()
        if fetch:
            story.pages[act] = on.fetch_all()

    def await_servers(act: str, wanted: set[str], timeout: float, *, since: float) -> None:
        wait_until(lambda: on.servers() == wanted, timeout, f"{act}: only {sorted(wanted)} in the table")
        story.seconds[act] = time.monotonic() - since

    start = time.monotonic()
    await_servers("all servers in the table", everything, PATIENCE, since=start)
    wait_until(lambda: on.director.has_address(VIRTUAL_ADDRESS), PATIENCE, "the virtual address")
    story.seconds["the virtual address"] = time.monotonic() - start
    wait_until(lambda: on.fetch(CLIENTS[0]), PATIENCE, "an answer through the virtual address")
    note("all up")

    # NAT's file asks for no digest: there the page goes away altogether, in direct routing its content changes.
    changed = time.monotonic()
    if story.topology is Topology.NAT:
        del on.web[1].pages["/probe"]
    else:
        on.web[1].pages["/probe"] = b"<html>hacked</html>\n"
    on.web[2].stop()
    wait_until(
        lambda: WEB_SERVERS[1] not in on.servers(), DOWN_AFTER + SLACK + 4, "a changed page takes its server out"
    )
    story.seconds["changed page leaves"] = time.monotonic() - changed
    wait_until(lambda: WEB_SERVERS[2] not in on.servers(), DOWN_AFTER + SLACK + 4, "a dead server leaves the table")
    story.seconds["dead server leaves"] = time.monotonic() - changed
    note("two down")

    mended = time.monotonic()
    on.web[1].pages["/probe"] = PROBE
    on.web[2].start()
    await_servers("both return", everything, UP_AFTER + SLACK + 4, since=mended)
    note("all back")

    for kind in ("checkers", "vrrp"):
        former, when = on.daemon.kill_worker(kind)
        wait_until(lambda: on.daemon.workers().get(kind, former) != former, PATIENCE, f"another {kind} worker")  # noqa: B023
        await_servers(f"{kind} killed", everything, PATIENCE, since=when)
    _kill_our_ipvs_worker(on, story)
    wait_until(
        lambda: on.director.has_address(VIRTUAL_ADDRESS), PATIENCE, "the virtual address after the workers' deaths"
    )
    note("workers killed", fetch=False)

    status, seconds = on.daemon.stop(20)
    story.facts["exit status 0"] = status == 0
    story.seconds["stop"] = seconds
    story.facts["no virtual address left"] = not on.director.has_address(VIRTUAL_ADDRESS)
    note("stopped", fetch=False)


def _kill_our_ipvs_worker(on: Site, story: Story) -> None:
    if on.daemon.program is Program.REFERENCE:
        return
    known = {"vrrp", "checkers"}
    others = {kind: pid for kind, pid in on.daemon.workers().items() if kind not in known}
    story.facts["an ipvs worker of its own"] = len(others) == 1
    if not others:
        return
    # What somebody else removed before shows that the new worker makes the table what it must be.
    on.director.run("ipvsadm", "-d", "-t", f"{VIRTUAL_ADDRESS}:80", "-r", f"{WEB_SERVERS[0]}:80")
    when = time.monotonic()
    for pid in others.values():
        kill(pid)
    wait_until(
        lambda: any(pid not in others.values() for kind, pid in on.daemon.workers().items() if kind not in known),
        PATIENCE,
        "another ipvs worker",
    )
    wait_until(lambda: on.servers() == set(WEB_SERVERS), PATIENCE, "the whole table after the ipvs worker's death")
    story.seconds["ipvs killed"] = time.monotonic() - when
