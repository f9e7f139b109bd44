"""What is shown: three scenes, one a topology of conf-samples/, and the figures at the end.

Runs inside the namespaces that __main__ made.
"""

from __future__ import annotations

import dataclasses
import functools
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from tests.demo.stage import BACK_ADDRESS, FRONT_ADDRESS, PAGE, PROBE, SceneError, Settings, Stage
from tests.demo.timeline import Timeline
from tests.lab.daemon import Program
from tests.lab.process import LabTimeoutError

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.demo.director import Director

_ELECTION = 6  # seconds: three missed adverts and the skew, with room for a busy machine
_NOTICED = 8


@dataclasses.dataclass(frozen=True, slots=True)
class Figure:
    """A measured outage in seconds."""

    scene: str
    what: str
    seconds: float


def run(*, scenes: tuple[int, ...], privileged: bool, reference: bool, print_logs: bool, patience: float) -> int:
    """Show the scenes; returns the exit status."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    timeline = Timeline()
    began = time.monotonic()
    # Names of namespaces and all files live in memory that vanishes with this mount namespace.
    subprocess.run(["mount", "-t", "tmpfs", "-o", "mode=755", "tmpfs", "/run"], check=True)
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    in_kernel = privileged and Path("/proc/net/ip_vs").exists()
    settings = Settings(
        program=Program.REFERENCE if reference else Program.OURS,
        samples=Path(__file__).resolve().parents[2] / "conf-samples",
        home=Path("/run/demo"),
        dry_run=not in_kernel,
        privileged=privileged,
        print_logs=print_logs,
        patience=patience,
    )
    timeline.line(
        f"{settings.program.command[0].rpartition('/')[2]}: the main job, in network namespaces of its own", "title"
    )
    timeline.line(_about_ipvs(in_kernel=in_kernel, privileged=privileged))
    figures: list[Figure] = []
    mails = 0
    try:
        for number in scenes:
            name, title, play = _SCENES[number]
            timeline.scene(f"{number}. {title}")
            with Stage(settings, name, timeline) as stage:
                try:
                    figures += play(stage)
                except (SceneError, LabTimeoutError, RuntimeError) as error:
                    _complain(timeline, stage, error)
                    return 1
                mails += stage.mails
                counted = ", ".join(f"{who} {count}" for who, count in sorted(stage.advertisements.items()))
                stage.say("wire", f"adverts seen: {counted}")
    except (LabTimeoutError, RuntimeError, OSError) as error:
        timeline.line(f"FAILED to build the networks: {error}", "fault")
        return 1
    except KeyboardInterrupt:
        timeline.line("stopped; nothing stays behind")
        return 128 + signal.SIGINT
    _summary(timeline, figures, mails, time.monotonic() - began)
    return 0


def _about_ipvs(*, in_kernel: bool, privileged: bool) -> str:
    if in_kernel:
        return "virtual servers: in this kernel's IPVS, with real traffic"
    reason = "this kernel has no ip_vs" if privileged else "the kernel lets only root program IPVS"
    return f"virtual servers: {reason}, so the table is kept and shown but not programmed (--ipvs=dry-run)"


def _complain(timeline: Timeline, stage: Stage, error: Exception) -> None:
    timeline.line(f"FAILED: {error}", "fault")
    for director in stage.directors:
        timeline.line(f"--- log of {director.name}")
        timeline.line("\n".join(director.log.splitlines()[-40:]))


def _summary(timeline: Timeline, figures: list[Figure], mails: int, seconds: float) -> None:
    timeline.line()
    timeline.line("Outages that the client measured (a ping every 10 ms)", "title")
    for figure in figures:
        timeline.line(f"  {figure.scene:<20} {figure.what:<46} {figure.seconds * 1000:6.0f} ms", "result")
    timeline.line(f"{mails} mails received; shown in {seconds:.0f} s; nothing stays behind.")


# --- steps ------------------------------------------------------------------------------------------------------------


def _raise_both(stage: Stage) -> Director:
    stage.say("demo", "starts keepalived on both directors", "action")
    for director in stage.directors:
        director.start()
        # One after the other, so that the lower priority does not win for the first moment.
        stage.until(functools.partial(_is_backup, director), _NOTICED, f"{director.name} BACKUP")
    stage.until(lambda: stage.master() is stage.directors[0], _ELECTION, "director-1 MASTER")
    _at(stage, stage.directors[0], FRONT_ADDRESS)
    stage.until(lambda: stage.prober.answering, 2, f"the client reaches {FRONT_ADDRESS}")
    stage.say("client", f"{FRONT_ADDRESS} answers", "good")
    stage.watch_client()
    return stage.directors[0]


def _is_backup(director: Director) -> bool:
    return "(VIP1) Entering BACKUP STATE" in director.log


def _at(stage: Stage, director: Director, *addresses: str) -> None:
    """Make sure that addresses are on this director alone (a dead one does not count)."""
    for address in addresses:
        present = functools.partial(director.namespace.has_address, address)
        stage.until(present, 2, f"{address} on {director.name}")
        others = [
            other.name
            for other in stage.directors
            if other is not director
            and other.daemon is not None
            and other.daemon.poll() is None
            and other.namespace.has_address(address)
        ]
        if others:
            raise SceneError(f"{address} is on {' and '.join([director.name, *others])}")
    stage.say(director.name, f"has {' and '.join(addresses)}", "good")


def _measured(stage: Stage, what: str, act: Callable[[], float], to: Director, *addresses: str) -> Figure:
    """Do something to the MASTER and measure until the client reaches the other director."""
    since = act()
    stage.until(lambda: stage.master() is to, _ELECTION, f"{to.name} MASTER")
    stage.until(lambda: stage.prober.answering, 2, f"the client reaches {FRONT_ADDRESS} again")
    _at(stage, to, FRONT_ADDRESS, *addresses)
    seconds = stage.prober.outage(since)
    stage.say("client", f"was without answers for {seconds * 1000:.0f} ms", "result")
    return Figure(stage.name, what, seconds)


def _crash(stage: Stage, director: Director) -> float:
    stage.say("demo", f"{director.name} dies: every process of keepalived killed with -9, cables out", "action")
    when = director.kill()
    stage.pull_cables(director)
    return when


def _stop(stage: Stage, director: Director) -> float:
    stage.say("demo", f"asks {director.name} to stop (SIGTERM)", "action")
    when, seconds, status = director.stop()
    stage.say(director.name, f"keepalived ended with status {status} after {seconds:.2f} s")
    if status:
        raise SceneError(f"{director.name} ended with status {status}")
    if director.namespace.has_address(FRONT_ADDRESS):
        raise SceneError(f"{FRONT_ADDRESS} is still on {director.name}")
    return when


def _ask(stage: Stage, count: int = 6) -> None:
    answers = stage.ask(count)
    stage.say(
        "client",
        f"{count} pages through {FRONT_ADDRESS}: " + ", ".join(f"{n} from {who}" for who, n in answers.items()),
    )
    if "nobody" in answers:
        raise SceneError("a page was not answered")


def _server_count(stage: Stage, count: int) -> bool:
    return all(len(director.table()) == count for director in stage.directors)


# --- scenes -----------------------------------------------------------------------------------------------------------


def _external_balancer(stage: Stage) -> list[Figure]:
    one, two = stage.directors
    for director in stage.directors:
        stage.start_balancer(director)
    _raise_both(stage)
    _ask(stage)

    def fail() -> float:
        stage.say("demo", "the balancer on director-1 dies", "action")
        when = time.monotonic()
        one.stop_balancer()
        return when

    figures = [_measured(stage, "balancer dies on the MASTER (checked every 1 s)", fail, two)]
    stage.say("demo", "the balancer on director-1 is back", "action")
    stage.start_balancer(one)
    stage.until(lambda: stage.master() is one, _ELECTION + 2, "director-1 MASTER again")
    figures.append(_measured(stage, "MASTER killed with -9", lambda: _crash(stage, one), two))
    _ask(stage)
    return figures


def _nat(stage: Stage) -> list[Figure]:
    one, two = stage.directors
    both = (FRONT_ADDRESS, BACK_ADDRESS)
    for director in stage.directors:
        director.namespace.sysctl(ip_forward="1", conf__all__send_redirects="0")
    for web in stage.webs:
        web.ip("route", "add", "default", "via", BACK_ADDRESS)
    _raise_both(stage)
    _at(stage, one, *both)
    stage.until(lambda: _server_count(stage, 3), _NOTICED, "three servers in both tables")
    if not stage.settings.dry_run:
        _ask(stage)
    stage.say("demo", "web-2 dies", "action")
    stage.web_servers[1].stop()
    stage.until(lambda: _server_count(stage, 2), _NOTICED, "web-2 out of both tables")
    stage.say("demo", "web-2 is back", "action")
    stage.web_servers[1].start()
    stage.until(lambda: _server_count(stage, 3), _NOTICED, "web-2 in both tables again")
    figures = [
        _measured(stage, "MASTER killed with -9, both addresses move", lambda: _crash(stage, one), two, BACK_ADDRESS)
    ]
    if not stage.settings.dry_run:
        _ask(stage)
    return figures


def _direct_routing(stage: Stage) -> list[Figure]:
    one, two = stage.directors
    for number, web in enumerate(stage.webs, 1):
        stage.front.join(web, "eth1", f"192.168.56.{10 + number}/24")
        web.sysctl(conf__all__arp_ignore="1", conf__all__arp_announce="2")
        web.ip("addr", "add", f"{FRONT_ADDRESS}/32", "dev", "lo")
    _raise_both(stage)
    stage.until(lambda: _server_count(stage, 3), _NOTICED, "three servers in both tables")
    if not stage.settings.dry_run:
        _ask(stage)
    stage.say("demo", "web-3 shows another page: its digest is wrong now", "action")
    stage.web_servers[2].pages[PROBE] = b"out of order\n"
    stage.until(lambda: _server_count(stage, 2), _NOTICED, "web-3 out of both tables")
    stage.say("demo", "web-3 shows the right page again", "action")
    stage.web_servers[2].pages[PROBE] = PAGE
    stage.until(lambda: _server_count(stage, 3), _NOTICED, "web-3 in both tables again")
    figures = [_measured(stage, "clean stop of the MASTER", lambda: _stop(stage, one), two)]
    if not stage.settings.dry_run:
        _ask(stage)
    _stop(stage, two)
    if any(director.table() for director in stage.directors):
        raise SceneError("a table was left behind")
    return figures


_SCENES: dict[int, tuple[str, str, Callable[[Stage], list[Figure]]]] = {
    1: (
        "1-external-balancer",
        "An address in front of a balancer (unicast adverts, password, tracked script)",
        _external_balancer,
    ),
    2: ("2-nat", "LVS NAT: two addresses in a sync group, HTTP checks, persistence", _nat),
    3: ("3-direct-routing", "LVS direct routing: pages checked by digest, clean stop", _direct_routing),
}


if __name__ == "__main__":
    sys.exit("run me as: python -m tests.demo")
