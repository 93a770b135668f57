"""A small OpenID Connect provider on this machine, for tests: one person, who agrees at once."""

import base64
import hashlib
import json
import secrets
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

CLIENT, SECRET = "lichen", "a secret between the two"


class Provider:
    """What the provider says of who logs in; ``claims`` may be changed between log-ins."""

    def __init__(self):
        self.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.claims = {"sub": "person-1", "email": "cement@example.org", "email_verified": True}
        self.codes, self.tokens, self.asked = {}, set(), []
        self.base = ""

    def configuration(self):
        ends = {
            n: f"{self.base}/{n.split('_')[0]}"
            for n in ("authorization_endpoint", "token_endpoint", "userinfo_endpoint")
        }
        return {
            "issuer": self.base, "jwks_uri": f"{self.base}/jwks", "response_types_supported": ["code"],
            "subject_types_supported": ["public"], "id_token_signing_alg_values_supported": ["RS256"],
            "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
            "code_challenge_methods_supported": ["S256"], **ends,
        }  # fmt: skip

    def jwks(self):
        found = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(self.key.public_key()))
        return {"keys": [{**found, "kid": "1", "use": "sig", "alg": "RS256"}]}

    def token(self, form):
        asked = self.codes.pop(form.get("code", ""), None)
        if asked is None or form.get("redirect_uri") != asked["redirect_uri"]:
            return 400, {"error": "invalid_grant"}
        if "code_challenge" in asked:
            digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
            if base64.urlsafe_b64encode(digest).rstrip(b"=").decode() != asked["code_challenge"]:
                return 400, {"error": "invalid_grant"}
        now = int(time.time())
        body = {**self.claims, "iss": self.base, "aud": CLIENT, "iat": now, "exp": now + 300}
        if "nonce" in asked:
            body["nonce"] = asked["nonce"]
        access = secrets.token_urlsafe()
        self.tokens.add(access)
        signed = jwt.encode(body, self.key, "RS256", headers={"kid": "1"})
        return 200, {"access_token": access, "token_type": "Bearer", "expires_in": 300, "id_token": signed}


@contextmanager
def provider():
    """Give a provider that answers until the end of the block."""
    made = Provider()

    class Answers(BaseHTTPRequestHandler):
        def log_message(self, *args):
            pass

        def say(self, status, body):
            text = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def do_GET(self):
            parts = urlsplit(self.path)
            asked = {k: v[0] for k, v in parse_qs(parts.query).items()}
            made.asked.append(parts.path)
            match parts.path:
                case "/.well-known/openid-configuration":
                    self.say(200, made.configuration())
                case "/jwks":
                    self.say(200, made.jwks())
                case "/userinfo":
                    known = self.headers.get("Authorization", "").removeprefix("Bearer ") in made.tokens
                    self.say(200 if known else 401, made.claims if known else {})
                case "/authorization":
                    code = secrets.token_urlsafe()
                    made.codes[code] = asked
                    self.send_response(302)
                    self.send_header(
                        "Location", f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state']})}"
                    )
                    self.send_header("Content-Length", "0")
                    self.end_headers()
                case _:
                    self.say(404, {})

        def do_POST(self):
            made.asked.append(self.path)
            form = parse_qs(self.rfile.read(int(self.headers.get("Content-Length", 0))).decode())
            status, body = made.token({k: v[0] for k, v in form.items()})
            self.say(status, body)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    made.base = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield made
    finally:
        server.shutdown()
        server.server_close()
