"""Checks of the sources. Each `check_…(options)` yields one line per problem."""
