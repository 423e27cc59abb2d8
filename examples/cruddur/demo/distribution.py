"""Replaces CloudFront: serves the assets bucket, read-only, with the headers of the template.

ministack has distributions, but they do not serve its own S3.
"""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote, urlsplit

from botocore.exceptions import ClientError

#: The headers that the distribution passes on from S3.
OBJECT_HEADERS = {
    "ContentType": "content-type", "CacheControl": "cache-control", "ETag": "etag",
}


class Distribution:
    """Serves a bucket under `url`."""

    def __init__(self, s3, bucket: str, policy: dict, port: int):
        self.s3, self.bucket = s3, bucket
        self.headers = fixed_headers(policy)
        self.origins = policy["CorsConfig"]["AccessControlAllowOrigins"]["Items"]
        self.server = ThreadingHTTPServer(("127.0.0.1", port), request_handler(self))
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()

    def get(self, key: str, etag: str | None) -> tuple[int, dict[str, str], bytes]:
        """Status, headers and body. A missing object gives 403, as in a bucket without list permission."""
        condition = {"IfNoneMatch": etag} if etag else {}
        try:
            found = self.s3.get_object(Bucket=self.bucket, Key=key, **condition)
        except ClientError as error:
            unchanged = error.response["ResponseMetadata"]["HTTPStatusCode"] == 304
            return (304 if unchanged else 403), {}, b""
        headers = {name: found[field] for field, name in OBJECT_HEADERS.items() if field in found}
        return 200, headers, found["Body"].read()


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
            key = unquote(urlsplit(self.path).path).lstrip("/")
            status, headers, body = distribution.get(key, self.headers.get("If-None-Match"))
            self.send_response_only(status)
            for name, value in {**headers, **distribution.headers, **self.cors()}.items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            if self.command == "GET":
                self.wfile.write(body)

        do_HEAD = do_GET

        def cors(self) -> dict[str, str]:
            origin = self.headers.get("Origin")
            allowed = origin in distribution.origins
            return {"access-control-allow-origin": origin, "vary": "Origin"} if allowed else {}

    return Handler
