from __future__ import annotations

import json
from typing import Any

import pytest

from keepalived_py.lint.diagnostic import Diagnostic, Severity, Span
from keepalived_py.lint.engine import Result
from keepalived_py.lint.render import render

SPAN = Span(file="a.conf", line=3, start=5, end=9, text="  x  wörd 1")
RESULT = Result(
    diagnostics=(
        Diagnostic(
            rule="K001", severity=Severity.ERROR, file="a.conf", message="No: 100%, word.", advice="Mend it.", span=SPAN
        ),
        Diagnostic(
            rule="K014", severity=Severity.WARNING, file="b.conf", message="Empty.", advice="Fill it.", node="two"
        ),
    ),
    files=("a.conf", "b.conf"),
)


def test_text_underlines_the_span() -> None:
    assert render(RESULT, "text") == (
        "a.conf:3:5: error[K001]: No: 100%, word.\n"
        "    3 |   x  wörd 1\n"
        "      |     ^^^^\n"
        "  help: Mend it.\n"
        "\n"
        "b.conf: warning[K014] [two]: Empty.\n"
        "  help: Fill it.\n"
        "\n"
        "2 files: 1 error, 1 warning\n"
    )


def test_text_is_coloured_by_severity() -> None:
    assert "\x1b[1;31merror[K001]\x1b[0m" in render(RESULT, "text", colour=True)


def test_text_counts_wide_letters_twice_and_shows_no_control_characters() -> None:
    span = Span(file="a.conf", line=1, start=3, end=4, text="中\x1b中")
    one = Diagnostic(rule="K001", severity=Severity.INFO, file="a.conf", message="a\x1b[31m", advice="", span=span)
    lines = render(Result(diagnostics=(one,), files=("a.conf",)), "text").splitlines()
    assert lines[0] == "a.conf:1:3: info[K001]: a\ufffd[31m"
    assert lines[1:3] == ["    1 | 中\ufffd中", "      |    ^^"]


def test_a_long_line_is_cut_round_the_span() -> None:
    span = Span(file="a.conf", line=1, start=501, end=505, text="a" * 500 + "here" + "b" * 500)
    one = Diagnostic(rule="K001", severity=Severity.INFO, file="a.conf", message="m", advice="", span=span)
    lines = render(Result(diagnostics=(one,), files=("a.conf",)), "text").splitlines()
    assert len(lines[1]) < 200
    column = lines[2].index("^")
    assert lines[1][column : column + 4] == "here"


def test_json_has_every_field() -> None:
    document = json.loads(render(RESULT, "json"))
    assert document["findings"][0] == {
        "rule": "K001",
        "severity": "error",
        "file": "a.conf",
        "line": 3,
        "column": 5,
        "end_column": 9,
        "node": None,
        "message": "No: 100%, word.",
        "advice": "Mend it.",
    }
    assert document["findings"][1]["line"] is None
    assert document["counts"] == {"info": 0, "warning": 1, "error": 1}


def test_github_escapes_what_its_commands_use() -> None:
    assert render(RESULT, "github") == (
        "::error file=a.conf,line=3,col=5,endColumn=9,title=K001::No: 100%25, word. Mend it.\n"
        "::warning file=b.conf,title=K014::Empty. Fill it.\n"
    )


#: What SARIF 2.1.0 requires of the parts that are written here (OASIS, sections 3.13, 3.14, 3.18, 3.19, 3.27 to 3.30, 3.49).
SARIF: dict[str, Any] = {
    "version": str,
    "runs": [
        {
            "tool": {"driver": {"name": str, "version": str, "rules": list}},
            "results": [
                {
                    "ruleId": str,
                    "ruleIndex": int,
                    "level": str,
                    "message": {"text": str},
                    "locations": [{"physicalLocation": {"artifactLocation": {"uri": str}}}],
                }
            ],
        }
    ],
}


def fits(value: Any, shape: Any) -> bool:
    if isinstance(shape, dict):
        return isinstance(value, dict) and all(key in value and fits(value[key], part) for key, part in shape.items())
    if isinstance(shape, list):
        return isinstance(value, list) and bool(value) and all(fits(one, shape[0]) for one in value)
    return isinstance(value, shape)


def test_sarif_has_the_structure_of_the_standard() -> None:
    document = json.loads(render(RESULT, "sarif"))
    assert fits(document, SARIF)
    assert document["version"] == "2.1.0"
    run = document["runs"][0]
    assert [run["tool"]["driver"]["rules"][one["ruleIndex"]]["id"] for one in run["results"]] == ["K001", "K014"]
    assert [one["level"] for one in run["results"]] == ["error", "warning"]
    region = run["results"][0]["locations"][0]["physicalLocation"]["region"]
    assert (region["startLine"], region["startColumn"], region["endColumn"]) == (3, 5, 9)
    assert run["columnKind"] == "unicodeCodePoints"


@pytest.mark.parametrize(("file", "uri"), [("/etc/a b.conf", "file:///etc/a%20b.conf"), ("a.conf", "a.conf")])
def test_sarif_names_files_as_uris(file: str, uri: str) -> None:
    one = Diagnostic(rule="K014", severity=Severity.INFO, file=file, message="m", advice="a")
    document = json.loads(render(Result(diagnostics=(one,)), "sarif"))
    location = document["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]
    assert location == {"uri": uri}


def test_a_run_without_findings_is_said_so_in_every_format() -> None:
    clean = Result(diagnostics=(), files=("a.conf",))
    assert render(clean, "text") == "1 file: no findings\n"
    assert json.loads(render(clean, "sarif"))["runs"][0]["results"] == []
    assert render(clean, "github") == ""
