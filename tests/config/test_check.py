from __future__ import annotations

from typing import TYPE_CHECKING

from keepalived_py.config.check import check

if TYPE_CHECKING:
    from pathlib import Path

    from keepalived_py.config.host import FactsHost


def test_each_problem_has_its_place_its_severity_and_its_line(tmp_path: Path, host: FactsHost) -> None:
    path = tmp_path / "k.conf"
    path.write_text("vrrp_instance VI {\n\tinterface eth0\n virtual_router_id 5\n restart # now\n}\n")
    text, status = check([str(path)], host, "a")
    assert text.splitlines() == [
        f"{path}:4: error: Unknown keyword 'restart'",
        "      4 |  restart # now",
        f"{path}: warning: (VI) No VIP specified; at least one is sensible",
        f"{path}: 1 error, 1 warning",
    ]
    assert status == 5


def test_what_each_process_would_say_is_said_once(tmp_path: Path, host: FactsHost) -> None:
    path = tmp_path / "k.conf"
    path.write_text("no_such\n")
    assert check([str(path)], host, "a")[0].count("Unknown keyword") == 1


def test_what_is_not_done_yet_is_said(tmp_path: Path, host: FactsHost) -> None:
    path = tmp_path / "k.conf"
    path.write_text("static_ipaddress {\n 10.0.0.1/24 dev eth0\n}\n")
    text, status = check([str(path)], host, "a")
    assert f"{path}:1: note: understood, but this version does nothing about static_ipaddress" in text
    assert status == 0


def test_several_files_give_the_worst_status(tmp_path: Path, host: FactsHost) -> None:
    good, bad = tmp_path / "good.conf", tmp_path / "bad.conf"
    good.write_text("global_defs {\n}\n")
    bad.write_text("no_such\n")
    text, status = check([str(good), str(bad)], host, "a")
    assert f"{good}: no problems" in text
    assert status == 5
