"""The main job, live: `make demo`. Everything happens inside namespaces of its own and vanishes with them."""
