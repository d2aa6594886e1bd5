"""HTTP by hand, for tests that must say exactly which bytes go out, or that send more than AWS's SDKs can."""
import json
import pathlib
import re
import select
import socket
import urllib.parse

PATIENCE = 120  # seconds


def request(body, method="POST", target="/", **headers):
    if isinstance(body, str):
        body = body.encode()
    lines = "".join(f"{name}: {value}\r\n" for name, value in {"Host": "127.0.0.1", "Content-Length": len(body), **headers}.items())
    return f"{method} {target} HTTP/1.1\r\n{lines}\r\n".encode() + body


def json_request(action, **input):
    return request(json.dumps(input), **{"X-Amz-Target": "AmazonSQS." + action, "Content-Type": "application/x-amz-json-1.0"})


def status(answer):
    """Of the first answer; 0: none came."""
    return int(answer.split(b" ", 2)[1]) if answer.startswith(b"HTTP/1.1 ") else 0


def errors(answer):
    """AWS's error code and message, of either protocol."""
    body = answer.split(b"\r\n\r\n", 1)[1].decode()
    if body.startswith("{"):
        it = json.loads(body)
        return it["__type"].split("#")[-1], it.get("message", it.get("Message"))
    found = re.search("<Code>(.*)</Code><Message>(.*)</Message>", body, re.S)
    return found.groups() if found else ("", body)


def rss(pid):
    """Bytes of memory that the process has resident."""
    text = pathlib.Path(f"/proc/{pid}/status").read_text()
    return 1024 * int(re.search(r"VmRSS:\s+(\d+) kB", text).group(1))


class Connection:
    def __init__(self, host, receive_buffer=0):
        self.socket = socket.socket()
        if receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.settimeout(PATIENCE)
        self.socket.connect(host)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.read = b""

    def close(self):
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def send(self, data):
        """All of it, unless the other side closes meanwhile."""
        try:
            self.socket.sendall(data.encode("latin-1") if isinstance(data, str) else data)
        except (BrokenPipeError, ConnectionResetError):
            pass

    def readable(self):
        return bool(select.select([self.socket], [], [], 0)[0])

    def send_unless_refused(self, data):
        """False when an answer or the end came before all was sent; gives up when nothing is taken any more."""
        poll = select.poll()
        poll.register(self.socket, select.POLLIN | select.POLLOUT)
        view = memoryview(data)
        self.socket.setblocking(False)
        try:
            while view:
                ready = poll.poll(200)
                if not ready:
                    return True
                if ready[0][1] & ~select.POLLOUT:
                    return False
                view = view[self.socket.send(view):]
            return True
        except (BrokenPipeError, ConnectionResetError):
            return False
        finally:
            self.socket.settimeout(PATIENCE)

    def send_until_refused(self, data):
        while self.send_unless_refused(data):
            pass

    def read_to_end(self):
        try:
            while piece := self.socket.recv(1 << 16):
                self.read += piece
        except ConnectionResetError:
            pass
        return self.read

    def answer(self):
        """The next whole answer, by its Content-Length."""
        while (end := self.read.find(b"\r\n\r\n")) < 0:
            self._more()
        size = int(re.search(rb"(?i)\r\ncontent-length: (\d+)", self.read[:end]).group(1)) + end + 4
        while len(self.read) < size:
            self._more()
        got, self.read = self.read[:size], self.read[size:]
        return got

    def _more(self):
        piece = self.socket.recv(1 << 18)
        if not piece:
            raise ConnectionError(f"the connection ended after {self.read!r}")
        self.read += piece

    def exchange(self, sent):
        self.send(sent)
        return self.answer()

    def call(self, action, **input):
        """An action of SQS that must succeed; its output."""
        got = self.exchange(json_request(action, **input))
        if status(got) != 200:
            raise AssertionError(f"{action}: {got[:500]!r}")
        return json.loads(got.split(b"\r\n\r\n", 1)[1] or b"{}")

    def refused(self, action, **input):
        got = self.exchange(json_request(action, **input))
        if status(got) == 200:
            raise AssertionError(f"{action} was not refused")
        return errors(got)

    def query(self, **parameters):
        """An action in the Query protocol; status and body."""
        got = self.exchange(request(urllib.parse.urlencode(parameters), **{"Content-Type": "application/x-www-form-urlencoded"}))
        return status(got), got.split(b"\r\n\r\n", 1)[1].decode()
