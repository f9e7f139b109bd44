"""The kernel's load-balancing table: pure difference, and one worker with the I/O."""
