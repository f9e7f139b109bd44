"""keepalived-py: keepalived in Python.

The rooms and who may import whom are described in docs/design.md; the contracts are checked in CI.
"""

__version__ = "0.1.0"
