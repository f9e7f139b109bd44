"""The rules about one file and its host; importing this registers them all."""

from keepalived_py.lint.rules import (
    direct_routing,
    files,
    filters,
    host,
    kernel,
    language,
    lvs,
    programs,
    scripts,
    sync,
    unicast,
    vrrp,
    weights,
)
from keepalived_py.lint.rules import (
    globals as global_rules,
)

__all__ = [
    "direct_routing",
    "files",
    "filters",
    "global_rules",
    "host",
    "kernel",
    "language",
    "lvs",
    "programs",
    "scripts",
    "sync",
    "unicast",
    "vrrp",
    "weights",
]
