#!/usr/bin/env python3
"""The AWS post's eight steps on this machine, each named, timed and checked: from a Fabric network with the donation application's
first version to a text message for each donation; then a handler that fails and is mended, and a listener that is killed.

    examples/ngo/demo.py build [--fabric] [--keep]

The network is belfry devnet, or Fabric's own peers and orderer from FABRIC_BIN and FABRIC_CFG_PATH. Exit code 1 if anything is not as it
should be.
"""
import argparse
import json
import pathlib
import signal
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path += [str(HERE.parent), str(HERE.parent.parent / "tests/fabric")]
from running import Belfry  # noqa: E402
from terminal import bold, cyan, dim, green, red, say  # noqa: E402

USER = "dev/fabricOrgs/org1/eventListenerUser"
BOARD, TREASURER = "+15555550100", "+15555550101"


class Wrong(Exception):
    pass


class Story:
    """Says what happens, how long it took, and what was wrong."""

    def __init__(self):
        self.began = time.monotonic()

    def step(self, number, title, action):
        before = time.monotonic()
        said = action()
        say(f"{cyan(number):>12} {bold(f'{title:22}')} {said or ''} {dim(f'{time.monotonic() - before:.2f} s')}")

    def note(self, text):
        say(f"      {text}")

    def check(self, fine, what):
        if not fine:
            raise Wrong(what)
        say(f"      {green('✓')} {what}")


def wait_for(condition, what, seconds=120):
    end = time.monotonic() + seconds
    while not (found := condition()):
        if time.monotonic() > end:
            raise Wrong(f"{what} never came")
        time.sleep(0.01)
    return found


def wait_for_enter():
    try:
        input()
    except EOFError:  # nobody is at a keyboard: until a signal
        signal.pause()


class Demo:
    def __init__(self, build, folder, network):
        self.build, self.folder, self.network = build, folder, network
        self.belfry = Belfry(build / "belfry", folder)
        self.story = Story()
        self.donations = 0

    # What the steps do. Each returns what to say.

    def user(self):
        said = self.network.enroll(self.belfry, USER)
        kept = self.belfry.run("secret", "list")
        if not all(f"{USER}/{part}" in kept for part in ("signcert", "pk")):
            raise Wrong(f"secrets has not both halves of {USER}: {kept}")
        return said

    def configure(self):
        self.config = (HERE / "belfry.yaml").read_text()
        self.write(self.config)
        self.belfry.environment = self.network.settings()
        self.belfry.run("check")
        return "donations, and its dead letters, in belfry.yaml"

    def write(self, text):
        (self.folder / "belfry.yaml").write_text(text)

    def task(self):
        self.belfry.start()
        wait_for(lambda: self.belfry.status()["listeners"][0]["lag_blocks"] == 0, "the listener's end of the chain")
        return "follows the channel"

    def shown(self, kind, name):
        """Part of the running belfry's status."""
        found = [one for one in self.belfry.status()[kind] if one["name"] == name]
        if not found:
            raise Wrong(f"belfry has no {name} among its {kind}")
        return found[0]

    def topic(self):
        """What the running belfry says of the topic's phones."""
        phones = {one["endpoint"] for one in self.belfry.status()["subscriptions"] if one["topic"] == "news"}
        if phones != {BOARD, TREASURER}:
            raise Wrong(f"the topic's phones are {phones}")
        return f"news → {BOARD}, and {TREASURER} from $1000"

    def dead(self):
        return self.shown("queues", "donations-dead")["visible"]

    # What people do.

    def register(self):
        self.network.submit("createDonor", donorUserName="edge", email="edge@def.com")
        self.network.submit("createNGO", ngoRegistrationNumber="1234", ngoName="Animal Shelters", ngoDescription="We help pets in need",
                            address="123 Pet Street", contactNumber="55555555", contactEmail="animal@animals.com")

    def donate(self, amount):
        self.donations += 1
        self.network.submit("createDonation", donationId=str(9998 + self.donations), donationAmount=amount,
                            donationDate="2020-03-22T11:52:20.182Z", donorUserName="edge", ngoRegistrationNumber="1234")

    def texts(self, phone):
        return [one["text"] for one in self.belfry.outbox() if one["to"] == phone]

    def arrives(self, phone, count):
        return wait_for(lambda: len(self.texts(phone)) >= count and self.texts(phone), f"text message {count} for {phone}")

    # The story.

    def play(self):
        step, note, check = self.story.step, self.story.note, self.story.check
        step("0", "network", self.network.start)
        step("", "application", lambda: self.network.deploy(self.build / "examples/ngo/ngo_v1", "1", 1))
        self.register()
        self.donate("50")
        note("someone donated $50, and nobody was told")
        say()
        step("1", "user", self.user)
        step("2", "listener's image", lambda: f"none: it is {self.build / 'belfry'}")
        step("3", "queue", self.configure)
        step("4, 5", "service and task", self.task)
        step("6", "topic with phones", self.topic)
        step("7", "function", lambda: f"{self.shown('functions', 'announce')['name']} turns events into text messages")
        step("8", "chaincode upgrade", lambda: self.network.deploy(self.build / "examples/ngo/ngo_v2", "2", 2))
        say()
        self.donate("100")
        committed = time.monotonic()
        texts = self.arrives(BOARD, 1)
        note(f"{bold(BOARD)}  {texts[0]}  {dim(f'{(time.monotonic() - committed) * 1000:.0f} ms after the commit was reported')}")
        check(texts == ["edge just donated $100!"], "the donation reached the phone, and the one before the upgrade did not")
        check(self.texts(TREASURER) == [], "the treasurer hears only of large ones")
        say()
        self.broken_handler()
        say()
        self.kill()
        say(f"\n{green('All as it should be')}, in {time.monotonic() - self.story.began:.1f} s.")

    def broken_handler(self):
        note, check = self.story.note, self.story.check
        say(bold("A handler that fails"))
        self.belfry.stop()
        self.write(self.config.replace("{{createdBy}} just", "{{creator}} just"))
        self.belfry.start()
        self.donate("2500")
        wait_for(lambda: self.dead() == 1, "the dead letter")
        check(True, "the message is among the dead letters, not lost")
        letter, = json.loads(self.belfry.run("queue", "peek", "donations-dead", "--output", "json"))
        note(dim("belfry queue peek donations-dead"))
        note(letter["system"]["belfry.reason"])
        self.belfry.stop()
        self.write(self.config)
        self.belfry.start()
        self.belfry.run("queue", "redrive", "donations-dead")
        note(dim("the template is mended; belfry queue redrive donations-dead"))
        texts = self.arrives(BOARD, 2)
        note(f"{bold(BOARD)}  {texts[1]}")
        check(texts[1] == "edge just donated $2500!" and len(self.arrives(TREASURER, 1)) == 1, "the board and the treasurer were told")
        wait_for(lambda: self.dead() == 0, "the end of the dead letters")
        check(True, "no dead letters are left")

    def kill(self):
        note, check = self.story.note, self.story.check
        say(bold("A listener that is killed"))
        self.belfry.stop(signal.SIGKILL)
        note(dim("kill -9; a donation is made; belfry is started again"))
        self.donate("75")
        self.belfry.start()
        texts = self.arrives(BOARD, 3)
        wait_for(lambda: self.belfry.status()["listeners"][0]["lag_blocks"] == 0 and self.shown("queues", "donations")["visible"] == 0
                 and self.shown("queues", "donations")["in_flight"] == 0, "a quiet belfry")
        note(f"{bold(BOARD)}  {texts[2]}")
        check(self.texts(BOARD) == ["edge just donated $100!", "edge just donated $2500!", "edge just donated $75!"],
              "each donation rang once: nothing is lost, nothing comes twice")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("--fabric", action="store_true", help="on Fabric's own programs")
    parser.add_argument("--keep", action="store_true", help="leave everything running until Enter")
    arguments = parser.parse_args()
    build = arguments.build.resolve()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # as Ctrl-C does: everything is ended and removed
    with tempfile.TemporaryDirectory(prefix="belfry-demo-") as place:
        folder = pathlib.Path(place)
        if arguments.fabric:
            from fabric_network import FabricNetwork
            network = FabricNetwork(folder / "network")
        else:
            from devnet_network import DevnetNetwork
            network = DevnetNetwork(build / "belfry", folder / "network")
        demo = Demo(build, folder, network)
        try:
            demo.play()
            if arguments.keep:
                say(f"\nbelfry's admin API: http://{demo.belfry.address}   folder: {folder}   Enter ends it.")
                wait_for_enter()
        except Wrong as wrong:
            say(f"      {red('✗')} {wrong}")
            return 1
        except KeyboardInterrupt:
            return 130
        finally:
            demo.belfry.stop(signal.SIGKILL)
            network.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
