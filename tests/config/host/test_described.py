from __future__ import annotations

import errno
import json
from pathlib import Path

import pytest

from keepalived_py.config.host import FactsHost, FileFacts
from tests.config.conftest import FACTS

PROJECT = Path(__file__).parents[3]


def test_a_described_host_has_what_is_described(tmp_path: Path) -> None:
    path = tmp_path / "facts.json"
    path.write_text(json.dumps(FACTS))
    host = FactsHost.read(str(path))
    eth0 = host.interface("eth0")
    assert eth0 is not None
    assert (eth0.mtu, eth0.loopback, eth0.multicast) == (1500, False, True)
    assert [str(address) for address in eth0.addresses] == ["198.51.100.1", "2001:db8::1"]
    assert host.interface("eth7") is None
    assert host.user("nobody") == (65534, 65534)
    assert host.group("nobody") is None
    assert host.locate("pidof", 0, 0) == "/usr/bin/pidof"
    assert host.program("/usr/bin/../bin/pidof", 0, 0) == FileFacts(real_path="/usr/bin/pidof")
    assert host.program("/no/such", 0, 0) == errno.ENOENT
    assert host.directory_exists("/etc/keepalived")
    assert not host.directory_exists("/no/such")


def test_a_description_that_is_no_object_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "facts.json"
    path.write_text("[]")
    with pytest.raises(ValueError, match="not a JSON object"):
        FactsHost.read(str(path))


@pytest.mark.parametrize(
    ("facts", "named"),
    [
        ({"capabilities": "CAP_NET_ADMIN"}, "'capabilities' is not of the kind list"),
        ({"mounts": [{"options": ["noexec"]}]}, "an entry of 'mounts'"),
        ({"interfaces": {"br0": {"bridge": 1}}}, "'bridge' is not an object"),
        ({"interfaces": {"eth0": {"manager": {}}}}, "'manager' is no name"),
        ({"open_files": "many"}, "'open_files' is not of the kind int"),
        ({"interfaces": []}, "'interfaces' is not of the kind dict"),
    ],
)
def test_a_key_of_another_shape_is_refused_by_its_name(facts: dict[str, object], named: str, tmp_path: Path) -> None:
    path = tmp_path / "facts.json"
    path.write_text(json.dumps(facts))
    with pytest.raises(ValueError, match=named) as raised:
        FactsHost.read(str(path))
    assert str(raised.value).startswith(f"{path}: ")


def test_the_example_of_the_documentation_is_read(tmp_path: Path) -> None:
    text = (PROJECT / "docs" / "host-facts.md").read_text(encoding="utf-8")
    path = tmp_path / "facts.json"
    path.write_text(text.partition("```json\n")[2].partition("```")[0])
    host = FactsHost.read(str(path))
    system = host.system()
    assert system.managers["eth0"].keeps_addresses
    assert system.bridges["br0"].snooping
    assert system.bridge_of == {"eth1": "br0"}
    assert system.capabilities == {"CAP_NET_ADMIN", "CAP_NET_RAW"}
    assert host.label("/opt/check.sh") == "system_u:object_r:bin_t:s0"
    documented = {row.split("`")[1] for row in text.splitlines() if row.startswith("| `")}
    assert set(json.loads(path.read_text())) <= documented


def test_what_is_not_described_is_not_known() -> None:
    system = FactsHost(FACTS).system()
    assert (system.capabilities, system.modules, system.nftables, system.mounts) == (None, None, None, None)
