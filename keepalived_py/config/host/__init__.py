"""The machine that a configuration is for: the live one, one described by a JSON file, or one that has everything."""

from __future__ import annotations

from keepalived_py.config.host.anything import AnyHost
from keepalived_py.config.host.described import FactsHost
from keepalived_py.config.host.facts import FileFacts, Host
from keepalived_py.config.host.live import LiveHost
from keepalived_py.config.host.system import SystemFacts
from keepalived_py.config.interface_facts import InterfaceFacts

__all__ = ["AnyHost", "FactsHost", "FileFacts", "Host", "InterfaceFacts", "LiveHost", "SystemFacts"]
