"""What the samples mean, as the start-up dump says it (``--update-cases`` rewrites it); how far dumps are the reference's."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from keepalived_py.config.dump import dump
from keepalived_py.config.host import FactsHost
from keepalived_py.config.load import load

if TYPE_CHECKING:
    from types import ModuleType

PROJECT = Path(__file__).parents[3]
SHARED = PROJECT.parent / "shared"
SAMPLES = sorted((PROJECT / "conf-samples" / "vrrp").glob("*.conf"))
RECORDED_PART = 90

#: How many of the recorded dumps are equal at least. Five that are not: the reference prints the link-local address of a
#: virtual MAC, which follows from the recording host's own MAC and number.
FLOORS = {"corpus": 226, "cases": 105}

HOST: dict[str, Any] = {
    "hostname": "director-1.example.org",
    "hosts": {"director-1.example.org": "192.0.2.1"},
    "interfaces": {
        "lo": {"flags": ["UP", "RUNNING", "LOOPBACK"], "mtu": 65536, "addresses": ["127.0.0.1/8", "::1/128"]},
        "eth0": {"addresses": ["192.0.2.200/24", "fe80::1/64"], "link_local_ready": True},
        "eth1": {"addresses": ["198.51.100.200/24"]},
        "eth2": {"addresses": ["203.0.113.200/24"]},
        "eth3": {"addresses": []},
    },
    "executables": [
        "/bin/true",
        "/usr/bin/pidof",
        *(f"/usr/local/bin/{name}" for name in ("after", "before", "notify", "reader")),
    ],
    "users": {"root": [0, 0], "nobody": [65534, 65534]},
    "groups": {"root": 0, "nogroup": 65534},
    "directories": ["/", "/run", "/tmp", "/var/run", "/etc/keepalived"],
}


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda path: path.stem)
def test_a_sample_means_what_its_dump_says(sample: Path, *, update_cases: bool) -> None:
    loaded = load(str(sample), host=FactsHost(HOST), config_id="director-1")
    assert loaded.configuration is not None, loaded.report.lines(testing=False)
    text = "\n".join([*dump(loaded.configuration, "vrrp"), ""])
    expected = sample.with_suffix(".vrrp.dump")
    if update_cases:
        expected.write_text(text, encoding="utf-8")
    assert text == expected.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def compare() -> ModuleType:
    """The shared comparison tool, for its description of the recording host and its normal form of dumps."""
    spec = importlib.util.spec_from_file_location("compare_reference", SHARED / "tools" / "compare_reference.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.skipif(not SHARED.is_dir(), reason="the recorded runs are not at hand")
@pytest.mark.parametrize("name", ["corpus", "cases"])
def test_the_dump_of_the_vrrp_process_is_the_references(name: str, compare: ModuleType) -> None:
    equal = total = 0
    with (SHARED / name / "runs.jsonl").open(encoding="utf-8") as stream:
        runs = [json.loads(line) for line in stream]
    for run in runs:
        wanted = compare.dump(run.get("vrrp") or [])
        if len(wanted) <= RECORDED_PART:
            continue
        path = SHARED / name / Path(run["file"]).name
        configuration = load(str(path), host=FactsHost(compare.facts(run)), config_id="vm").configuration
        total += 1
        equal += configuration is not None and compare.dump(dump(configuration, "vrrp")) == wanted
    print(f"{name}: {equal} of {total} dumps equal")
    assert equal >= FLOORS[name]
