#!/usr/bin/env python3
"""Fabric's own programs as clients of `belfry devnet`: peer (channel list, getinfo, fetch, signconfigtx, update), osnadmin
(list, join, remove), configtxgen and configtxlator (every block of the devnet decodes, an update is computed and applied).
Needs FABRIC_BIN and FABRIC_CFG_PATH; skipped (77) without."""
import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
import network  # noqa: E402

BELFRY = os.environ.get("BELFRY", HERE.parent.parent / "build/belfry")


class Devnet:
    def __init__(self, *options):
        self.process = subprocess.Popen([BELFRY, "devnet", "--ephemeral", "--ports", "free", "--json", *options],
                                        stdout=subprocess.PIPE, text=True)
        line = self.process.stdout.readline()
        assert line, "the devnet did not start"
        self.facts = json.loads(line)
        self.folder = pathlib.Path(self.facts["folder"])
        self.cafile = self.folder / "ordererOrganizations/example.com/orderers/orderer.example.com/tls/ca.crt"

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(30) == 0
        assert not self.folder.exists(), "an ephemeral folder goes away"

    def peer(self, org, *arguments, check=True):
        env = {**os.environ, "FABRIC_CFG_PATH": str(network.CONFIG), "FABRIC_LOGGING_SPEC": "warning",
               **self.facts["environment"][f"Org{org}MSP"]}
        done = subprocess.run([network.BIN / "peer", *map(str, arguments)], env=env, capture_output=True, text=True)
        if check and done.returncode:
            raise RuntimeError(f"peer {' '.join(map(str, arguments))}: {done.stderr[-800:]}")
        return done.stdout + done.stderr

    def as_orderer_admin(self, *arguments):
        env = {**os.environ, "FABRIC_CFG_PATH": str(network.CONFIG), "FABRIC_LOGGING_SPEC": "warning",
               **self.facts["environment"]["Org1MSP"], "CORE_PEER_LOCALMSPID": "OrdererMSP",
               "CORE_PEER_MSPCONFIGPATH": str(self.folder / "ordererOrganizations/example.com/users/Admin@example.com/msp")}
        done = subprocess.run([network.BIN / "peer", *map(str, arguments)], env=env, capture_output=True, text=True)
        if done.returncode:
            raise RuntimeError(f"peer {' '.join(map(str, arguments))}: {done.stderr[-800:]}")
        return done.stdout + done.stderr

    def orderer_flags(self):
        return ["-o", self.facts["orderer"], "--tls", "--cafile", self.cafile]


def tool(name, *arguments, ok=(0,)):
    done = subprocess.run([network.BIN / name, *map(str, arguments)], capture_output=True, text=True,
                          env={**os.environ, "FABRIC_CFG_PATH": str(network.CONFIG)})
    if done.returncode not in ok:
        raise RuntimeError(f"{name} {arguments}: {done.stdout[-500:]} {done.stderr[-800:]}")
    return done.stdout


def decode(kind, path):
    return json.loads(tool("configtxlator", "proto_decode", f"--input={path}", f"--type={kind}"))


def encode(kind, value, path):
    source = path.with_suffix(".json")
    source.write_text(json.dumps(value))
    tool("configtxlator", "proto_encode", f"--input={source}", f"--type={kind}", f"--output={path}")


def check_channel(devnet, work):
    assert "mychannel" in devnet.peer(1, "channel", "list")
    assert '"height":1' in devnet.peer(2, "channel", "getinfo", "-c", "mychannel")
    for where in ([], devnet.orderer_flags()):
        devnet.peer(1, "channel", "fetch", "0", work / "zero.block", "-c", "mychannel", *where)
        block = decode("common.Block", work / "zero.block")
        assert block["header"]["number"] in ("0", 0), block["header"]
    groups = block["data"]["data"][0]["payload"]["data"]["config"]["channel_group"]["groups"]
    assert set(groups) == {"Application", "Orderer"}, groups.keys()
    assert set(groups["Application"]["groups"]) == {"Org1MSP", "Org2MSP"}


def check_update(devnet, work):
    devnet.peer(1, "channel", "fetch", "config", work / "config.block", "-c", "mychannel", *devnet.orderer_flags())
    config = decode("common.Block", work / "config.block")["data"]["data"][0]["payload"]["data"]["config"]
    encode("common.Config", config, work / "before.pb")
    config["channel_group"]["groups"]["Orderer"]["values"]["BatchSize"]["value"]["max_message_count"] = 7
    encode("common.Config", config, work / "after.pb")
    tool("configtxlator", "compute_update", "--channel_id", "mychannel", "--original", work / "before.pb", "--updated",
         work / "after.pb", "--output", work / "update.pb")
    update = decode("common.ConfigUpdate", work / "update.pb")
    envelope = {"payload": {"header": {"channel_header": {"channel_id": "mychannel", "type": 2}},
                            "data": {"config_update": update}}}
    encode("common.Envelope", envelope, work / "update.tx")
    refused = devnet.peer(1, "channel", "update", "-f", work / "update.tx", "-c", "mychannel", *devnet.orderer_flags(),
                          check=False)
    assert "policy for [Value]  /Channel/Orderer/BatchSize not satisfied" in refused, refused
    devnet.as_orderer_admin("channel", "update", "-f", work / "update.tx", "-c", "mychannel", *devnet.orderer_flags())
    network.retry(lambda: devnet.peer(1, "channel", "fetch", "1", work / "one.block", "-c", "mychannel"))
    one = decode("common.Block", work / "one.block")
    made = one["data"]["data"][0]["payload"]["data"]["config"]
    assert made["sequence"] in ("1", 1), made["sequence"]
    size = made["channel_group"]["groups"]["Orderer"]["values"]["BatchSize"]["value"]
    assert size["max_message_count"] == 7, size
    assert one["metadata"]["metadata"][2] == "AA==", "the peer says it is valid"


def check_osnadmin(devnet, work):
    where = ["-o", devnet.facts["participation"]]
    for flag, file in devnet.facts["osnadmin"].items():
        where += [f"--{flag}", file]
    assert "mychannel" in tool("osnadmin", "channel", "list", *where)
    profile = f"""
Organizations:
  - &Orderer
    Name: OrdererMSP
    ID: OrdererMSP
    MSPDir: {devnet.folder}/ordererOrganizations/example.com/msp
    Policies: &any
      Readers: {{Type: Signature, Rule: "OR('OrdererMSP.member', 'Org1MSP.member')"}}
      Writers: {{Type: Signature, Rule: "OR('OrdererMSP.member', 'Org1MSP.member')"}}
      Admins: {{Type: Signature, Rule: "OR('OrdererMSP.admin', 'Org1MSP.admin')"}}
      Endorsement: {{Type: Signature, Rule: "OR('Org1MSP.peer')"}}
    OrdererEndpoints: ["{devnet.facts['orderer']}"]
  - &Org1
    Name: Org1MSP
    ID: Org1MSP
    MSPDir: {devnet.folder}/peerOrganizations/org1.example.com/msp
    Policies: *any
Profiles:
  Channel:
    Policies: &meta
      Readers: {{Type: ImplicitMeta, Rule: "ANY Readers"}}
      Writers: {{Type: ImplicitMeta, Rule: "ANY Writers"}}
      Admins: {{Type: ImplicitMeta, Rule: "MAJORITY Admins"}}
      Endorsement: {{Type: ImplicitMeta, Rule: "MAJORITY Endorsement"}}
      LifecycleEndorsement: {{Type: ImplicitMeta, Rule: "MAJORITY Endorsement"}}
      BlockValidation: {{Type: ImplicitMeta, Rule: "ANY Writers"}}
    Capabilities: {{V2_0: true}}
    Orderer:
      OrdererType: etcdraft
      BatchTimeout: 200ms
      BatchSize: {{MaxMessageCount: 10, AbsoluteMaxBytes: 10 MB, PreferredMaxBytes: 2 MB}}
      EtcdRaft:
        Consenters:
        - {{Host: localhost, Port: 7050, ClientTLSCert: {devnet.cafile}, ServerTLSCert: {devnet.cafile}}}
      Organizations: [*Orderer]
      Policies: *meta
      Capabilities: {{V2_0: true}}
    Application:
      Organizations: [*Org1]
      Policies: *meta
      Capabilities: {{V2_5: true}}
"""
    (work / "configtx.yaml").write_text(profile)
    tool("configtxgen", "-profile", "Channel", "-channelID", "second", "-outputBlock", work / "second.block", "-configPath", work)
    joined = tool("osnadmin", "channel", "join", "--channelID", "second", "--config-block", work / "second.block", *where)
    assert "Status: 201" in joined, joined
    again = tool("osnadmin", "channel", "join", "--channelID", "second", "--config-block", work / "second.block", *where)
    assert "Status: 405" in again, again
    devnet.peer(1, "channel", "join", "-b", work / "second.block")
    assert "second" in devnet.peer(1, "channel", "list")
    assert "second" not in devnet.peer(2, "channel", "list")
    removed = tool("osnadmin", "channel", "remove", "--channelID", "second", *where)
    assert "Status: 204" in removed, removed


def main():
    if not network.available():
        print("skipped: FABRIC_BIN and FABRIC_CFG_PATH name no Fabric")
        return 77
    with tempfile.TemporaryDirectory() as folder:
        devnet = Devnet()
        try:
            for check in (check_channel, check_update, check_osnadmin):
                check(devnet, pathlib.Path(folder))
                print(f"{check.__name__}: good, with Fabric {network.version()}")
        finally:
            devnet.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
