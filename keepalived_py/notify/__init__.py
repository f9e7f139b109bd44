"""Scripts and mail that tell people and programs about changes."""
