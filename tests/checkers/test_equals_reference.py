"""The same servers live and die under Debian's keepalived (2.2.7) and under ours, in the virtual machine, side by side.

Compared act by act: what the checkers log, what they ask the web servers byte for byte, the kernel's table, and the mails.
"""

from __future__ import annotations

import hashlib
import re
import time
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from tests.lab.daemon import Daemon, Program
from tests.lab.mail import MailServer
from tests.lab.netns import Lab
from tests.lab.process import wait_until
from tests.lab.web import WebServer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

pytestmark = [pytest.mark.vm, pytest.mark.interop]

PAGE = b"<html>well</html>\n"
CONFIGURATION = f"""
global_defs {{
    notification_email {{
        root@localhost
    }}
    notification_email_from bob@leponge.net
    smtp_server 127.0.0.1
    router_id LVS_DEVEL
    checker_log_all_failures
}}
virtual_server 10.0.0.1 80 {{
    delay_loop 3
    delay_before_retry 1
    connect_timeout 2
    warmup 0
    retry 1
    lb_algo wrr
    lb_kind NAT
    persistence_timeout 50
    protocol TCP
    quorum 2
    smtp_alert
    sorry_server 127.0.0.9 8080
    real_server 127.0.0.1 80 {{
        weight 1
        HTTP_GET {{
            url {{
                path /probe
                digest {hashlib.md5(PAGE).hexdigest()}
            }}
        }}
    }}
    real_server 127.0.0.2 80 {{
        weight 2
        virtualhost www.example.org
        smtp_alert no
        HTTP_GET {{
            url {{
                path /probe
                status_code 200
            }}
            http_protocol 1.1
        }}
    }}
}}
virtual_server 10.0.0.1 81 {{
    delay_loop 3
    delay_before_retry 1
    connect_timeout 2
    warmup 0
    retry 2
    lb_algo rr
    lb_kind DR
    protocol TCP
    omega
    alpha
    real_server 127.0.0.1 81 {{
        inhibit_on_failure
        weight 10
        TCP_CHECK {{
            connect_port 80
        }}
    }}
    real_server 127.0.0.2 81 {{
        smtp_alert no
        TCP_CHECK {{
            connect_port 80
        }}
    }}
}}
"""
V80, V81 = "[10.0.0.1]:tcp:80", "[10.0.0.1]:tcp:81"
LINES = re.compile(
    r"(HTTP_CHECK|TCP_CHECK|TCP connection|Remote Web|Removing|Adding|Enabling|Disabling|Gained|Lost|Starting with"
    r"|Shutting|MD5|HTTP status|Activating healthchecker for service|IPVS cmd|Connection failed|Timeout|Error connecting"
    r"|Changing|Read)"
)


@dataclass
class Story:
    """What one program did, act by act."""

    lines: dict[str, list[str]] = field(default_factory=dict)
    tables: dict[str, str] = field(default_factory=dict)
    requests: dict[str, set[bytes]] = field(default_factory=dict)
    mails: list[bytes] = field(default_factory=list)


def play(program: Program, home: Path) -> Story:
    story = Story()
    with Lab() as lab:
        director = lab.namespace("director")
        with (
            MailServer(director) as mailbox,
            WebServer(director, "127.0.0.1", 80, {"/probe": PAGE}) as one,
            WebServer(director, "127.0.0.2", 80, {"/probe": PAGE}) as two,
        ):
            daemon = Daemon(program, director, home, CONFIGURATION)
            seen = 0

            def act(name: str, *awaited: str) -> None:
                """End an act once each of ``awaited`` was logged in it, and keep what it brought."""
                nonlocal seen

                def new() -> list[str]:
                    return [line for line in _messages(daemon.log)[seen:] if LINES.match(line)]

                wait_until(lambda: all(line in new() for line in awaited), 60, f"{program.value}, {name}: {awaited}")
                time.sleep(1)  # what follows from the last line: table, mails, further lines of the same moment
                story.lines[name] = new()
                seen = len(_messages(daemon.log))
                story.tables[name] = director.run("ipvsadm", "-Ln").stdout

            r1, r2 = "[127.0.0.1]:tcp:80", "[127.0.0.2]:tcp:80"
            web = [f"Remote Web server {name} succeed on service." for name in (r1, r2)]
            tcp = [f"TCP connection to [127.0.0.{n}]:tcp:81 success." for n in (1, 2)]
            act("start", *web, *tcp)
            one.pages["/probe"] = b"changed\n"
            act("page changed", f"Removing service {r1} from VS {V80}")
            two.stop()
            act(
                "second server dead",
                f"Removing service {r2} from VS {V80}",
                f"Adding sorry server [127.0.0.9]:tcp:8080 to VS {V80}",
                f"Removing service [127.0.0.2]:tcp:81 from VS {V81}",
            )
            one.stop()
            act("both dead", f"Disabling service [127.0.0.1]:tcp:81 of VS {V81}")
            two.start()
            act(
                "second server back",
                f"Removing sorry server [127.0.0.9]:tcp:8080 from VS {V80}",
                f"Adding service [127.0.0.2]:tcp:81 to VS {V81}",
            )
            one.pages["/probe"] = PAGE
            one.start()
            act("all back", f"Adding service {r1} to VS {V80}", f"Enabling service [127.0.0.1]:tcp:81 of VS {V81}")
            daemon.stop(20)
            time.sleep(1)
            act("stopped")
            story.requests = {
                server._endpoint[0]: {request.head for request in server.requests} for server in (one, two)
            }
            story.mails = [re.sub(rb"^Date: [^\r]*", b"Date:", mail.data) for mail in mailbox.messages]
    return story


def _messages(log: str) -> list[str]:
    """The lines of a console log without their dates."""
    return [re.sub(r"^\w{3} \w{3} +\d+ [\d:]+ \d{4}: ", "", line) for line in log.splitlines()]


@pytest.fixture(scope="module")
def stories(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[Program], Story]]:
    with ThreadPoolExecutor(2) as pool:
        running: dict[Program, Future[Story]] = {
            program: pool.submit(play, program, tmp_path_factory.mktemp(program.value)) for program in Program
        }
        yield lambda program: running[program].result(300)


@pytest.fixture
def ours(stories: Callable[[Program], Story]) -> Story:
    return stories(Program.OURS)


@pytest.fixture
def theirs(stories: Callable[[Program], Story]) -> Story:
    return stories(Program.REFERENCE)


def test_the_web_servers_are_asked_in_the_same_bytes(ours: Story, theirs: Story) -> None:
    assert ours.requests == theirs.requests


def test_the_kernels_table_is_the_same_after_every_act(ours: Story, theirs: Story) -> None:
    assert ours.tables == theirs.tables


def test_the_same_lines_are_logged_in_every_act(ours: Story, theirs: Story) -> None:
    for name, lines in theirs.lines.items():
        assert sorted(set(ours.lines[name])) == sorted(set(lines)), name


def test_the_same_mails_are_sent_and_with_omega_ours_also_arrives_when_the_daemon_stops(
    ours: Story, theirs: Story
) -> None:
    """2.4 says HTTP/SSL where 2.2.7 said HTTP; the reference ends before its last mail is on its way."""
    last = [mail for mail in ours.mails if b"=> Shutting down <=" in mail]
    assert len(last) == 1
    expected = [mail.replace(b": HTTP request failed", b": HTTP/SSL request failed") for mail in theirs.mails]
    assert sorted(mail for mail in ours.mails if mail not in last) == sorted(expected)
