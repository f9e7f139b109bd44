"""The only code that talks to Linux."""
