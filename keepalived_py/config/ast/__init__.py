"""The typed AST: what a configuration means, after defaults and inheritance are resolved.

Owns the shape only: frozen, slotted, keyword-only dataclasses that compare by value and travel over our pipes. It must not
parse, read files or ask the host anything.
"""

from keepalived_py.config.ast.checkers import (
    CheckCommon,
    Checker,
    ForwardingMethod,
    HttpGet,
    HttpUrl,
    PersistenceGranularity,
    Protocol,
    RealServer,
    SorryServer,
    TcpCheck,
    VirtualServer,
    VirtualServerKey,
)
from keepalived_py.config.ast.common import (
    Command,
    IPAddress,
    Location,
    Microseconds,
)
from keepalived_py.config.ast.configuration import Configuration
from keepalived_py.config.ast.globals import GlobalDefinitions
from keepalived_py.config.ast.vrrp import (
    Authentication,
    AuthenticationType,
    GratuitousArpTiming,
    NotifyScripts,
    SyncGroup,
    TrackedInterface,
    TrackedScript,
    UnicastPeer,
    VirtualAddress,
    VrrpInstance,
    VrrpScript,
)

__all__ = [
    "Authentication",
    "AuthenticationType",
    "CheckCommon",
    "Checker",
    "Command",
    "Configuration",
    "ForwardingMethod",
    "GlobalDefinitions",
    "GratuitousArpTiming",
    "HttpGet",
    "HttpUrl",
    "IPAddress",
    "Location",
    "Microseconds",
    "NotifyScripts",
    "PersistenceGranularity",
    "Protocol",
    "RealServer",
    "SorryServer",
    "SyncGroup",
    "TcpCheck",
    "TrackedInterface",
    "TrackedScript",
    "UnicastPeer",
    "VirtualAddress",
    "VirtualServer",
    "VirtualServerKey",
    "VrrpInstance",
    "VrrpScript",
]
