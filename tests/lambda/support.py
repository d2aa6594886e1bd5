"""What the tests of Lambda functions share: a running belfry with a configuration of the test's own."""
import json
import os
import pathlib
import signal
import subprocess
import tempfile
import time

import boto3
from botocore.config import Config

HERE = pathlib.Path(__file__).resolve().parent
PROJECT = HERE.parent.parent
HANDLERS = HERE / "handlers"
REGION = "eu-west-1"
LIMIT = 120  # seconds, for anything that is waited for


def environment(endpoint):
    """What a user of AWS's tools has set: made-up credentials, a region, an endpoint."""
    return {**os.environ, "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "secret",
            "AWS_DEFAULT_REGION": REGION, "AWS_REGION": REGION, "AWS_ENDPOINT_URL": endpoint,
            "AWS_EC2_METADATA_DISABLED": "true", "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull, "ENDPOINT": endpoint}


class Belfry:
    def __init__(self, config, files=None):
        self._folder = tempfile.TemporaryDirectory(prefix="belfry-lambda-")
        self.folder = pathlib.Path(self._folder.name)
        (self.folder / "belfry.yaml").write_text(config)
        for name, contents in (files or {}).items():
            (self.folder / name).write_bytes(contents)
        self.start()

    def start(self):
        self._log = open(self.folder / "log", "a")
        self.process = subprocess.Popen(
            [os.environ["BELFRY"], "run", "--admin", "127.0.0.1:0", "--aws", "127.0.0.1:0"],
            cwd=self.folder, stderr=self._log)
        noted = self.folder / "belfry-data/aws-address"
        self.until(lambda: noted.exists() and noted.read_text().endswith("\n"), "belfry's start")
        self.endpoint = "http://" + noted.read_text().strip()

    def until(self, so, what):
        deadline = time.monotonic() + LIMIT
        while True:
            value = so()
            if value:
                return value
            if self.process.poll() is not None or time.monotonic() > deadline:
                logs = [self.folder / "log", *self.folder.glob("belfry-data/functions/*/log")]
                ends = "\n".join("\n".join([f"--- the end of {it.name} in {it.parent.name}", *it.read_text().splitlines()[-15:]]) for it in logs)
                raise AssertionError(f"{what} did not come:\n{ends}\n{what} did not come")
            time.sleep(0.05)

    def kill(self):
        """As a power failure would, without a chance to tidy up."""
        self.process.kill()
        self.process.wait()
        self._log.close()
        (self.folder / "belfry-data/aws-address").unlink()

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(timeout=60)
        self._log.close()
        self._folder.cleanup()

    def command(self, *arguments, input=None, check=True):
        done = subprocess.run([os.environ["BELFRY"], *arguments], cwd=self.folder, input=input, text=True, capture_output=True, timeout=LIMIT)
        if check and done.returncode != 0:
            raise AssertionError(f"belfry {' '.join(arguments)}: {done.stderr}")
        return done

    def outbox(self):
        return [json.loads(line) for line in self.command("outbox", "--output", "json").stdout.splitlines()]

    def client(self, service):
        return boto3.client(service, endpoint_url=self.endpoint, region_name=REGION, aws_access_key_id="AKIDEXAMPLE",
                            aws_secret_access_key="secret", config=Config(retries={"max_attempts": 0}, read_timeout=LIMIT))
