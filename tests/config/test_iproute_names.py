"""config/iproute_names.py"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from keepalived_py.config.host import FactsHost, LiveHost
from keepalived_py.config.iproute_names import read_names
from keepalived_py.config.load import load

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

FACTS = {"interfaces": {"eth0": {"mtu": 1500, "addresses": ["198.51.100.1/24"]}}}


class HostWithFiles(FactsHost):
    """A machine that is described but for the files of iproute2, which are there."""

    def named_numbers(self, file: str, vendor: str, local: str) -> Mapping[str, int]:
        return LiveHost().named_numbers(file, vendor, local)


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    vendor, local = tmp_path / "usr", tmp_path / "etc"
    for folder in (vendor, local):
        (folder / "rt_tables.d").mkdir(parents=True)
    (vendor / "rt_tables").write_text("254 main\n100 vendor\n")
    (vendor / "rt_tables.d" / "a.conf").write_text("101 from_a\n")
    (vendor / "rt_tables.d" / "b.conf").write_text("102 from_b\n")
    return vendor, local


def test_the_vendors_names_hold_where_the_host_has_none(folders: tuple[Path, Path]) -> None:
    vendor, local = map(str, folders)
    assert read_names("rt_tables", vendor, local) == {"main": 254, "vendor": 100, "from_a": 101, "from_b": 102}


def test_the_hosts_file_takes_the_place_of_the_vendors_and_so_does_each_of_its_fragments(
    folders: tuple[Path, Path],
) -> None:
    _, local = folders
    (local / "rt_tables").write_text("# mine\n200 isp1\n0xc9 isp2 # the other\n  202\tisp3\n")
    (local / "rt_tables.d" / "a.conf").write_text("301 mine\n")
    (local / "rt_tables.d" / "c.conf").write_text("302 more\n")
    (local / "rt_tables.d" / ".hidden.conf").write_text("303 hidden\n")
    (local / "rt_tables.d" / "notes.txt").write_text("304 notes\n")
    expected = {"isp1": 200, "isp2": 201, "isp3": 202, "mine": 301, "from_b": 102, "more": 302}
    assert read_names("rt_tables", *map(str, folders)) == expected


def test_lines_that_are_none_are_passed_over(folders: tuple[Path, Path]) -> None:
    _, local = folders
    (local / "rt_tables").write_bytes(b"x y\n-5 minus\n1 two words\nalone\n\n\xff\xfe\n7 seven\n")
    assert read_names("rt_tables", str(folders[0] / "missing"), str(local)) == {"seven": 7}


def test_a_host_without_the_files_has_no_names(tmp_path: Path) -> None:
    assert read_names("rt_realms", str(tmp_path), str(tmp_path / "etc")) == {}


def test_a_table_a_protocol_a_realm_and_a_scope_can_be_named_as_the_host_names_them(
    folders: tuple[Path, Path], tmp_path: Path
) -> None:
    _, local = folders
    files = {"rt_tables": "300 isp", "rt_protos": "77 mine", "rt_realms": "5 inside", "rt_scopes": "150 near"}
    for name, line in files.items():
        (local / name).write_text(f"{line}\n")
    (local / "group").write_text("9 uplinks\n")
    (local / "rt_dsfield").write_text("0x88 voice\n")
    text = f"""
global_defs {{
    iproute_usr_dir {folders[0]}
    iproute_etc_dir {local}
}}
static_routes {{
    10.1.0.0/16 dev eth0 table isp protocol mine realms inside/cosmos scope near tos voice no_track
}}
static_rules {{
    from 10.1.0.0/16 table isp realms inside suppress_ifgroup uplinks preference 7
    from 10.2.0.0/16 table unknown preference 8
}}
static_ipaddress {{
    10.9.0.1/24 dev eth0 scope near
}}
vrrp_instance V {{
    interface eth0
    virtual_router_id 51
    virtual_ipaddress {{
        198.51.100.9/24
    }}
}}
"""
    file = tmp_path / "keepalived.conf"
    file.write_text(text)
    loaded = load(str(file), host=HostWithFiles(FACTS), config_id="director", testing=True)
    assert loaded.configuration is not None
    assert [problem.message for problem in loaded.report.problems] == ["Routing table unknown not found for rule"]
    (route,), (rule,) = loaded.configuration.static_routes, loaded.configuration.static_rules
    assert (route.table, route.protocol, route.realms, route.scope, route.tos) == (300, 77, 5 << 16, 150, 0x88)
    assert (rule.table, rule.realms, rule.suppress_group) == (300, 5, 9)
    assert loaded.configuration.static_addresses[0].scope == 150
