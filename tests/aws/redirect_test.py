"""An SNS subscriber that redirects to a private address is not followed there. Its own address must be a public one, so the test
lives in a network of its own in which such an address is this machine's; nothing leaves it."""
import http.server
import json
import os
import queue
import subprocess
import sys
import threading
import unittest

import support
from raw import Connection

PUBLIC = "11.22.33.44"  # globally reachable by the registries; here it is the loopback interface's
PATIENCE = 60  # seconds


def server(host, answer):
    """Puts each POST's path and body into the queue that it returns, and answers with a status and headers."""
    requests = queue.Queue()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
            requests.put((self.path, body))
            status, headers = answer(self)
            self.send_response(status)
            for name, value in {"Content-Length": "0", **headers}.items():
                self.send_header(name, value)
            self.end_headers()

        do_GET = do_POST

        def log_message(self, *arguments):
            pass

    it = http.server.ThreadingHTTPServer((host, 0), Handler)
    it.daemon_threads = True
    threading.Thread(target=it.serve_forever, daemon=True).start()
    return requests, it.server_address[1]


class RedirectTest(unittest.TestCase):
    def test_a_redirect_to_a_private_address_is_not_followed(self):
        secret, port = server("127.0.0.1", lambda it: (200, {}))
        places = [f"http://127.0.0.1:{port}/", f"http://localhost:{port}/", f"http://0x7f000001:{port}/", f"http://0.0.0.0:{port}/",
                  f"http://[::ffff:127.0.0.1]:{port}/", "http://169.254.169.254/latest/meta-data/", "http://10.0.0.1/",
                  "file:///etc/passwd", "gopher://127.0.0.1/"]

        def answer(it):
            number = int(it.path.removeprefix("/to/"))
            if it.headers["x-amz-sns-message-type"] != "Notification":
                return 200, {}
            return (200, {}) if number < 0 else ((301, 302, 303, 307, 308)[number % 5], {"Location": places[number]})

        public, public_port = server(PUBLIC, answer)
        belfry = support.Belfry("aws: {}\nqueues: {letters: {}}\n")
        self.addCleanup(belfry.stop)
        host, aws_port = belfry.endpoint.removeprefix("http://").split(":")
        letters = "arn:aws:sqs:us-east-1:000000000000:letters"
        with Connection((host, int(aws_port))) as it:
            topic = "arn:aws:sns:us-east-1:000000000000:news"
            it.query(Action="CreateTopic", Name="news")
            for number in range(-1, len(places)):
                it.query(Action="Subscribe", TopicArn=topic, Protocol="http", Endpoint=f"http://{PUBLIC}:{public_port}/to/{number}", **{
                    "Attributes.entry.1.key": "RedrivePolicy", "Attributes.entry.1.value": json.dumps({"deadLetterTargetArn": letters}),
                    "Attributes.entry.2.key": "DeliveryPolicy",
                    "Attributes.entry.2.value": json.dumps({"healthyRetryPolicy": {"numRetries": 1, "minDelayTarget": 1, "maxDelayTarget": 1}})})
            for _ in range(len(places) + 1):
                token = json.loads(public.get(timeout=PATIENCE)[1])["Token"]
                self.assertEqual(it.query(Action="ConfirmSubscription", TopicArn=topic, Token=token)[0], 200)
            self.assertEqual(it.query(Action="Publish", TopicArn=topic, Message="hello")[0], 200)
            buried = 0
            while buried < len(places):
                got = it.call("ReceiveMessage", QueueUrl="letters", MaxNumberOfMessages=10, WaitTimeSeconds=20)
                buried += len(got.get("Messages", []))
        told = {public.get(timeout=PATIENCE)[0] for _ in range(public.qsize())}
        self.assertEqual(told, {f"/to/{number}" for number in range(-1, len(places))})  # it was told, and the good one, too
        self.assertTrue(secret.empty(), "somebody was led to a private address")
        reasons = subprocess.run([os.environ["BELFRY"], "queue", "peek", "letters", "--output", "json"], cwd=belfry.folder,
                                 check=True, capture_output=True, text=True).stdout
        self.assertGreaterEqual(reasons.count("private or special network"), len(places) - 2, reasons)


if __name__ == "__main__":
    if sys.argv[1:] != ["inside"]:
        space = ["unshare", "--net"] if os.geteuid() == 0 else ["unshare", "--net", "--map-root-user"]
        script = f"ip link set lo up && ip address add {PUBLIC}/32 dev lo && exec {sys.executable} {os.path.abspath(__file__)} inside"
        os.execvp(space[0], [*space, "sh", "-c", script])
    sys.argv.pop()
    unittest.main(verbosity=2)
