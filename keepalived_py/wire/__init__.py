"""Bytes to dataclasses and back; pure, no I/O."""
