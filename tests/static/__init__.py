"""What can be said without running a generated project."""
