"""What is said to a server and what its answer means, without I/O: bytes in, bytes out."""
