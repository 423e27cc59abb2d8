"""Uploads as a browser makes them: the form or the body that presign has signed."""

from __future__ import annotations

import urllib.error
import urllib.request


def send(method: str, url: str, body: bytes, headers: dict[str, str]) -> int:
    request = urllib.request.Request(url, body, headers, method=method)
    try:
        return urllib.request.urlopen(request).status
    except urllib.error.HTTPError as error:
        return error.code


def post(upload: dict, body: bytes, **changed: str) -> int:
    fields = {**upload["fields"], **changed}
    boundary = "roundelboundary"
    parts = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in fields.items()
    ]
    head = f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="f"\r\n\r\n'
    form = b"".join([*parts, head.encode(), body, f"\r\n--{boundary}--\r\n".encode()])
    content_type = {"Content-Type": f"multipart/form-data; boundary={boundary}"}
    return send("POST", upload["url"], form, content_type)


def put(upload: dict, body: bytes, **changed: str) -> int:
    replaced = {name.replace("_", "-"): value for name, value in changed.items()}
    return send("PUT", upload["url"], body, {**upload["headers"], **replaced})
