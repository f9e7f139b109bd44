import re
import subprocess
import sys

import pytest

from keepalived_py.log import Level, Log, LogSettings, facility_number


def test_a_console_line_is_the_time_and_the_text(capsys: pytest.CaptureFixture[str]) -> None:
    Log("Keepalived_vrrp", LogSettings(console=True, syslog=False))(Level.INFO, "(V) Entering MASTER STATE")
    assert re.fullmatch(
        r"\w{3} \w{3} [ \d]\d \d\d:\d\d:\d\d \d{4}: \(V\) Entering MASTER STATE\n", capsys.readouterr().err
    )


@pytest.mark.parametrize(("detail", "lines"), [(0, 1), (1, 2)])
def test_detail_lines_need_the_option(detail: int, lines: int, capsys: pytest.CaptureFixture[str]) -> None:
    log = Log("Keepalived", LogSettings(console=True, syslog=False, detail=detail))
    log.detail("sent 0 priority")
    log(Level.INFO, "always")
    assert len(capsys.readouterr().err.splitlines()) == lines


def test_a_line_with_bytes_that_are_no_text_is_written_as_those_bytes(
    capsysbinary: pytest.CaptureFixture[bytes],
) -> None:
    name = b"caf\xe9".decode(errors="surrogateescape")
    Log("Keepalived", LogSettings(console=True, syslog=False))(Level.INFO, f"Unknown keyword '{name}'")
    assert b"Unknown keyword 'caf\xe9'" in capsysbinary.readouterr().err


@pytest.mark.parametrize(
    ("text", "number"), [("daemon", 3), ("user", 1), ("0", 16), ("local7", 23), ("8", None), ("mail", None), ("", None)]
)
def test_facilities_are_named_as_keepalived_names_them(text: str, number: int | None) -> None:
    assert facility_number(text) == number


def test_the_daemon_does_not_load_rich_though_it_is_installed() -> None:
    code = "import keepalived_py.log, sys; print('rich' in sys.modules, 'structlog' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False True\n"
