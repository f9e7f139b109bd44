from __future__ import annotations

import pytest

from keepalived_py.config.build import Context, GlobalDraft, MissingParameterError
from keepalived_py.config.build.context import parse_address
from keepalived_py.config.expand import Line
from keepalived_py.config.host import FactsHost
from keepalived_py.config.report import Report, Stage


def context() -> Context:
    host = FactsHost({"users": {"root": [0, 0], "nobody": [65534, 65534]}, "groups": {"nogroup": 65534}})
    made = Context(Report(), Stage.VRRP, host, GlobalDraft(), testing=True)
    made.at(Line("x", "f", 3, 2))
    return made


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("10.0.0.1", "10.0.0.1"),
        ("::1", "::1"),
        ("fe80::1%eth0", None),
        ("10.0.0", None),
        ("010.0.0.1", None),
        ("", None),
    ],
)
def test_addresses_are_read_as_inet_pton_does(text: str, expected: str | None) -> None:
    found = parse_address(text)
    assert (None if found is None else str(found)) == expected


@pytest.mark.parametrize(
    ("text", "port", "expected"),
    [
        ("10.0.0.1", "80", ("10.0.0.1", 80)),
        ("10.0.0.1/24", None, ("10.0.0.1", 0)),
        ("10.0.0.1-9", "80", ("10.0.0.1", 80)),
        ("10.0.0.1", "65536", None),
        ("x", "80", None),
    ],
)
def test_an_address_with_a_port_is_cut_at_a_range_or_a_length(
    text: str, port: str | None, expected: tuple[str, int] | None
) -> None:
    found = context().socket_address(text, port)
    assert (None if found is None else (str(found[0]), found[1])) == expected


def test_a_word_that_is_missing_is_reported_and_ends_the_reading() -> None:
    made = context()
    with pytest.raises(MissingParameterError):
        made.word(["state"], 1)
    assert made.report.lines(testing=True) == [
        "(f: Line 3) *** Configuration line starting `state` is missing a parameter after keyword `state` at word position 2"
    ]
    assert made.report.fatal_status == 2


def test_a_user_and_a_group_become_numbers() -> None:
    made = context()
    assert made.identity("nobody", None) == (65534, 65534)
    assert made.identity("root", ":nogroup") == (0, 65534)
    assert made.identity("root", ":") == (0, 0)
    assert made.identity("stranger", None) is None
    assert made.identity("root", "strangers") is None


def test_scripts_run_as_root_when_nothing_else_is_said_and_security_is_off() -> None:
    assert context().default_identity() == (0, 0)
    secure = context()
    secure.globals.values["enable_script_security"] = True
    assert secure.default_identity() is None
