"""Our own samples of the LVS blocks: they are read without a complaint, and their dumps are the recorded ones.

``--update-cases`` rewrites the recorded dumps (NAME.check, NAME.bfd beside NAME.conf), without the global definitions.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from keepalived_py.config.ast import (
    BfdCheck,
    DnsCheck,
    FileCheck,
    HttpGet,
    MiscCheck,
    PingCheck,
    SmtpCheck,
    TcpCheck,
    UdpCheck,
)
from keepalived_py.config.dump.bfd import bfd_lines
from keepalived_py.config.dump.checkers import checker_lines
from keepalived_py.config.host import AnyHost
from keepalived_py.config.load import load

FOLDER = Path(__file__).parents[3] / "conf-samples" / "lvs"
SAMPLES = sorted(path.stem for path in FOLDER.glob("*.conf"))


@pytest.mark.parametrize("name", SAMPLES)
def test_a_sample_is_read_without_a_complaint(name: str) -> None:
    report = load(str(FOLDER / f"{name}.conf"), host=AnyHost(), config_id="director", testing=True).report
    assert report.lines(testing=True) == []
    assert report.exit_status(testing=True) == 0


@pytest.mark.parametrize("name", SAMPLES)
def test_a_sample_is_dumped_as_recorded(name: str, *, update_cases: bool) -> None:
    configuration = load(str(FOLDER / f"{name}.conf"), host=AnyHost(), config_id="director").configuration
    assert configuration is not None
    for part, lines in {"check": checker_lines(configuration), "bfd": bfd_lines(configuration)}.items():
        recorded = FOLDER / f"{name}.{part}"
        text = "".join(f"{line}\n" for line in lines)
        if update_cases and text:
            recorded.write_text(text, encoding="utf-8")
        assert text == (recorded.read_text(encoding="utf-8") if recorded.exists() else "")


def test_the_samples_have_every_kind_of_check() -> None:
    kinds: set[type] = set()
    for name in SAMPLES:
        configuration = load(str(FOLDER / f"{name}.conf"), host=AnyHost(), config_id="director").configuration
        assert configuration is not None
        servers = (real for server in configuration.lvs.servers for real in server.real_servers)
        kinds |= {type(check) for real in servers for check in real.checks}
    assert kinds == {BfdCheck, DnsCheck, FileCheck, HttpGet, MiscCheck, PingCheck, SmtpCheck, TcpCheck, UdpCheck}
