from __future__ import annotations

from typing import TYPE_CHECKING

from keepalived_py.config.host import FactsHost
from keepalived_py.lint.cluster import Cluster
from keepalived_py.lint.cluster.routers import kin
from keepalived_py.lint.subject import Subject
from tests.lint.texts import FACTS, instance

if TYPE_CHECKING:
    from pathlib import Path

OTHER_VIP = "virtual_ipaddress {\n198.51.100.11/24\n}"


def cluster(tmp_path: Path, *texts: str) -> Cluster:
    subjects = []
    for number, text in enumerate(texts):
        path = tmp_path / f"{number}.conf"
        path.write_text(text)
        subjects.append(Subject(str(path), host=FactsHost(FACTS), config_id="a", name=f"n{number}"))
    return Cluster(subjects)


def joined(found: Cluster) -> list[list[tuple[str, str]]]:
    return [[(member.name, member.instance.name) for member in router] for router in found.routers]


def test_an_address_joins_instances_whatever_their_names_and_ids(tmp_path: Path) -> None:
    found = cluster(tmp_path, instance(name="LEFT"), instance(name="RIGHT", vrid=9))
    assert joined(found) == [[("n0", "LEFT"), ("n1", "RIGHT")]]


def test_a_name_and_an_id_join_instances_whose_addresses_differ(tmp_path: Path) -> None:
    assert joined(cluster(tmp_path, instance(), instance(vip=OTHER_VIP))) == [[("n0", "VI"), ("n1", "VI")]]
    assert joined(cluster(tmp_path, instance(), instance(vip=OTHER_VIP, vrid=6))) == []


def test_the_closest_of_several_is_joined(tmp_path: Path) -> None:
    one = instance(name="A", vrid=1) + instance(name="B", vrid=2) + instance(name="C", vrid=3)
    two = instance(name="C", vrid=3) + instance(name="X", vrid=2) + instance(name="A", vrid=7)
    assert joined(cluster(tmp_path, one, two)) == [
        [("n0", "A"), ("n1", "A")],
        [("n0", "B"), ("n1", "X")],
        [("n0", "C"), ("n1", "C")],
    ]


def test_two_instances_of_one_node_are_never_one_router(tmp_path: Path) -> None:
    assert joined(cluster(tmp_path, instance(name="A") + instance(name="B"), instance(name="A"))) == [
        [("n0", "A"), ("n1", "A")]
    ]


def test_families_are_never_kin(tmp_path: Path) -> None:
    found = cluster(tmp_path, instance(), instance(vip="virtual_ipaddress {\nfe80::1/64\n}"))
    first, second = (subject.instances[0] for subject in found.subjects)
    assert not kin(first, second)
    assert kin(first, first)
