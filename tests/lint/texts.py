"""Configurations for the linter's tests: a host that is described, and texts whose expected span is marked with « and »."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from keepalived_py.config.host import FactsHost
from keepalived_py.lint.engine import Result, run

if TYPE_CHECKING:
    from pathlib import Path

    from keepalived_py.lint.diagnostic import Diagnostic

FACTS: dict[str, Any] = {
    "hostname": "director.example",
    "interfaces": {
        "lo": {"flags": ["UP", "RUNNING", "LOOPBACK"], "mtu": 65536, "addresses": ["127.0.0.1/8"]},
        "eth0": {"mtu": 1500, "addresses": ["198.51.100.1/24", "2001:db8::1/64", "fe80::1/64"]},
        "eth1": {"mtu": 1500, "addresses": ["203.0.113.1/24"]},
    },
    "executables": [
        "/bin/true",
        "/bin/sh",
        "/usr/bin/killall",
        "/usr/bin/sleep",
        "/usr/sbin/sshd",
        "/opt/dos",
        "/opt/unix",
    ],
    "file_heads": {"/opt/dos": "#!/bin/sh\r\nexit 1\r\n", "/opt/unix": "#!/bin/sh\nexit 1\n"},
    "directories": ["/", "/run", "/tmp", "/opt"],
    "users": {"root": [0, 0], "nobody": [65534, 65534]},
    "groups": {"root": 0, "nogroup": 65534},
    "search_path": ["/usr/bin", "/bin"],
    "sysctls": {
        "net.ipv4.ip_forward": "0",
        "net.ipv4.conf.eth0.promote_secondaries": "0",
        "net.ipv4.conf.all.promote_secondaries": "0",
        "net.ipv4.conf.eth1.rp_filter": "1",
        "net.ipv4.conf.all.rp_filter": "0",
    },
}

VIP = "virtual_ipaddress {\n198.51.100.10/24\n}"


def instance(*lines: str, name: str = "VI", vip: str = VIP, priority: str = "priority 100", vrid: int = 5) -> str:
    """Give an instance that is right but for what the lines add."""
    usual = ["interface eth0", f"virtual_router_id {vrid}", priority]
    return "\n".join([f"vrrp_instance {name} {{", *usual, *lines, vip, "}", ""])


def server(
    *lines: str,
    head: str = "virtual_server 198.51.100.10 80",
    real: str = "192.0.2.1 80",
    check: str = "TCP_CHECK {\n}",
) -> str:
    """Give a virtual server that is right but for what the lines add."""
    usual = ["delay_loop 30", "lvs_sched rr", "lvs_method DR", "protocol TCP"]
    return "\n".join([f"{head} {{", *usual, *lines, f"real_server {real} {{", check, "}", "}", ""])


def script(*lines: str, name: str = "chk", command: str = "/bin/true") -> str:
    """Give a script that is right but for what the lines add."""
    return "\n".join([f"vrrp_script {name} {{", f'script "{command}"', "interval 2", *lines, "}", ""])


@dataclass(frozen=True, kw_only=True)
class Marked:
    """A text without its marks, and where they were: line and columns from 1."""

    text: str
    places: list[tuple[int, int, int]]


def marked(text: str) -> Marked:
    """Take the marks out of a text."""
    places = []
    while (start := text.find("«")) >= 0:
        text = text.replace("«", "", 1)
        end = text.index("»")
        text = text.replace("»", "", 1)
        column = start - (text.rfind("\n", 0, start) + 1) + 1
        places.append((text.count("\n", 0, start) + 1, column, column + end - start))
    return Marked(text=text, places=places)


def check(
    tmp_path: Path, *texts: str, names: tuple[str, ...] = ("a", "b", "c"), facts: dict[str, Any] | None = None
) -> Result:
    """Check texts on the described host; several are nodes of these names."""
    paths = []
    for name, text in zip(names, texts, strict=False):
        path = tmp_path / f"{name}.conf"
        path.write_bytes(text.encode("utf-8", "surrogateescape"))
        paths.append(str(path) if len(texts) == 1 else f"{name}={path}")
    return run(paths, host=FactsHost(FACTS if facts is None else facts), config_id="director")


def of(result: Result, rule: str) -> list[Diagnostic]:
    """Give the findings of one rule."""
    return [one for one in result.diagnostics if one.rule == rule]


def place(diagnostic: Diagnostic) -> tuple[int, int, int] | None:
    """Give line and columns of a finding."""
    span = diagnostic.span
    return None if span is None else (span.line, span.start, span.end)


def finds(tmp_path: Path, rule: str, text: str, facts: dict[str, Any] | None = None) -> None:
    """Hold that a rule finds something at every mark of a text, or something without a place when there is none."""
    wanted = marked(text)
    found = of(check(tmp_path, wanted.text, facts=facts), rule)
    assert [place(one) for one in found] == (wanted.places or [None])


def leaves(tmp_path: Path, rule: str, text: str, facts: dict[str, Any] | None = None) -> None:
    """Hold that a rule finds nothing in a text."""
    assert of(check(tmp_path, text, facts=facts), rule) == []


def finds_among(tmp_path: Path, rule: str, nodes: tuple[str, ...]) -> None:
    """Hold that a rule finds something at every mark of the nodes' texts, and nothing as bad elsewhere."""
    texts = [marked(text) for text in nodes]
    found = of(check(tmp_path, *(text.text for text in texts)), rule)
    wanted = [(name, spot) for name, text in zip("ab", texts, strict=True) for spot in text.places]
    worst = max((one.severity for one in found), default=None)
    assert [(one.node, place(one)) for one in found if one.severity == worst] == wanted


def leaves_among(tmp_path: Path, rule: str, nodes: tuple[str, ...]) -> None:
    """Hold that a rule finds nothing between nodes."""
    assert of(check(tmp_path, *nodes), rule) == []
