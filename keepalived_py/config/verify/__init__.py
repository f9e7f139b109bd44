"""Drafts into the AST: cross checks in keepalived's order, defaults and inheritance filled in, scripts found on the host."""

from keepalived_py.config.verify.checkers import verify_checkers
from keepalived_py.config.verify.globals import enter_namespace, verify_globals
from keepalived_py.config.verify.settings import complete_globals
from keepalived_py.config.verify.trackers import tracker_sections
from keepalived_py.config.verify.vrrp import verify_vrrp

__all__ = [
    "complete_globals",
    "enter_namespace",
    "tracker_sections",
    "verify_checkers",
    "verify_globals",
    "verify_vrrp",
]
