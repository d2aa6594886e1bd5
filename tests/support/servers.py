"""What belfry talks to in campaigns and benchmarks: the stand-in for a Fabric peer, a devnet, and a real SMPP server."""
import atexit
import json
import os
import pathlib
import socket
import subprocess
import time

TOP = pathlib.Path(__file__).resolve().parent.parent.parent


def spawn(command, **options):
    """A process that does not outlive this script."""
    process = subprocess.Popen(command, **options)
    atexit.register(lambda: process.poll() is None and process.kill())
    return process


class StandinPeer:
    """standin_peer on a port that stays its own through kills, over TLS."""

    def __init__(self, folder, program=None, *arguments):
        self.program = program or TOP / "build/tests/standin_peer"
        self.credentials = pathlib.Path(folder) / "credentials"
        self.arguments = arguments
        self.process = None
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.start()

    def start(self):
        self.process = spawn([self.program, "--port", str(self.port), "--credentials", self.credentials,
                              *map(str, self.arguments)], stdout=subprocess.PIPE, text=True)
        words = self.process.stdout.readline().split()
        if words[:1] != ["listening"]:
            raise SystemExit(f"standin_peer did not start on port {self.port}")
        return int(words[3])

    def running(self):
        return self.process is not None

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()
        self.process = None

    def network(self, name="recorded", channel="ch1"):
        """The lines under `networks:` that follow this peer."""
        return (f"  {name}:\n    channel: {channel}\n    msp: Org1MSP\n"
                f'    peers: [{{address: "127.0.0.1:{self.port}", tls_ca: "{self.credentials}/tlsca.pem", name: peer0.org1.example.com}}]\n'
                f'    identity: {{certificate: "{self.credentials}/user.pem", key: "{self.credentials}/user.key"}}\n')


class Devnet:
    """`belfry devnet` until it is left or killed; `shape` is what it printed. Without a folder it keeps nothing."""

    def __init__(self, *flags, folder=None, program=None, **options):
        self.command = [program or TOP / "build/belfry", "devnet", "--ports", "free", "--json", *flags]
        self.command += ["--data", folder] if folder else ["--ephemeral"]
        self.options = options

    def __enter__(self):
        began = time.monotonic()
        self.process = spawn(list(map(str, self.command)), stdout=subprocess.PIPE, text=True, **self.options)
        line = self.process.stdout.readline()
        self.up = time.monotonic() - began
        if not line:
            raise SystemExit("the devnet did not start")
        self.shape = json.loads(line)
        return self

    def __exit__(self, *_):
        began = time.monotonic()
        self.process.terminate()
        if self.process.wait(60) != 0:
            raise SystemExit(f"the devnet ended with {self.process.returncode}")
        self.down = time.monotonic() - began

    def kill(self):
        self.process.kill()
        self.process.wait()

    def rss(self):
        """MiB"""
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmRSS"))) / 1024

    def cpu(self):
        """Seconds"""
        fields = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def organisation(self, peer):
        return pathlib.Path(self.shape["folder"]) / "peerOrganizations" / peer["name"].partition(".")[2]

    def client(self):
        """devnet_load's flags."""
        peer = self.shape["peers"][0]
        folder, at = pathlib.Path(self.shape["folder"]), self.organisation(peer)
        return ["--peer", peer["address"], "--peer-ca", at / "peers" / peer["name"] / "tls/ca.crt", "--peer-name", peer["name"],
                "--orderer", self.shape["orderer"], "--orderer-ca",
                folder / "ordererOrganizations/example.com/orderers/orderer.example.com/tls/ca.crt",
                "--orderer-name", "orderer.example.com", "--msp", at / f"users/User1@{at.name}/msp"]


class SmppServer:
    """The SMPP server of tests/sms, which writes each accepted text as a line."""

    def __init__(self, folder, *, times=False):
        self.lines = pathlib.Path(folder) / "texts"
        self.read = 0
        subprocess.run(["bash", TOP / "tests/sms/install.sh"], check=True)
        options = ["--times"] if times else []
        self.process = spawn(["node", TOP / "tests/sms/collector.mjs", *options, self.lines],
                             stdout=subprocess.PIPE, text=True)
        self.port = int(self.process.stdout.readline())

    def settings(self):
        """The line of belfry.yaml that sends here."""
        return f'sms: {{smpp: {{address: "127.0.0.1:{self.port}", system_id: belfry, password: secret}}}}'

    def take(self):
        """The lines since the last time."""
        with open(self.lines, "rb") as file:
            file.seek(self.read)
            data = file.read()
        data = data[:data.rfind(b"\n") + 1]
        self.read += len(data)
        return data.decode().splitlines()

    def stop(self):
        self.process.terminate()
        self.process.wait()
        self.process.stdout.close()
