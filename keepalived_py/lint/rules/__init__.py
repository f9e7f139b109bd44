"""The rules about one file and its host; importing this registers them all."""

from keepalived_py.lint.rules import (
    globals as global_rules,
)
from keepalived_py.lint.rules import (
    host,
    language,
    lvs,
    programs,
    scripts,
    sync,
    unicast,
    vrrp,
    weights,
)

__all__ = ["global_rules", "host", "language", "lvs", "programs", "scripts", "sync", "unicast", "vrrp", "weights"]
