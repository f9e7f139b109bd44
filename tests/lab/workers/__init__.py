"""Workers without a protocol: they say on stderr what happens to them, so that the parent alone can be tested."""
