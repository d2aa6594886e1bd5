"""What the clients' tests share: a running belfry with its AWS-compatible endpoint."""
import os
import pathlib
import signal
import subprocess
import tempfile
import time

CONFIG = """\
aws: {}
queues:
  donations: {dead_letter: {queue: dead, after: 3}}
  dead: {}
"""


class Belfry:
    """`belfry run` in a folder of its own, on free ports; `endpoint` is its AWS-compatible endpoint."""

    def __init__(self, config=CONFIG, prepare=lambda folder: None):
        self._folder = tempfile.TemporaryDirectory(prefix="belfry-aws-")
        self.folder = pathlib.Path(self._folder.name)
        (self.folder / "belfry.yaml").write_text(config)
        prepare(self.folder)
        self.start()

    def launch(self):
        self._log = open(self.folder / "log", "a")
        self.process = subprocess.Popen(
            [os.environ["BELFRY"], "run", "--admin", "127.0.0.1:0", "--aws", "127.0.0.1:0"],
            cwd=self.folder, stderr=self._log)

    def start(self):
        self.launch()
        noted = self.folder / "belfry-data/aws-address"
        deadline = time.monotonic() + 120
        while not noted.exists() or not noted.read_text().endswith("\n"):
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise AssertionError("belfry did not start:\n" + (self.folder / "log").read_text())
            time.sleep(0.02)
        self.endpoint = "http://" + noted.read_text().strip()

    def kill(self):
        """As a power failure would, without a chance to tidy up."""
        self.process.kill()
        self.process.wait()
        self._log.close()
        (self.folder / "belfry-data/aws-address").unlink(missing_ok=True)

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(timeout=120)
        self._log.close()
        self._folder.cleanup()


def environment(endpoint):
    """What a user of AWS's tools has set: made-up credentials, a region, an endpoint."""
    return {**os.environ, "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "secret",
            "AWS_DEFAULT_REGION": "eu-west-1", "AWS_REGION": "eu-west-1", "AWS_ENDPOINT_URL": endpoint,
            "AWS_EC2_METADATA_DISABLED": "true", "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull, "ENDPOINT": endpoint}
