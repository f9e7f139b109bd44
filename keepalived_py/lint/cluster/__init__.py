"""Rules over the files of several nodes: what makes them unable to work together, and which node wins when scripts fail."""

from __future__ import annotations

from keepalived_py.lint.cluster import addresses, elections, protocol, roles, together
from keepalived_py.lint.cluster.elections import tables
from keepalived_py.lint.cluster.routers import Cluster

#: The modules with rules; importing them registers those.
RULES = (addresses, elections, protocol, roles, together)

__all__ = ["RULES", "Cluster", "tables"]
