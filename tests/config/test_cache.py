"""What is remembered never shows: every reading with a memory gives what a reading without one gives."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from keepalived_py.config.cache import Memory
from keepalived_py.config.host import AnyHost
from keepalived_py.config.load import load
from tests.fuzz.seeds import CORPUS, SAMPLES, WORDS

NAME = Path("keepalived.conf")

SERVER = """\
virtual_server 10.0.0.{number} 80 {{
    delay_loop 6
    lb_algo rr
    lb_kind NAT
    protocol TCP
    real_server 192.168.0.{number} 80 {{
        weight 1
        HTTP_GET {{
            url {{
                path /
                status_code 200
            }}
            connect_timeout 3
        }}
    }}
}}
"""
SERVERS = "".join(SERVER.format(number=number) for number in range(1, 6))


def everything(memory: Memory | None) -> tuple[object, ...]:
    loaded = load(str(NAME), host=AnyHost(), config_id="node", memory=memory)
    report = loaded.report
    return (
        repr(loaded.configuration),  # equality leaves the places out
        repr(loaded.checkers_only),
        report.problems,
        report.not_acted_on,
        report.fatal_status,
        loaded.files,
    )


def same(text: str, memory: Memory) -> bool:
    NAME.write_text(text, encoding="utf-8", errors="surrogateescape")
    return everything(memory) == everything(None)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_an_unchanged_server_is_the_very_same_object_after_a_reload() -> None:
    memory = Memory()
    NAME.write_text(SERVERS)
    before = load(str(NAME), host=AnyHost(), config_id="node", memory=memory).configuration
    NAME.write_text(SERVERS.replace("weight 1", "weight 2", 1))
    after = load(str(NAME), host=AnyHost(), config_id="node", memory=memory).configuration
    assert before is not None
    assert after is not None
    kept = [old is new for old, new in zip(before.virtual_servers, after.virtual_servers, strict=True)]
    assert kept == [False, True, True, True, True]
    assert before != after


@pytest.mark.parametrize(
    "edit",
    [
        lambda text: "global_defs {\n smtp_alert\n}\n" + text,
        lambda text: "\n" + text,
        lambda text: text.replace("weight 1", "weight 99999999", 1),
        lambda text: text.replace("weight 1", "no_such_word 1", 1),
        lambda text: text.replace("weight 1", "notify_up /bin/true", 1),
        lambda text: text.replace("weight 1", "weight", 1),
        lambda text: text.replace("virtual_server 10.0.0.3 80", "virtual_server group G", 1),
        lambda text: text.replace("virtual_server 10.0.0.3 80", 'virtual_server "group" G', 1),
        lambda text: text.replace("virtual_server 10.0.0.3 80", "virtual_server fwmark 7", 1),
        lambda text: text.replace("    protocol TCP\n", "", 1),
        lambda text: text.replace("weight 1", "\x0b", 1),
        lambda text: text.replace("}", "", 1),
        lambda text: text.replace("}", "} }", 1),
        lambda text: text[: len(text) // 2],
        lambda _text: "",
    ],
)
def test_an_edit_gives_what_it_gives_without_a_memory(edit: object) -> None:
    assert callable(edit)
    memory = Memory()
    assert same(SERVERS, memory)
    assert same(edit(SERVERS), memory)
    assert same(SERVERS, memory)


@pytest.mark.parametrize("path", [*SAMPLES, *CORPUS], ids=lambda path: path.name)
def test_real_files_are_read_the_same_from_memory(path: Path) -> None:
    memory = Memory()
    text = path.read_bytes().decode("utf-8", "surrogateescape")
    assert same(text, memory)
    assert same(text, memory)
    assert same(SERVERS + text, memory)
    assert same(text.replace("weight", "weight 2 #"), memory)


CHANGES = st.lists(
    st.tuples(st.integers(0, 90), st.sampled_from(["drop", "double", "word", "line"]), st.sampled_from(WORDS)),
    min_size=1,
    max_size=4,
)


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(rounds=st.lists(CHANGES, min_size=1, max_size=4))
def test_any_edits_give_what_they_give_without_a_memory(rounds: list[list[tuple[int, str, str]]]) -> None:
    memory = Memory()
    assert same(SERVERS, memory)
    lines = SERVERS.splitlines()
    for changes in rounds:
        edited = list(lines)
        for at, kind, word in changes:
            place = at % max(1, len(edited))
            match kind:
                case "drop":
                    del edited[place : place + 1]
                case "double":
                    edited[place:place] = edited[place : place + 14]
                case "word":
                    edited[place : place + 1] = [" ".join([*"".join(edited[place : place + 1]).split(), word])]
                case _:
                    edited.insert(place, word)
        assert same("\n".join(edited).replace("${_RANDOM 1 2}", "").replace("include", "path"), memory)
