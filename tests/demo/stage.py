"""The stage of a scene: two directors, a client, three web servers, their networks, and everybody who watches.

Owns building and clearing it, and the loop that turns what is seen into the timeline. What happens is told by the scenes.
"""

from __future__ import annotations

import contextlib
import dataclasses
import itertools
import socket
import time
from collections import Counter
from typing import TYPE_CHECKING, Self

from tests.demo.director import Director, Row
from tests.demo.prober import Prober
from tests.demo.timeline import Entry, Timeline
from tests.lab.capture import Capture, Frame
from tests.lab.mail import MailServer
from tests.lab.netns import Lab, Namespace, in_namespace
from tests.lab.web import WebServer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from types import TracebackType

    from tests.lab.daemon import Program

FRONT_ADDRESS = "192.168.56.205"
BACK_ADDRESS = "192.168.33.205"
DIRECTORS = {"192.168.56.101": "director-1", "192.168.56.102": "director-2"}
DIRECTORS |= {"192.168.33.101": "director-1", "192.168.33.102": "director-2"}
WEB_SERVERS = {f"192.168.33.{number}": f"web-{number}" for number in (1, 2, 3)}
PROBE = "/probe"  # the page that checks look at; "/" says who answers
PAGE = b"alive\n"  # its digest is in conf-samples/3-direct-routing
PING_EVERY = 0.01  # seconds: the resolution of what the client measures
_LOOK_EVERY = 0.02  # seconds
_COUNTED = Counter[str]


class SceneError(Exception):
    """Something did not happen in its time."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What all scenes share: how keepalived runs, and where files may lie while it does."""

    program: Program
    samples: Path
    home: Path
    dry_run: bool
    privileged: bool
    print_logs: bool
    patience: float


class Stage:
    """The machines of one scene, while a with block lasts."""

    def __init__(self, settings: Settings, sample: str, timeline: Timeline) -> None:
        self.settings = settings
        self.name = sample
        self.timeline = timeline
        self._sample = settings.samples / sample
        self._home = settings.home / sample
        self._lab = Lab()
        self._helpers = contextlib.ExitStack()
        self.advertisements = _COUNTED()
        self._told_sender: dict[int, tuple[str, int]] = {}
        self._places: dict[str, str] = {}
        self._tables: dict[str, tuple[Row, ...]] = {}
        self._silent: float | None = None
        self._watching_client = False

    def __enter__(self) -> Self:
        self._lab.__enter__()
        lab = self._lab
        one, two, self.client = lab.namespace("director-1"), lab.namespace("director-2"), lab.namespace("client")
        self.webs = [lab.namespace(name) for name in WEB_SERVERS.values()]
        front = {one: ("eth1", "192.168.56.101/24"), two: ("eth1", "192.168.56.102/24")}
        back = {one: ("eth2", "192.168.33.101/24"), two: ("eth2", "192.168.33.102/24")}
        self.front = lab.lan("front", {**front, self.client: ("eth0", "192.168.56.10/24")})
        self.back = lab.lan(
            "back", {**back, **{web: ("eth0", f"{a}/24") for web, a in zip(self.webs, WEB_SERVERS, strict=True)}}
        )
        self.web_servers = [
            WebServer(web, "0.0.0.0", 80, {PROBE: PAGE, "/": f"{name}\n".encode()})
            for name, web in zip(WEB_SERVERS.values(), self.webs, strict=True)
        ]
        self.directors = [
            Director(
                name,
                namespace,
                self._home / name,
                self._sample / f"{name}.conf",
                program=self.settings.program,
                dry_run=self.settings.dry_run,
                owned=self.settings.privileged,
            )
            for name, namespace in (("director-1", one), ("director-2", two))
        ]
        self.mail = [MailServer(director.namespace) for director in self.directors]
        self._captures = [Capture(self.front.switch), Capture(self.back.switch)]
        self._frames_read = dict.fromkeys(self._captures, 0)
        self._mails_read = dict.fromkeys(self.mail, 0)
        self.prober = Prober(self.client, FRONT_ADDRESS, PING_EVERY * self.settings.patience)
        for helpers in (self.web_servers, self.mail, self._captures, [self.prober]):
            for helper in helpers:
                self._helpers.enter_context(helper)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._helpers.close()
        for director in self.directors:
            director.close()
        self._lab.__exit__(kind, error, trace)

    # --- what scenes do -----------------------------------------------------------------------------------------------

    def say(self, who: str, text: str, style: str = "") -> None:
        """Tell something that the scene does or has found."""
        self.look()
        self.timeline.show(Entry(time.monotonic(), who, text, style))

    def until(self, condition: Callable[[], object], timeout: float, what: str) -> None:
        """Show what happens until a condition holds."""
        timeout *= self.settings.patience
        end = time.monotonic() + timeout
        while not condition():
            if time.monotonic() > end:
                self.look()
                raise SceneError(f"not within {timeout} s: {what}")
            self.look()
            time.sleep(_LOOK_EVERY * self.settings.patience)
        self.look()

    def watch(self, seconds: float) -> None:
        """Show what happens for a while."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.look()
            time.sleep(_LOOK_EVERY * self.settings.patience)

    def watch_client(self) -> None:
        """From now on tell when the client gets no answers."""
        self._watching_client = True

    def master(self, instance: str = "VIP1") -> Director | None:
        """Return the director that has been MASTER alone and last, by what the logs say."""
        found = None
        for director in self.directors:
            states = [text for text in director.log.splitlines() if f"({instance}) Entering" in text]
            if director.daemon is not None and director.daemon.poll() is None and states and "MASTER" in states[-1]:
                if found is not None:
                    return None
                found = director
        return found

    def pull_cables(self, director: Director) -> None:
        """Cut a director off."""
        self.front.pull(director.namespace, "eth1")
        self.back.pull(director.namespace, "eth2")

    def plug_cables(self, director: Director) -> None:
        """Join it again."""
        self.front.plug(director.namespace, "eth1")
        self.back.plug(director.namespace, "eth2")

    def start_balancer(self, director: Director) -> None:
        """Start what stands in for nginx on a director, and wait until it serves."""
        director.start_balancer(*WEB_SERVERS)
        own = next(address for address, name in DIRECTORS.items() if name == director.name)
        self.until(lambda: fetch(self.client, own), 5, f"a page from the balancer on {director.name}")

    def ask(self, count: int) -> Counter[str]:
        """Have the client fetch a page through the virtual address some times; returns who answered how often."""
        return Counter(fetch(self.client, FRONT_ADDRESS, self.settings.patience) or "nobody" for _ in range(count))

    # --- what is seen -------------------------------------------------------------------------------------------------

    def look(self) -> None:
        """Show everything that is new, in the order it happened."""
        entries = list(
            itertools.chain(
                *(director.news(everything=self.settings.print_logs) for director in self.directors),
                *(self._new_frames(capture) for capture in self._captures),
                self._new_mails(),
                self._new_tables(),
                self._client_news(),
            )
        )
        for entry in sorted(entries, key=lambda entry: entry.when):
            self.timeline.show(entry)
        for director in self.directors:
            if director.crashed:
                raise SceneError(f"{director.name} logged a traceback")

    def _new_frames(self, capture: Capture) -> Iterator[Entry]:
        frames = capture.frames
        for frame in frames[self._frames_read[capture] :]:
            if frame.is_vrrp:
                yield from self._advertisement(frame)
            elif frame.is_arp:
                yield from self._announcement(frame)
        self._frames_read[capture] = len(frames)

    def _advertisement(self, frame: Frame) -> Iterator[Entry]:
        sender = DIRECTORS.get(frame.source, frame.source)
        self.advertisements[sender] += 1
        now = (sender, frame.priority)
        router = frame.virtual_router_id
        if self._told_sender.get(router) == now:
            return
        self._told_sender[router] = now
        what = "stops (priority 0)" if frame.priority == 0 else f"priority {frame.priority}, every second"
        yield Entry(frame.when, "wire", f"advert {frame.source} → {frame.destination}  VRID {router}  {what}", "quiet")

    def _announcement(self, frame: Frame) -> Iterator[Entry]:
        """Notice a gratuitous ARP: sender and target address are the same."""
        sender, target = frame.data[28:32], frame.data[38:42]
        address = ".".join(map(str, sender))
        if sender != target or address not in {FRONT_ADDRESS, BACK_ADDRESS}:
            return
        place = self._machine_of(frame.data[22:28].hex(":"))
        if self._places.get(address) != place:
            self._places[address] = place
            yield Entry(frame.when, "wire", f"gratuitous ARP: {address} is on {place}", "good")

    def _machine_of(self, mac: str) -> str:
        if not hasattr(self, "_macs"):
            self._macs = {
                line.split()[1]: director.name
                for director in self.directors
                for line in director.namespace.ip("link", "show").splitlines()
                if "link/ether" in line
            }
        return self._macs.get(mac, mac)

    @property
    def mails(self) -> int:
        """How many mails were received."""
        return sum(len(server.messages) for server in self.mail)

    def _new_mails(self) -> Iterator[Entry]:
        for server in self.mail:
            for mail in server.messages[self._mails_read[server] :]:
                self._mails_read[server] += 1
                yield Entry(time.monotonic(), "mail", mail.subject, "quiet")

    def _new_tables(self) -> Iterator[Entry]:
        for director in self.directors:
            table = director.table()
            if table == self._tables.get(director.name, ()):
                continue
            self._tables[director.name] = table
            yield Entry(time.monotonic(), director.name, f"table: {describe(table)}")

    def _client_news(self) -> Iterator[Entry]:
        if not self._watching_client:
            return
        silent = self.prober.silent_since
        if silent is not None and self._silent is None:
            yield Entry(silent, "client", f"no answer from {FRONT_ADDRESS}", "bad")
            self._silent = silent
        elif silent is None and self._silent is not None and self.prober.answering:
            yield Entry(time.monotonic(), "client", f"{FRONT_ADDRESS} answers", "good")
            self._silent = None


def fetch(namespace: Namespace, address: str, timeout: float = 1) -> str:
    """Get "/" of a web server from inside a namespace and return the body, "" when there was no answer."""
    answer = b""
    try:
        with in_namespace(namespace.name, lambda: socket.create_connection((address, 80), timeout)) as connection:
            connection.sendall(b"GET / HTTP/1.0\r\n\r\n")
            while data := connection.recv(4096):
                answer += data
    except OSError:
        return ""
    return answer.partition(b"\r\n\r\n")[2].decode().strip()


def describe(table: tuple[Row, ...]) -> str:
    """Say a table in a line."""
    if not table:
        return "empty"
    services = []
    for (service, method), rows in itertools.groupby(table, key=lambda row: (row.service, row.method)):
        servers = []
        for row in rows:
            name = WEB_SERVERS.get(row.server.split(":")[0], row.server)
            servers.append(name if row.weight == "1" else f"{name} (weight {row.weight})")
        services.append(f"{service.partition(' ')[2]} {method} → {', '.join(servers)}")
    return "; ".join(services)
