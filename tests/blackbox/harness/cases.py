"""What a file of cases needs besides its actors."""


class Skip(Exception):
    """This case cannot run here; the text says why."""


def each(table):
    """Runs a case once per row. A row is (label, argument, …)."""
    def mark(function):
        function.rows = [(f" [{row[0]}]", row[1:]) for row in table]
        return function
    return mark


def long_case(function):
    """Only with --long."""
    function.long = True
    return function


def rows_of(function):
    return getattr(function, "rows", [("", ())])


def equal(actual, expected, what="value"):
    if actual != expected:
        raise AssertionError(f"{what}:\n  expected {shorten(expected)}\n  came     {shorten(actual)}")


def holds(condition, sentence):
    if not condition:
        raise AssertionError(sentence)


def shorten(value, most=600):
    text = repr(value)
    return text if len(text) <= most else f"{text[:most // 2]} … {text[-most // 2:]} ({len(text)} long)"
