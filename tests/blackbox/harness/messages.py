"""What a message of either protocol says, to whoever reads it."""

import json


class Fields:
    """Of whatever has `fields`: (name, value) in the order in which they came."""

    def all(self, name):
        return [value for field, value in self.fields if field.lower() == name.lower()]

    def field(self, name):
        values = self.all(name)
        return values[0] if values else None


class Response(Fields):
    """Of a whole response, or of its head alone."""

    def __init__(self, status, fields, body=b"", trailers=()):
        self.status = status
        self.fields = fields
        self.body = body
        self.trailers = trailers

    def json(self):
        return json.loads(self.body)

    def error_code(self):
        """The code of an error answer in either API's shape."""
        error = self.json()["error"]
        return error.get("code") or error.get("type")
