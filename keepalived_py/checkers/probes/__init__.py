"""One sans-IO conversation a check type."""
