from __future__ import annotations

from typing import TYPE_CHECKING, Any

from keepalived_py.lint.diagnostic import Severity
from tests.lint.texts import FACTS, check, finds, instance, leaves, of, script

if TYPE_CHECKING:
    from pathlib import Path

TRACKED = "track_script {\nchk\n}"
MOUNTS = [{"path": "/", "options": ["rw"]}, {"path": "/opt", "options": ["rw", "noexec"]}]


def facts(**more: object) -> dict[str, Any]:
    return {**FACTS, **more}


def test_a_script_that_its_mount_does_not_let_run_is_found(tmp_path: Path) -> None:
    finds(tmp_path, "H021", script(command="«/opt/unix»") + instance(TRACKED), facts(mounts=MOUNTS))
    leaves(tmp_path, "H021", script(command="/bin/sh /opt/unix") + instance(TRACKED), facts(mounts=MOUNTS))
    leaves(tmp_path, "H021", script(command="/opt/unix") + instance(TRACKED))


def test_a_mount_below_a_mount_counts_for_what_is_below_it(tmp_path: Path) -> None:
    both = [*MOUNTS, {"path": "/opt/u", "options": []}]
    finds(tmp_path, "H021", script(command="«/opt/unix»") + instance(TRACKED), facts(mounts=both))
    over = [*MOUNTS, {"path": "/opt", "options": ["rw"]}]
    leaves(tmp_path, "H021", script(command="/opt/unix") + instance(TRACKED), facts(mounts=over))


def selinux(label: str, *, enforcing: bool = True) -> dict[str, Any]:
    return facts(selinux={"enforcing": enforcing, "labels": {"/opt/unix": label}})


def test_a_script_out_of_a_home_directory_is_not_run_by_selinux(tmp_path: Path) -> None:
    home = "unconfined_u:object_r:admin_home_t:s0"
    finds(tmp_path, "H022", script(command="«/opt/unix»") + instance(TRACKED), selinux(home))
    for facts_ in (selinux(home, enforcing=False), selinux("system_u:object_r:bin_t:s0"), FACTS):
        leaves(tmp_path, "H022", script(command="/opt/unix") + instance(TRACKED), facts_)


def test_a_fifo_in_the_services_own_tmp_is_found(tmp_path: Path) -> None:
    fifo = "global_defs {\nnotify_fifo «/tmp/fifo»\n}\n"
    finds(tmp_path, "H023", fifo + instance(), facts(private_tmp=True))
    plain = fifo.replace("«", "").replace("»", "")
    leaves(tmp_path, "H023", plain + instance(), facts(private_tmp=False))
    leaves(tmp_path, "H023", plain.replace("/tmp/", "/run/") + instance(), facts(private_tmp=True))


def test_a_dump_there_is_only_noted(tmp_path: Path) -> None:
    text = "global_defs {\nstate_dump_file /tmp/k.data\n}\n" + instance()
    assert [one.severity for one in of(check(tmp_path, text, facts=facts(private_tmp=True)), "H023")] == [Severity.INFO]
