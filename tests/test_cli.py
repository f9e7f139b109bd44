import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from keepalived_py import cli

PROJECT = Path(__file__).parents[1]
CLEAN = """\
vrrp_instance V {
    interface eth0
    virtual_router_id 51
    priority 100
    virtual_ipaddress {
        192.0.2.1/24
    }
}
"""


def run(*words: str) -> subprocess.CompletedProcess[str]:
    """Run the command in a process of its own, as a person does."""
    return subprocess.run(
        [sys.executable, "-m", "keepalived_py.cli", *words],
        capture_output=True,
        text=True,
        errors="surrogateescape",
        cwd=PROJECT,
        timeout=30,
        check=False,
    )


@pytest.fixture
def clean(tmp_path: Path) -> str:
    file = tmp_path / "clean.conf"
    file.write_text(CLEAN)
    return str(file)


def test_the_version_is_on_stderr_and_the_second_word_is_keepalived_s(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["-v"]) == 0
    output = capsys.readouterr()
    assert output.out == ""
    assert output.err.split()[:2] == ["Keepalived", "v2.4.3"]


def test_the_help_names_every_option(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["--help"]) == 0
    text = capsys.readouterr().err
    for option in cli.OPTIONS:
        assert f"--{option.long}" in text


def test_no_two_options_share_a_name() -> None:
    letters = [option.short for option in cli.OPTIONS if option.short]
    names = [option.long for option in cli.OPTIONS]
    assert len(set(letters)) == len(letters)
    assert len(set(names)) == len(names)


@pytest.mark.parametrize(
    ("name", "number"),
    [
        ("STOP", 15),
        ("RELOAD", 1),
        ("DATA", 10),
        ("STATS", 12),
        ("STATS_CLEAR", signal.SIGRTMAX - 1),
        ("JSON", signal.SIGRTMIN + 2),
    ],
)
def test_signal_numbers_are_on_stdout(name: str, number: int, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main([f"--signum={name}"]) == 0
    assert capsys.readouterr().out == f"{number}\n"


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["--signum=stop"], "Unknown sigfunc stop"),
        (["--nonsense"], "unrecognized option '--nonsense'"),
        (["-f"], "option requires an argument -- 'f'"),
        (["--ipvs=maybe"], "--ipvs takes kernel, dry-run or dry-run=FILE, not 'maybe'"),
        (["--host-facts=/nonexistent", "-t"], "--host-facts /nonexistent"),
    ],
)
def test_a_wrong_option_is_one_line_and_status_1(words: list[str], complaint: str) -> None:
    done = run(*words)
    assert done.returncode == 1
    assert complaint in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_a_clean_file_passes_without_a_word(clean: str) -> None:
    done = run("--host-facts", "none", "-t", "-f", clean)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_words_left_over_are_named_and_ignored(clean: str) -> None:
    done = run("--host-facts", "none", "-t", "-f", clean, "and", "more")
    assert (done.returncode, done.stdout) == (0, "Unexpected argument(s): and more\n")


def test_the_messages_of_a_test_can_go_to_a_file_and_are_appended(clean: str, tmp_path: Path) -> None:
    broken = tmp_path / "broken.conf"
    broken.write_text(CLEAN + "nonsense\n")
    log = tmp_path / "log"
    for _ in range(2):
        done = run("--host-facts", "none", f"-t{log}", "-f", str(broken))
        assert (done.returncode, done.stderr) == (5, "")
    lines = log.read_text().splitlines()
    assert len(lines) % 2 == 0
    assert "Unknown keyword 'nonsense'" in lines[0]
    done = run("--host-facts", "none", f"-t{tmp_path / 'none' / 'log'}", "-f", clean)
    assert done.returncode == 1
    assert "Unable to open config-test log file" in done.stderr


def test_a_link_in_place_of_the_log_file_is_refused(clean: str, tmp_path: Path) -> None:
    (tmp_path / "precious").write_text("keep")
    (tmp_path / "log").symlink_to(tmp_path / "precious")
    assert run("--host-facts", "none", f"-t{tmp_path / 'log'}", "-f", clean).returncode == 1
    assert (tmp_path / "precious").read_text() == "keep"


def test_a_configuration_that_is_no_text_is_quoted_as_its_bytes(tmp_path: Path) -> None:
    file = tmp_path / "bytes.conf"
    file.write_bytes(CLEAN.encode() + b"caf\xe9 1\n")
    done = run("--host-facts", "none", "-t", "-f", str(file))
    assert done.returncode == 5
    assert os.fsencode(done.stderr).count(b"Unknown keyword 'caf\xe9'") == 4


def test_check_conf_reads_every_file_it_is_given(clean: str, tmp_path: Path) -> None:
    broken = tmp_path / "broken.conf"
    broken.write_text(CLEAN + "nonsense\n")
    assert run("--host-facts", "none", "--check-conf", clean).returncode == 0
    done = run("--host-facts", "none", "--check-conf", clean, str(broken))
    assert done.returncode == 1
    assert f"{broken}:9:1: error[K001]: Unknown keyword 'nonsense'." in done.stdout


def test_check_conf_ends_with_2_when_a_file_cannot_be_read(tmp_path: Path) -> None:
    done = run("--host-facts", "none", "--check-conf", str(tmp_path / "none.conf"))
    assert done.returncode == 2
    assert "cannot be read" in done.stderr


def test_check_conf_takes_the_options_of_the_linter(clean: str) -> None:
    facts = ("--host-facts", "none")
    assert run(*facts, "--check-conf", "--format=sarif", clean).stdout.startswith("{")
    assert run(*facts, "--check-conf", "--select=K001", "--ignore=V", "--fail-on=info", clean).returncode == 0
    assert run(*facts, "--check-conf", "--fail-on=note", clean).returncode == 2
    assert run("--explain=K001").stdout.startswith("K001 (error): unknown keyword")


def test_check_conf_holds_the_files_of_several_nodes_against_each_other(clean: str, tmp_path: Path) -> None:
    other = tmp_path / "other.conf"
    other.write_text(CLEAN.replace("virtual_router_id 51", "virtual_router_id 52"))
    done = run("--host-facts", "none", "--check-conf", f"left={clean}", f"right={other}")
    assert done.returncode == 1
    assert "error[C001] [right]: V has VRID 52 here, 51 on left." in done.stdout


def test_formatting_prints_and_checks_with_a_status(tmp_path: Path, clean: str) -> None:
    assert run("--format-conf", clean).stdout == CLEAN
    assert run("--format-conf", "--check", clean).returncode == 0
    ugly = tmp_path / "ugly.conf"
    ugly.write_text(CLEAN.replace("    ", "\t"))
    assert run("--format-conf", "--check", clean, str(ugly)).returncode == 1
    assert "-\tinterface eth0" in run("--format-conf", "--diff", str(ugly)).stdout
    assert run("--format-conf", "--in-place", str(ugly)).returncode == 0
    assert ugly.read_text() == CLEAN


def test_the_configuration_is_printed_as_the_process_asked_for_has_it(clean: str) -> None:
    printed = run("--print-config=vrrp", "--host-facts", "none", "-f", clean)
    assert (printed.returncode, printed.stderr) == (0, "")
    assert printed.stdout.startswith("------< Global definitions >------\n")
    assert "\n VRRP Instance = V\n" in printed.stdout
    common = run("--print-config=global", "--host-facts", "none", "-f", clean)
    assert "VRRP Instance" not in common.stdout


def test_what_cannot_be_read_is_not_printed(tmp_path: Path) -> None:
    printed = run("--print-config=vrrp", "--host-facts", "none", "-f", str(tmp_path / "missing.conf"))
    assert (printed.returncode, printed.stdout) == (6, "")
    assert "missing.conf" in printed.stderr


def test_only_known_parts_are_printed(clean: str) -> None:
    printed = run("--print-config=all", "-f", clean)
    assert printed.returncode == 1
    assert "global, vrrp, check or bfd" in printed.stderr
