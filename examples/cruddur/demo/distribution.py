"""Replaces CloudFront: serves the assets bucket, read-only, with the headers and the cache of the template.

ministack has distributions, but they do not serve its own S3. So this server also receives the invalidations. It
passes each on to ministack, which checks its signature and the permission of the function, and then drops the paths
from its cache.

<https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_CreateInvalidation.html>
"""

from __future__ import annotations

import http.client
import re
import threading
import time
from fnmatch import fnmatchcase
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote, urlsplit
from xml.etree import ElementTree

from botocore.exceptions import ClientError

#: The headers that the distribution passes on from S3.
OBJECT_HEADERS = {
    "ContentType": "content-type", "CacheControl": "cache-control", "ETag": "etag",
}
INVALIDATION = re.compile(r"/2020-05-31/distribution/\w+/invalidation")
CREATED = 201


class Distribution:
    """Serves a bucket under `url`."""

    def __init__(self, s3, bucket: str, policy: dict, caching: dict, aws: str, port: int):
        """`policy` and `caching` are the configurations of the response headers and of the cache in the template."""
        self.s3, self.bucket = s3, bucket
        self.headers = fixed_headers(policy)
        self.origins = policy["CorsConfig"]["AccessControlAllowOrigins"]["Items"]
        self.cache, self.lock = Cache(caching), threading.Lock()
        self.aws = urlsplit(aws)
        self.server = ThreadingHTTPServer(("127.0.0.1", port), request_handler(self))
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()

    def get(self, path: str, etag: str | None) -> tuple[int, dict[str, str], bytes]:
        """Status, headers and body. A missing object gives 403, as in a bucket without list permission."""
        with self.lock:
            found = self.cache.get(path)
        if not found:
            try:
                fetched = self.s3.get_object(Bucket=self.bucket, Key=unquote(path).lstrip("/"))
            except ClientError:
                return 403, {}, b""
            headers = {name: fetched[field] for field, name in OBJECT_HEADERS.items() if field in fetched}
            found = headers, fetched["Body"].read()
            with self.lock:
                self.cache.put(path, found)
        headers, body = found
        return (304, {}, b"") if etag and etag == headers.get("etag") else (200, *found)

    def invalidate(self, path: str, headers: dict[str, str], body: bytes) -> int:
        """Passes the request on, unchanged: the signature covers the host too. Returns the status."""
        upstream = http.client.HTTPConnection(self.aws.hostname, self.aws.port, timeout=30)
        upstream.request("POST", path, body, headers)
        status = upstream.getresponse().status
        upstream.close()
        if status == CREATED:
            paths = [element.text for element in ElementTree.fromstring(body).iter() if element.tag.endswith("}Path")]
            with self.lock:
                self.cache.drop(paths)
        return status


class Cache:
    """Keeps responses as long as their `max-age` says, within the limits of the template."""

    def __init__(self, caching: dict):
        self.default, self.longest = caching["DefaultTTL"], caching["MaxTTL"]
        self.entries: dict[str, tuple[float, tuple[dict[str, str], bytes]]] = {}

    def get(self, path: str) -> tuple[dict[str, str], bytes] | None:
        until, found = self.entries.get(path, (0, None))
        return found if time.monotonic() < until else None

    def put(self, path: str, found: tuple[dict[str, str], bytes]) -> None:
        control = found[0].get("cache-control", "")
        age = re.search(r"max-age=(\d+)", control)
        seconds = 0 if "no-" in control else int(age[1]) if age else self.default
        self.entries[path] = (time.monotonic() + min(seconds, self.longest), found)

    def drop(self, patterns: list[str]) -> None:
        dropped = [path for path in self.entries if any(fnmatchcase(path, pattern) for pattern in patterns)]
        for path in dropped:
            del self.entries[path]


def fixed_headers(policy: dict) -> dict[str, str]:
    """The headers of a `ResponseHeadersPolicyConfig` that are the same for every response."""
    security = policy["SecurityHeadersConfig"]
    transport = security["StrictTransportSecurity"]
    custom = {item["Header"]: item["Value"] for item in policy["CustomHeadersConfig"]["Items"]}
    return {
        "content-security-policy": security["ContentSecurityPolicy"]["ContentSecurityPolicy"],
        "x-content-type-options": "nosniff",
        "x-frame-options": security["FrameOptions"]["FrameOption"],
        "referrer-policy": security["ReferrerPolicy"]["ReferrerPolicy"],
        "strict-transport-security": f"max-age={transport['AccessControlMaxAgeSec']}",
        **custom,
    }


def request_handler(distribution: Distribution) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: object) -> None:
            pass

        def do_GET(self) -> None:
            path = urlsplit(self.path).path
            status, headers, body = distribution.get(path, self.headers.get("If-None-Match"))
            self.send_response_only(status)
            for name, value in {**headers, **distribution.headers, **self.cors()}.items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            if self.command == "GET":
                self.wfile.write(body)

        do_HEAD = do_GET

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            status = 403
            if INVALIDATION.fullmatch(self.path):
                status = distribution.invalidate(self.path, dict(self.headers), body)
            self.send_response_only(status)
            self.send_header("content-length", "0")
            self.end_headers()

        def cors(self) -> dict[str, str]:
            origin = self.headers.get("Origin")
            allowed = origin in distribution.origins
            return {"access-control-allow-origin": origin, "vary": "Origin"} if allowed else {}

    return Handler
