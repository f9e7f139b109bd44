"""How far ``-t`` agrees with the reference's own runs over other people's files: exit status, messages, and it never raises."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from keepalived_py.config.host import FactsHost
from keepalived_py.config.load import load

if TYPE_CHECKING:
    from types import ModuleType

SHARED = Path(__file__).parents[4] / "shared"

#: Floors: what holds now, in files of the set. Raise them when agreement rises.
FLOORS = {"corpus": (319, 318), "cases": (148, 148)}


def recorded(name: str) -> list[dict[str, Any]]:
    with (SHARED / name / "runs.jsonl").open(encoding="utf-8") as stream:
        return [json.loads(line) for line in stream]


@pytest.fixture(scope="module")
def compare() -> ModuleType:
    """The shared comparison tool, for its description of the recording host and its normal form of messages."""
    spec = importlib.util.spec_from_file_location("compare_reference", SHARED / "tools" / "compare_reference.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.skipif(not SHARED.is_dir(), reason="the recorded runs are not at hand")
@pytest.mark.parametrize("name", ["corpus", "cases"])
def test_the_status_and_the_messages_are_the_references(name: str, compare: ModuleType) -> None:
    statuses = messages = total = 0
    for run in recorded(name):
        path = SHARED / name / Path(run["file"]).name
        host = FactsHost(compare.facts(run))
        report = load(str(path), host=host, config_id="vm", testing=True).report
        load(str(path), host=host, config_id="vm")
        total += 1
        statuses += report.exit_status(testing=True) == run["test_rc"]
        messages += compare.messages(report.lines(testing=True)) == compare.messages(run["test_messages"])
    print(f"{name}: {total} files, exit status {statuses}, messages {messages}")
    assert (statuses, messages) >= FLOORS[name]
    assert messages >= FLOORS[name][1]


@pytest.mark.skipif(not SHARED.is_dir(), reason="the recorded runs are not at hand")
@pytest.mark.parametrize("name", ["corpus", "cases"])
def test_a_start_is_refused_where_the_reference_refuses_it(name: str, compare: ModuleType) -> None:
    differing = []
    for run in recorded(name):
        if run.get("vrrp_rc") not in {0, 2}:
            continue  # the recording lacked ip_vs, or ended it
        path = SHARED / name / Path(run["file"]).name
        loaded = load(str(path), host=FactsHost(compare.facts(run)), config_id="vm")
        if loaded.report.fatal_status != run["vrrp_rc"] and "net_namespace" not in path.read_text(errors="replace"):
            differing.append(path.name)
    assert differing == []
