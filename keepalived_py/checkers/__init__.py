"""Health checks: pure machines, and one worker with the I/O."""
