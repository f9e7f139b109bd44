"""The linter behind ``--check-conf``: what is wrong with a configuration, and how to mend it."""
