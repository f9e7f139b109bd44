from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.lint.texts import finds, instance, leaves, script

if TYPE_CHECKING:
    from pathlib import Path

TRACKED = "track_script {\nchk\n}"
GOOD = instance()

CASES: dict[str, tuple[str, str]] = {
    "S004": (
        script(command="/usr/bin/killall -0 x «&&» exit") + instance(TRACKED),
        script(command="/bin/sh -c 'killall -0 x && exit'") + instance(TRACKED),
    ),
    "S005": (
        instance("notify_fault \"/bin/sh -c '«systemctl stop keepalived»'\""),
        instance("notify_fault \"/bin/sh -c 'systemctl stop nginx; killall -0 keepalived'\""),
    ),
    "S006": (instance('notify_master "«/no/such»"'), instance('notify_master "/bin/true"')),
    "S007": (script(command="«/opt/dos»") + instance(TRACKED), script(command="/opt/unix") + instance(TRACKED)),
    "S008": (
        "global_defs {\nnotify_fifo «/nowhere/fifo»\n}\n" + GOOD,
        "global_defs {\nnotify_fifo /run/fifo\n}\n" + GOOD,
    ),
    "S009": (
        "vrrp_track_process P {\nprocess «sshx»\n}\n" + GOOD,
        "vrrp_track_process P {\nprocess sshd\n}\n" + GOOD,
    ),
    "S010": (
        script(command="X").replace('"X"', "/usr/bin/killall «-0» haproxy") + instance(TRACKED),
        script(command="X").replace('"X"', "/bin/true nobody nogroup") + instance(TRACKED),
    ),
}


@pytest.mark.parametrize("rule", CASES)
def test_a_rule_finds_what_it_is_for_and_says_where(rule: str, tmp_path: Path) -> None:
    finds(tmp_path, rule, CASES[rule][0])


@pytest.mark.parametrize("rule", CASES)
def test_a_rule_leaves_the_near_miss_alone(rule: str, tmp_path: Path) -> None:
    leaves(tmp_path, rule, CASES[rule][1])
