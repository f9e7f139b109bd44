from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from keepalived_py.config.format import difference, format_files, format_text
from tests.fuzz.seeds import CORPUS, SAMPLES, WORDS
from tests.fuzz.trial import read

UGLY = """\
global_defs{
  router_id   A#x
 \tvrrp_garp_interval\t5  }
$X=  5  \\
   foo {   \\
   bar
@main vrrp_instance A {
@backup    vrrp_instance B   {
 interface   eth0   # c
      virtual_ipaddress {10.0.0.1   dev ${X}   }
track_script{
  "a  b"  'c  d'   e
 }
  # comment
 include   {a,b}.conf
~SEQ(I,1,5)   vrrp  $I
  }

vrrp_script a
{
script "/bin/x   y"
notify  /bin/x\\   y   \\
   }"""

NEAT = """\
global_defs {
    router_id A #x
    vrrp_garp_interval 5 }
$X=  5  \\
    foo {   \\
    bar
@main vrrp_instance A {
@backup vrrp_instance B {
    interface eth0 # c
    virtual_ipaddress { 10.0.0.1 dev ${X} }
    track_script {
        "a  b" 'c  d' e
    }
    # comment
    include {a,b}.conf
    ~SEQ(I,1,5)   vrrp  $I
}

vrrp_script a
{
    script "/bin/x   y"
    notify  /bin/x\\   y   \\
}
"""


def judged(path: Path, content: bytes) -> tuple[object, ...]:
    """Everything a content means, said at the same lines."""
    path.write_bytes(content)
    loaded = read(path)
    report = loaded.report
    return (
        loaded.configuration,
        report.lines(testing=False),
        report.notices(),
        report.exit_status(testing=True),
        loaded.files,
    )


def test_indentation_and_blanks_become_canonical_and_nothing_moves() -> None:
    assert format_text(UGLY.encode()).decode() == NEAT


def test_formatting_twice_is_formatting_once() -> None:
    assert format_text(NEAT.encode()).decode() == NEAT


@pytest.mark.parametrize(
    "line",
    [
        b"x " * 600,
        b"  a\0  b",
        b"a  \r  b",
        b"notify  /bin/a\\ \\ b",
        b'script  "it\'s  x"',
        b"x  'a  \"b'  c\"",
        b'notify  "open   x',
        b'include  "a',
        b"include{  a",
        b"b{include  a",
        b"$A{  a",
    ],
)
def test_a_line_in_which_blanks_may_matter_is_left_alone(line: bytes) -> None:
    assert (
        format_text(line + b"\n")
        == line.lstrip(b" " if b"\0" not in line else b"").rstrip(b" " if len(line) < 1023 else b"") + b"\n"
    )


def test_bytes_that_are_no_text_survive() -> None:
    assert format_text(b"router_id \xff\xfe   # \xe9\n") == b"router_id \xff\xfe # \xe9\n"


def test_a_line_that_would_become_too_long_stays() -> None:
    block = b"a {\n" * 3
    line = b"x" * 1015
    assert format_text(block + line + b"\n").splitlines()[-1] == line


def test_an_end_of_line_of_dos_goes() -> None:
    assert format_text(b"a {\r\nb\r\n}\r\n") == b"a {\n    b\n}\n"


@pytest.mark.parametrize("path", [*SAMPLES, *CORPUS], ids=lambda path: path.name)
def test_real_files_mean_the_same_after_formatting(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    before = path.read_bytes()
    after = format_text(before)
    assert format_text(after) == after
    assert after.count(b"\n") == len(before.removesuffix(b"\n").split(b"\n")) or not before
    name = Path("keepalived.conf")
    assert judged(name, before) == judged(name, after)


BLANKS = st.sampled_from(["", " ", "  ", "\t", "\n", "\n  ", " \n", "\r\n", " \\\n"])
TEXTS = st.lists(st.tuples(st.sampled_from(WORDS), BLANKS), max_size=40).map(
    lambda pairs: "".join(word + blank for word, blank in pairs)
)


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=TEXTS)
def test_any_text_means_the_same_after_formatting(text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    text = text.replace("${_RANDOM 1 2}", "${_RANDOM 1 1}")
    before = text.encode()
    after = format_text(before)
    assert format_text(after) == after
    name = Path("keepalived.conf")
    first = judged(name, before)
    if any("would exceed maximum line length" in line for line in first[1]):  # type: ignore[attr-defined]
        return  # where a line stops growing depends on its blanks
    assert judged(name, after) == first


def test_a_file_is_replaced_with_its_mode_and_only_when_it_changes(tmp_path: Path) -> None:
    path = tmp_path / "k.conf"
    path.write_text(UGLY)
    path.chmod(0o640)
    link = tmp_path / "link.conf"
    link.symlink_to(path)
    assert format_files([str(link)], in_place=True) == 0
    assert path.read_text() == NEAT
    assert path.stat().st_mode & 0o777 == 0o640
    assert link.is_symlink()
    assert sorted(os.listdir(tmp_path)) == ["k.conf", "link.conf"]
    before = path.stat().st_ino
    assert format_files([str(path)], in_place=True, check=True) == 0
    assert path.stat().st_ino == before


def test_check_says_what_would_change_and_writes_nothing(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "k.conf"
    path.write_text(UGLY)
    assert format_files([str(path)], check=True) == 1
    assert capfd.readouterr().out == f"{path}: would be formatted\n"
    assert path.read_text() == UGLY


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert format_files([str(tmp_path / "none")]) == 2
    assert "none: No such file or directory" in capfd.readouterr().err


def test_a_difference_is_a_patch() -> None:
    assert difference("f", b"a {\nb\n}", b"a {\n    b\n}\n").splitlines() == [
        "--- f",
        "+++ f (formatted)",
        "@@ -1,3 +1,3 @@",
        " a {",
        "-b",
        "-}",
        "\\ No newline at end of file",
        "+    b",
        "+}",
    ]
