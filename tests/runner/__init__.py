"""The suites that tests/run_suites.py knows."""
