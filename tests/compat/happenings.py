"""Scripts of events, made from a seed, and one router that lives through them: adverts by scapy, a script that fails, a link.

Owns the generation and the play; comparing two programs is test_differential.py's. After every event there is time for whatever
it causes, so that what a router says can be told apart by event.
"""

from __future__ import annotations

import dataclasses
import random
import re
import socket
import threading
import time
from typing import TYPE_CHECKING

from tests.lab.daemon import Daemon, Program
from tests.lab.mail import MailServer
from tests.lab.netns import Lab, Lan, Namespace, in_namespace

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

INTERFACE = "eth1"
OWN, LOWER_ADDRESS, HIGHER_ADDRESS = "10.77.0.10", "10.77.0.5", "10.77.0.20"
OTHER_MAC, GROUP_MAC = "02:00:00:00:00:55", "01:00:5e:00:00:12"
VIRTUAL_ADDRESS = "10.77.0.100"
VIRTUAL_ROUTER_ID = 51
PRIORITY = 100
PASSWORD = b"secret"
LENGTH = 12
PATIENCE = 20.0

CONFIGURATION = """\
global_defs {{
    router_id router
    script_user root
    enable_script_security
    notification_email {{
        root@localhost
    }}
    notification_email_from keepalived@localhost
    smtp_server 127.0.0.1
}}
vrrp_script healthy {{
    script "/usr/bin/test ! -e {broken}"
    interval 1
    fall 1
    rise 1
    weight {weight}
}}
vrrp_instance VI {{
    version {version}
    interface eth1
    virtual_router_id 51
    priority 100
    advert_int {interval:g}
    smtp_alert
{options}
    track_script {{
        healthy
    }}
    virtual_ipaddress {{
        10.77.0.100/24
    }}
}}
"""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """One play: the configuration's choices, and the events by name."""

    seed: int
    version: int
    nopreempt: bool
    weight: int
    events: tuple[str, ...]

    @property
    def interval(self) -> float:
        """Seconds between adverts."""
        return 1.0 if self.version == 2 else 0.5

    @property
    def patience(self) -> float:
        """Seconds after which a silent master has certainly been replaced."""
        return 4 * self.interval + 1.0

    def configuration(self, broken: Path) -> str:
        """Return the file."""
        options = ["nopreempt", "state BACKUP"] if self.nopreempt else []
        if self.version == 2:
            options.append("authentication {\n        auth_type PASS\n        auth_pass secret\n    }")
        return CONFIGURATION.format(
            broken=broken,
            weight=self.weight,
            version=self.version,
            interval=self.interval,
            options="\n".join(f"    {option}" for option in options),
        )


#: Adverts by another router until something else is sent: priority and address.
SPEAKERS: Mapping[str, tuple[int, str]] = {
    "a higher priority speaks": (200, HIGHER_ADDRESS),
    "a lower priority speaks": (50, HIGHER_ADDRESS),
    "an equal priority from a higher address speaks": (PRIORITY, HIGHER_ADDRESS),
    "an equal priority from a lower address speaks": (PRIORITY, LOWER_ADDRESS),
}
#: A single packet that is wrong in one way, and is refused for it.
WRONG = (
    "wrong checksum",
    "wrong TTL",
    "wrong version",
    "wrong type",
    "unknown VRID",
    "wrong password",
    "no authentication",
    "too short",
)
#: A single packet of the master that is remarked on. (From anybody else 2.2.7 refuses what 2.4 accepts.)
ODD = ("other address", "too many addresses", "other interval")
OTHERS = ("silence", "priority 0", "script fails", "script succeeds", "link lost", "link back")
_ONLY_VERSION_2 = frozenset({"wrong password", "no authentication"})


def script(seed: int) -> Script:
    """Make the script of a seed: links and scripts are only mended when broken, and all is well at the end."""
    chance = random.Random(seed)
    version = chance.choice((2, 3))
    wrong = [name for name in WRONG if version == 2 or name not in _ONLY_VERSION_2]
    events: list[str] = []
    while len(events) < LENGTH:
        event = chance.choice(list(chance.choice((tuple(SPEAKERS), wrong, wrong, ODD, OTHERS))))
        if _makes_sense(event, events):
            events.append(event)
    events += [mend for mend in ("script succeeds", "link back", "silence") if _makes_sense(mend, events)]
    return Script(
        seed=seed,
        version=version,
        nopreempt=chance.random() < 0.3,
        weight=chance.choice((0, 0, -20, 60)),
        events=tuple(events),
    )


def _last(words: str, events: list[str]) -> str:
    return next((event for event in reversed(events) if event.startswith(words)), "")


def _makes_sense(event: str, events: list[str]) -> bool:
    if event.startswith("script"):
        return (_last("script", events) == "script fails") == (event == "script succeeds")
    if event.startswith("link"):
        return (_last("link", events) == "link lost") == (event == "link back")
    if event in ODD:
        voices = [earlier for earlier in events if earlier in SPEAKERS or earlier in ("silence", "priority 0")]
        healthy = _last("link", events) != "link lost" and _last("script", events) != "script fails"
        return healthy and voices[-1:] == ["a higher priority speaks"]
    return not events or events[-1] != event


class Other:
    """Another router, as far as what it sends goes: an advert every interval while it speaks."""

    def __init__(self, host: Namespace, script: Script) -> None:
        self._script = script
        self._speaking: bytes | None = None
        self._now = threading.Event()
        self._ended = False

        def make() -> socket.socket:
            made = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
            made.bind((INTERFACE, 0))
            return made

        self._socket = in_namespace(host.name, make)
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def speak(self, priority: int, source: str) -> None:
        """Advertise from now on."""
        self._speaking = self.frame(priority, source)
        self._now.set()

    def fall_silent(self) -> None:
        """Advertise no more."""
        self._speaking = None

    def send(self, frame: bytes) -> None:
        """Send one frame."""
        self._socket.send(frame)

    def close(self) -> None:
        """End."""
        self._ended = True
        self._now.set()
        self._thread.join(5)
        self._socket.close()

    def _run(self) -> None:
        while not self._ended:
            speaking = self._speaking
            if speaking is not None:
                self._socket.send(speaking)
            self._now.wait(self._script.interval)
            self._now.clear()

    def frame(self, priority: int, source: str = HIGHER_ADDRESS, *, wrong: str = "") -> bytes:
        """Build an advert with scapy, right but for one thing."""
        from scapy.layers.inet import IP
        from scapy.layers.l2 import Ether
        from scapy.layers.vrrp import VRRP, VRRPv3

        version = self._script.version
        if wrong == "wrong version":
            version = 5 - version
        addresses = {"other address": ["10.77.0.101"], "too many addresses": [VIRTUAL_ADDRESS, "10.77.0.101"]}
        interval = self._script.interval * (2 if wrong == "other interval" else 1)
        fields = {
            "type": 2 if wrong == "wrong type" else 1,
            "vrid": 99 if wrong == "unknown VRID" else VIRTUAL_ROUTER_ID,
            "priority": priority,
            "addrlist": addresses.get(wrong, [VIRTUAL_ADDRESS]),
        }
        if version == 2:
            password = b"sesame" if wrong == "wrong password" else PASSWORD
            padded = bytes(8) if wrong == "no authentication" else password.ljust(8, b"\0")
            fields |= {
                "adv": int(interval),
                "authtype": 0 if wrong == "no authentication" else 1,
                "auth1": int.from_bytes(padded[:4], "big"),
                "auth2": int.from_bytes(padded[4:], "big"),
            }
        else:
            fields["adv"] = int(interval * 100)
        ttl = 254 if wrong == "wrong TTL" else 255
        below = IP(src=source, dst="224.0.0.18", ttl=ttl, tos=0xC0, proto=112)
        advert = (VRRP if version == 2 else VRRPv3)(**fields)
        message = bytes(below / advert)[20:]
        if wrong == "wrong checksum":
            message = message[:6] + bytes([message[6] ^ 0x55]) + message[7:]
        if wrong == "too short":
            message = message[:-2]
        return bytes(Ether(src=OTHER_MAC, dst=GROUP_MAC) / below / message)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What a router said after an event."""

    event: str
    lines: tuple[str, ...]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Life:
    """What a router said and mailed in a whole script."""

    steps: tuple[Step, ...]
    states: tuple[str, ...]
    mails: tuple[str, ...]
    log: str


def live(program: Program, script: Script, folder: Path) -> Life:
    """Let a router live through a script."""
    folder.mkdir(parents=True, exist_ok=True)
    broken = folder / "broken"
    with Lab() as lab:
        router, elsewhere = lab.namespace("router"), lab.namespace("other")
        lan = lab.lan("lan", {router: (INTERFACE, f"{OWN}/24"), elsewhere: (INTERFACE, "")})
        with MailServer(router) as mailbox:
            daemon = Daemon(program, router, folder, script.configuration(broken))
            other = Other(elsewhere, script)
            try:
                daemon.wait_log("Entering MASTER STATE", PATIENCE)
                time.sleep(1)
                begins: list[float] = []
                for event in script.events:
                    begins.append(time.monotonic())
                    _happen(event, script, other=other, broken=broken, lan=lan, router=router)
                begins.append(time.monotonic())
                other.close()
                mails = tuple(message.subject for message in mailbox.messages)
                daemon.stop()
            finally:
                other.close()
        lines = [
            (line.when, re.sub(r"^\w{3} \w{3} +\d+ [\d:]+ \d{4}: ", "", line.text)) for line in daemon.process.lines
        ]
    steps = tuple(
        Step(event=event, lines=tuple(text for when, text in lines if begin <= when < end))
        for event, begin, end in zip(script.events, begins, begins[1:], strict=False)
    )
    states = tuple(match[1] for _, text in lines if (match := re.search(r"\(VI\) Entering (\w+) STATE", text)))
    return Life(steps=steps, states=states, mails=mails, log="\n".join(text for _, text in lines))


def _happen(event: str, script: Script, *, other: Other, broken: Path, lan: Lan, router: Namespace) -> None:
    """Let one event happen and wait for what follows."""
    if event in SPEAKERS:
        other.speak(*SPEAKERS[event])
        time.sleep(script.patience)
    elif event in WRONG or event in ODD:
        other.send(other.frame(200, wrong=event))
        time.sleep(0.5 if event in WRONG else 2 * script.interval + 0.5)
    else:
        acts: dict[str, Callable[[], object]] = {
            "silence": other.fall_silent,
            "priority 0": lambda: (other.fall_silent(), other.send(other.frame(0))),
            "script fails": broken.touch,
            "script succeeds": broken.unlink,
            "link lost": lambda: lan.pull(router, INTERFACE),
            "link back": lambda: lan.plug(router, INTERFACE),
        }
        acts[event]()
        time.sleep(script.patience + (1.5 if event.startswith("script") else 0))
