from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from keepalived_py.config.expand import Expander
from keepalived_py.config.report import Report
from keepalived_py.config.source import Source

if TYPE_CHECKING:
    from pathlib import Path


def lines(tmp_path: Path, text: str, *, config_id: str = "director") -> tuple[list[str], list[str]]:
    path = tmp_path / "main.conf"
    path.write_text(text)
    report = Report()
    source = Source(report)
    assert source.open(str(path), 0)
    consolidated = Expander(source, report, config_id=config_id).read()
    return [line.text for line in consolidated.lines], report.lines(testing=True)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("$IF=eth0\ninterface $IF\n", ["interface eth0"]),
        ("$N=5\nvip 10.0.0.${N}/24\n", ["vip 10.0.0.5/24"]),
        ('$N=5\nscript "/bin/x ${N}"\n', ['script "/bin/x 5"']),
        ("$N=5\nname A$N.b\n", ["name A$N.b"]),  # not followed by a blank: left as it is
        ("name $UNKNOWN\n", ["name $UNKNOWN"]),
        ("$A=b\n$B=$A c\nx $B\n", ["x b c"]),
        ("$A=first\n$A=second\nx $A\n", ["x second"]),
        ("$E=\nx ${E}y\n", ["x y"]),
        ("$X= \\\n a 1 \\\n b 2\nblock {\n$X\n}\n", ["block", "{", "a 1", "b 2", "}"]),
        ("$X=a 1 \\\n b 2\n\nc\n$X\n", ["c", "a 1", "b 2"]),
        ("x ${_HASH}y\n", ["x"]),
        ('x "${_HASH}y"\n', ['x "#y"']),
        ("x ${_INSTANCE}\n", ["x director"]),
    ],
)
def test_definitions_stand_for_their_values(tmp_path: Path, text: str, expected: list[str]) -> None:
    assert lines(tmp_path, text)[0] == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("~SEQ(I,3) v $I\n", ["v 1", "v 2", "v 3"]),
        ("~SEQ(I,2,4) v $I\n", ["v 2", "v 3", "v 4"]),
        ("~SEQ(I,4,2) v $I\n", ["v 4", "v 3", "v 2"]),
        ("~SEQ(I,0,5,10) v $I\n", ["v 0", "v 5", "v 10"]),
        ("~SEQ(I,0) v $I\n", ["v 1", "v 0"]),
        ("~SEQx(I,9,11) v $I\n", ["v 9", "v a", "v b"]),
        ("$E=2\n~SEQ(I,$E) v $I\n", ["v 1", "v 2"]),
        ("~SEQ(I,2) ~SEQ(J,2) v $I $J\n", ["v 1 1", "v 1 2", "v 2 1", "v 2 2"]),
        ("~LST(A,x,y) v $A\n", ["v x", "v y"]),
        ("~LST({A,B},{a,b},{c,d}) v $A $B\n", ["v a b", "v c d"]),
        ("~LST({A,B},{a},{c,d}) v ${A}-${B}\n", ["v a-", "v c-d"]),
    ],
)
def test_repeats_make_a_line_for_each_value(tmp_path: Path, text: str, expected: list[str]) -> None:
    assert lines(tmp_path, text) == (expected, [])


@pytest.mark.parametrize("text", ["~SEQ(I) x\n", "~SEQ(I,1,0,3) x\n", "~SEQx(I,-1,3) x\n", "~LST(A) x\n"])
def test_a_malformed_repeat_is_reported_and_dropped(tmp_path: Path, text: str) -> None:
    kept, said = lines(tmp_path, text)
    assert kept == []
    assert any(f"Invalid {text[:4]} specification" in line for line in said)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("@director a\n", ["a"]),
        ("@other a\n", []),
        ("@^other a\n", ["a"]),
        ("@^director a\n", []),
        ("@director\n", []),
        ("@director $X=1\nv $X\n", ["v 1"]),
    ],
)
def test_conditions_keep_the_lines_of_this_machine(tmp_path: Path, text: str, expected: list[str]) -> None:
    assert lines(tmp_path, text)[0] == expected


def test_an_include_takes_the_place_of_its_line(tmp_path: Path) -> None:
    (tmp_path / "conf.d").mkdir()
    (tmp_path / "conf.d" / "a.conf").write_text("in a\ninclude b.txt\nmore a\n")
    (tmp_path / "conf.d" / "b.txt").write_text("in b\n")
    text = "before\ninclude conf.d/*.conf\nafter\n"
    assert lines(tmp_path, text) == (["before", "in a", "in b", "more a", "after"], [])


def test_definitions_reach_across_includes(tmp_path: Path) -> None:
    (tmp_path / "a.conf").write_text("$X=1\n")
    assert lines(tmp_path, "include a.conf\nv $X\n")[0] == ["v 1"]


def test_the_environment_is_reached_by_a_definition(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ROLE", "backup")
    assert lines(tmp_path, "v ${_ENV ROLE} ${_ENV NOTHING}\n")[0] == ["v backup"]


def test_a_definition_that_names_itself_ends(tmp_path: Path) -> None:
    kept, _ = lines(tmp_path, "$X=${X}a\nv $X\n")
    assert len(kept) < 10
    assert max(len(line) for line in kept) <= 1024
