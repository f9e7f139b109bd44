"""The one exception of the codecs."""

from __future__ import annotations


class WireError(ValueError):
    """Bytes that are no message of the expected kind, or a value that the wire format cannot express.

    The text is one line without the bytes themselves, fit for a log.
    """
