"""Servers that the tests of deliveries bring up: what subscribers and mail and push services are."""
import http.server
import json
import pathlib
import queue
import socket
import ssl
import subprocess
import threading
import urllib.request

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

PATIENCE = 60  # seconds: for what must come, on a machine that has other things to do


def certificate(folder):
    """A certificate for localhost and its key, signed by itself."""
    certificate, key = pathlib.Path(folder, "server.pem"), pathlib.Path(folder, "server.key")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
                    "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", key, "-out", certificate],
                   check=True, capture_output=True)
    return certificate, key


def tls_context(files):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*files)
    return context


def free_port():
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return listening.getsockname()[1]


class Request:
    def __init__(self, path, headers, body):
        self.path, self.headers, self.body = path, headers, body

    def json(self):
        return json.loads(self.body)


class WebServer:
    """Takes every POST; `answer(request)` gives a status, or a status and a body."""

    def __init__(self, answer=lambda request: 200, port=0):
        self.requests = queue.Queue()
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
                request = Request(self.path, self.headers, body)
                outer.requests.put(request)
                answered = answer(request)
                status, text = answered if isinstance(answered, tuple) else (answered, "")
                self.send_response(status)
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text.encode())

            def log_message(self, *arguments):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def next(self):
        return self.requests.get(timeout=PATIENCE)

    def close(self):
        self.server.shutdown()
        self.server.server_close()


class TlsProxy:
    """Terminates TLS on https://localhost:PORT before an http:// endpoint, as a reverse proxy does; GET only."""

    def __init__(self, files):
        outer = self
        self.endpoint = None

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                with urllib.request.urlopen(outer.endpoint + self.path) as answer:
                    body = answer.read()
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *arguments):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.server.socket = tls_context(files).wrap_socket(self.server.socket, server_side=True)
        self.url = f"https://localhost:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()


class MailServer:
    """An SMTP server that wants STARTTLS and a login (belfry, secret) before it takes a mail."""

    def __init__(self, files):
        self.mails = queue.Queue()
        outer = self

        class Handler:
            async def handle_RCPT(self, server, session, envelope, address, options):
                if address.startswith("nobody@"):
                    return "550 there is no such mailbox"
                envelope.rcpt_tos.append(address)
                return "250 OK"

            async def handle_DATA(self, server, session, envelope):
                outer.mails.put((session.ssl is not None, session.authenticated, envelope))
                return "250 taken"

        def login(server, session, envelope, mechanism, data):
            return AuthResult(success=(data.login, data.password) == (b"belfry", b"secret"))

        self.controller = Controller(Handler(), hostname="127.0.0.1", port=free_port(), tls_context=tls_context(files),
                                     require_starttls=True, authenticator=login, auth_required=True,
                                     ready_timeout=PATIENCE)
        self.controller.start()
        self.address = f"localhost:{self.controller.port}"

    def next(self):
        encrypted, authenticated, envelope = self.mails.get(timeout=PATIENCE)
        assert encrypted and authenticated
        return envelope

    def close(self):
        self.controller.stop()
