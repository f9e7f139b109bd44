"""The block tree into drafts: every word read, typed and complained about in keepalived's words.

A draft holds what was written for one object, with its defaults not yet filled in; the verifier makes the AST of it. Nothing
here asks how objects fit together.
"""

from keepalived_py.config.build.context import Context, MissingParameterError
from keepalived_py.config.build.drafts import (
    BfdDraft,
    CheckDraft,
    Drafts,
    GlobalDraft,
    GroupDraft,
    InstanceDraft,
    RealServerDraft,
    ScriptDraft,
    TrackFileDraft,
    VirtualServerDraft,
)
from keepalived_py.config.build.stages import build_stage, refuses

__all__ = [
    "BfdDraft",
    "CheckDraft",
    "Context",
    "Drafts",
    "GlobalDraft",
    "GroupDraft",
    "InstanceDraft",
    "MissingParameterError",
    "RealServerDraft",
    "ScriptDraft",
    "TrackFileDraft",
    "VirtualServerDraft",
    "build_stage",
    "refuses",
]
