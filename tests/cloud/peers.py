"""What stands in for AWS: moto (SQS, SNS, Secrets Manager, DynamoDB, Lambda), ElasticMQ (SQS), DynamoDB Local. Nobody's mock of belfry."""
import contextlib
import logging
import os
import pathlib
import signal
import socket
import subprocess
import tempfile
import time

import boto3
from moto.server import ThreadedMotoServer

logging.getLogger("werkzeug").setLevel(logging.ERROR)

KEYS = {"AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_REGION": "eu-west-1",
        "AWS_EC2_METADATA_DISABLED": "true", "AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull}


def client(service, endpoint, key="AKIDEXAMPLE", secret="secret", token=None):
    return boto3.client(service, endpoint_url=endpoint, region_name="eu-west-1", aws_access_key_id=key,
                        aws_secret_access_key=secret, aws_session_token=token)


def free_port():
    with socket.socket() as it:
        it.bind(("127.0.0.1", 0))
        return it.getsockname()[1]


def wait_for(condition, what, limit=120):
    deadline = time.monotonic() + limit
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {limit} s: {what}")
        time.sleep(0.05)


@contextlib.contextmanager
def moto():
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    try:
        yield f"http://{host}:{port}"
    finally:
        server.stop()


@contextlib.contextmanager
def java(*arguments, port, options=()):
    with tempfile.TemporaryDirectory(prefix="belfry-cloud-") as folder:
        log = pathlib.Path(folder) / "log"
        with log.open("w") as out:
            process = subprocess.Popen(["java", *options, "-cp", os.environ["JARS"] + "/*", *arguments],
                                       cwd=folder, stdout=out, stderr=subprocess.STDOUT,
                                       # DynamoDB Local loads SQLite from among its jars.
                                       env={**os.environ, "LD_LIBRARY_PATH": os.environ["JARS"]})

        def listens():
            if process.poll() is not None:
                raise AssertionError("it ended:\n" + log.read_text())
            with socket.socket() as it:
                return it.connect_ex(("127.0.0.1", port)) == 0

        try:
            wait_for(listens, f"{arguments[0]} listens")
            yield f"http://127.0.0.1:{port}"
        finally:
            process.kill()
            process.wait()


def elasticmq():
    port = free_port()
    return java("org.elasticmq.server.Main", port=port, options=[
        f"-Dnode-address.port={port}", f"-Drest-sqs.bind-port={port}", "-Drest-sqs.bind-hostname=127.0.0.1",
        "-Drest-stats.enabled=false"])


def dynamodb_local():
    port = free_port()
    return java("com.amazonaws.services.dynamodbv2.local.main.ServerRunner", "-inMemory", "-port", str(port),
                port=port)


class Belfry:
    """`belfry run` in a folder of its own; its log is kept for assertions."""

    def __init__(self, config, endpoint, **environment):
        self._folder = tempfile.TemporaryDirectory(prefix="belfry-cloud-")
        self.folder = pathlib.Path(self._folder.name)
        (self.folder / "belfry.yaml").write_text(config)
        everything = {**os.environ, **KEYS, "AWS_ENDPOINT_URL": endpoint, **environment}
        self.environment = {name: value for name, value in everything.items() if value is not None}
        self.start()

    def start(self):
        self._log = (self.folder / "log").open("a")
        self.process = subprocess.Popen([os.environ["BELFRY"], "run", "--admin", "127.0.0.1:0"], cwd=self.folder,
                                        stdout=self._log, stderr=self._log, env=self.environment)

    def log(self):
        return (self.folder / "log").read_text()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(timeout=30)
            except subprocess.TimeoutExpired:
                self.process.kill()
                raise AssertionError("belfry did not stop:\n" + self.log())
        self._log.close()
        self._folder.cleanup()
