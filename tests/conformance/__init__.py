"""Public conformance checkers, run against the real executable."""
