"""Every form of a virtual server in the kernel's table: groups, marks, both families, tunnels, schedulers, persistence, thresholds.

After a start ipvsadm must show the same for Debian's keepalived and for ours. After a reload ours must stand where the reference
stands when it starts with the changed file: its own reload is no measure, as 2.2.7 leaves members behind that left their group, for
ever. No server is checked, so that only the translation of the file is judged. A range that crosses an octet is not among them:
2.2.7 never ends its start with one.
"""

from __future__ import annotations

import re
import signal
import time
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from tests.lab.daemon import Daemon, Program
from tests.lab.netns import Lab
from tests.lab.process import wait_until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

pytestmark = [pytest.mark.vm, pytest.mark.interop]

BEFORE = """
virtual_server_group WEB {
    192.0.2.10 80
    192.0.2.20-23 8080
    192.0.2.30-192.0.2.31 81
    fwmark 5
}
virtual_server_group BOTH {
    192.0.2.40 443
    2001:db8::40 443
    fwmark 6 inet
    fwmark 7 inet6
}
virtual_server group WEB {
    lb_algo wrr
    lb_kind NAT
    protocol TCP
    persistence_timeout 50
    real_server 198.51.100.1 80 {
        weight 3
    }
    real_server 198.51.100.2 8080 {
        weight 2
        uthreshold 500
        lthreshold 100
    }
}
virtual_server group BOTH {
    lb_algo rr
    lb_kind TUN
    protocol TCP
    real_server 198.51.100.3 443 {
    }
    real_server 2001:db8:1::3 443 {
    }
}
virtual_server fwmark 9 {
    lb_algo lc
    lb_kind DR
    real_server 198.51.100.4 80 {
    }
}
virtual_server fwmark 10 {
    lb_algo sh
    lvs_sched sh
    sh-port
    sh-fallback
    lb_kind DR
    ip_family inet6
    real_server 2001:db8:1::4 80 {
    }
}
virtual_server 192.0.2.50 53 {
    lb_algo rr
    ops
    lb_kind DR
    protocol UDP
    real_server 198.51.100.5 53 {
    }
}
virtual_server 192.0.2.51 5060 {
    lb_algo wlc
    lb_kind NAT
    protocol UDP
    persistence_timeout 60
    persistence_granularity 255.255.255.0
    persistence_engine sip
    real_server 198.51.100.6 5060 {
    }
}
virtual_server 2001:db8::51 80 {
    lb_algo wlc
    lb_kind NAT
    protocol TCP
    persistence_timeout 300
    persistence_granularity 64
    real_server 2001:db8:1::6 80 {
        inhibit_on_failure
    }
    sorry_server 2001:db8:1::7 80
    sorry_server_inhibit
}
virtual_server 192.0.2.52 2905 {
    lb_algo mh
    mh-port
    lb_kind NAT
    protocol SCTP
    real_server 198.51.100.7 2905 {
    }
}
virtual_server 192.0.2.53 80 {
    lb_algo wrr
    lb_kind TUN
    protocol TCP
    real_server 198.51.100.8 80 {
        lvs_method TUN type ipip
    }
    real_server 198.51.100.9 80 {
        lvs_method TUN type gue port 6080
    }
    real_server 198.51.100.10 80 {
        lvs_method TUN type gue port 6081 csum
    }
    real_server 198.51.100.11 80 {
        lvs_method TUN type gre csum
    }
}
"""
#: What a reload brings: members come and go, servers too, a weight, a scheduler and a persistence change.
CHANGES = (
    ("    192.0.2.10 80\n", "    192.0.2.11 80\n"),
    ("    fwmark 5\n", "    fwmark 55\n"),
    ("        weight 3\n", "        weight 30\n"),
    ("    real_server 2001:db8:1::3 443 {\n    }\n", "    real_server 2001:db8:1::33 443 {\n    }\n"),
    ("    lb_algo lc\n", "    lb_algo sed\n"),
    ("    persistence_timeout 300\n", "    persistence_timeout 301\n"),
    ("    lvs_method TUN type gre csum\n", "    lvs_method TUN type gre\n"),
)


def after() -> str:
    text = BEFORE
    for old, new in CHANGES:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    return text


def play(program: Program, home: Path) -> dict[str, list[str]]:
    tables: dict[str, list[str]] = {}
    with Lab() as lab:
        director = lab.namespace("director")
        daemon = Daemon(program, director, home, BEFORE)

        def shown() -> list[str]:
            return sorted(director.run("ipvsadm", "-Sn").stdout.splitlines())

        def settled(mark: str) -> list[str]:
            """The table once ``mark`` is in it and it has not changed for two seconds."""
            last: list[str] = []
            quiet_since = time.monotonic()

            def quiet() -> bool:
                nonlocal last, quiet_since
                if (now := shown()) != last:
                    last, quiet_since = now, time.monotonic()
                return time.monotonic() - quiet_since > 2 and any(mark in line for line in now)

            wait_until(quiet, 60, f"{program.value}: a table that rests, with {mark}")
            return last

        tables["start"] = settled("198.51.100.11:")
        if program is Program.OURS:
            daemon.configuration.write_text(after())
            daemon.process.signal(signal.SIGHUP)
        else:
            daemon.stop(30)
            daemon = Daemon(program, director, home, after())
        tables["reload"] = settled("192.0.2.11:80")
        daemon.stop(30)
        tables["stop"] = shown()
        tables["errors"] = re.findall(r"IPVS cmd .*", daemon.log)
    return tables


@pytest.fixture(scope="module")
def plays(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[Program], dict[str, list[str]]]]:
    with ThreadPoolExecutor(2) as pool:
        running: dict[Program, Future[dict[str, list[str]]]] = {
            program: pool.submit(play, program, tmp_path_factory.mktemp(program.value)) for program in Program
        }
        yield lambda program: running[program].result(400)


@pytest.mark.parametrize("act", ["start", "reload", "stop"])
def test_every_form_of_a_virtual_server_stands_in_the_table_as_the_reference_puts_it(
    plays: Callable[[Program], dict[str, list[str]]], act: str
) -> None:
    ours, theirs = plays(Program.OURS)[act], plays(Program.REFERENCE)[act]
    assert ours == theirs
    assert bool(ours) == (act != "stop")


@pytest.mark.parametrize(
    "entry",
    [
        "-t 192.0.2.22:8080",
        "-f 5",
        "-t [2001:db8::40]:443",
        "-f 7 -6",
        "-f 10 -6",
        "--sctp-service 192.0.2.52:2905",
        "gre",
    ],
)
def test_what_the_file_is_about_is_in_the_table(plays: Callable[[Program], dict[str, list[str]]], entry: str) -> None:
    assert any(entry in line for line in plays(Program.OURS)["start"])


def test_the_kernel_refuses_nothing_of_it(plays: Callable[[Program], dict[str, list[str]]]) -> None:
    assert plays(Program.OURS)["errors"] == []
