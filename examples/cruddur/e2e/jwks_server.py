"""The pool's key set with one more key in it: with that, a test signs what a pool never would."""

from __future__ import annotations

import base64
import json
import threading
import time
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

KID = "of-the-tests"


def base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def part(value: dict) -> str:
    return base64url(json.dumps(value).encode())


class Keys:
    """Serves the set; `upstream` is the pool's own, known once there is a pool."""

    def __init__(self):
        self.upstream = ""
        self.key = rsa.generate_private_key(65537, 2048)
        keys = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *_: object) -> None:
                pass

            def do_GET(self) -> None:
                body = json.dumps({"keys": keys.all()}).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/jwks.json"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def all(self) -> list[dict]:
        with urllib.request.urlopen(self.upstream, timeout=5) as answer:
            return [*json.load(answer)["keys"], self.own()]

    def own(self) -> dict:
        numbers = self.key.public_key().public_numbers()
        n = base64url(numbers.n.to_bytes(256, "big"))
        return {"kty": "RSA", "alg": "RS256", "use": "sig", "kid": KID, "n": n, "e": "AQAB"}

    def token(self, like: str, **changed: object) -> str:
        """An access token with the claims of another and some changed, signed with our key."""
        claims = {**claims_of(like), "iat": int(time.time()) - 60, **changed}
        signed = f"{part({'alg': 'RS256', 'kid': KID})}.{part(claims)}"
        signature = self.key.sign(signed.encode(), padding.PKCS1v15(), hashes.SHA256())
        return f"{signed}.{base64url(signature)}"

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


def claims_of(token: str) -> dict:
    middle = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(middle + "=" * (-len(middle) % 4)))
