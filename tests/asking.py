"""What tests ask of the API."""

import json

API = "/api/v1"


def ask(client, method, path, body=None, version=None, **more):
    """Send a request in JSON; ``version``: what it says it saw."""
    headers = {} if version is None else {"If-Match": f'"{version}"'}
    sent = {} if body is None else {"data": json.dumps(body), "content_type": "application/json"}
    return getattr(client, method)(f"{API}{path}", headers=headers, **sent, **more)
