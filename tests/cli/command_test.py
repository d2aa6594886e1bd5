#!/usr/bin/env python3
"""The command line itself: help, mistakes, exit codes, terminal and pipe, check, schema, completion."""
import json
import re
import subprocess

from support import PROJECT, CliTest, main, on_terminal

COMMANDS = ["run", "check", "events", "status", "outbox", "replay", "queue", "secret", "schema", "completion", "version"]


class Help(CliTest):
    def test_the_bare_command_invites(self):
        out, _ = self.belfry()
        for command in COMMANDS:
            self.assertIn(f"belfry {command}", out)
        self.assertEqual(out, self.belfry("--help")[0])

    def test_every_command_has_examples(self):
        for command in COMMANDS:
            out, _ = self.belfry(command, "--help")
            self.assertIn("Examples:", out, command)
            self.assertIn(f"Usage: belfry {command}", out)

    def test_version(self):
        self.assertRegex(self.belfry("version")[0], r"^belfry \d+\.\d+\.\d+\n$")
        self.assertEqual(self.belfry("version"), self.belfry("--version"))


class Misuse(CliTest):
    def test_an_unknown_command_names_the_nearest(self):
        _, err = self.belfry("evnets", code=2)
        self.assertEqual(err, "belfry: there is no command 'evnets'; did you mean 'events'?\n")

    def test_an_unknown_option(self):
        _, err = self.belfry("status", "--colour", code=2)
        self.assertIn("--colour", err)

    def test_a_wrong_choice_names_the_nearest(self):
        _, err = self.belfry("status", "--output", "jsn", code=2)
        self.assertIn("'jsn' is none of table, json, yaml; did you mean 'json'?", err)

    def test_a_missing_argument(self):
        _, err = self.belfry("events", code=2)
        self.assertIn("SOURCE", err)


class TerminalAndPipe(CliTest):
    def test_colours_only_on_a_terminal(self):
        self.assertNotIn("\x1b", self.belfry()[0])
        self.assertIn("\x1b[", on_terminal([], self.folder))
        self.assertNotIn("\x1b", on_terminal([], self.folder, NO_COLOR="1"))

    def test_events_are_a_table_on_a_terminal(self):
        shown = on_terminal(["events", "mychannel.blockfile", "--limit", "2"], self.folder, NO_COLOR="1")
        self.assertIn("donationCreated", shown)
        self.assertIn("2 events", shown)
        self.assertNotIn('"kind"', shown)


class Check(CliTest):
    def test_a_good_file(self):
        out, _ = self.belfry("check")
        self.assertIn("belfry.yaml is good: 1 network, 1 listener, 2 queues, 1 function, 1 topic, 2 subscriptions", out)

    def test_all_mistakes_with_their_places(self):
        self.change("to: topic:news", "too: topic:news")
        self.change("queue: dead,", "queue: daed,")
        self.change('"+15555550100"', "call me")
        _, err = self.belfry("check", code=2)
        self.assertEqual(err, "belfry.yaml:9:36: there is no queue 'daed'; did you mean 'dead'?\n"
                              "belfry.yaml:15:5: 'too' is no key of a function; did you mean 'to'?\n"
                              "belfry.yaml:19:35: 'call me' is no phone number: it does not begin with a plus and the country code, as in +15555550100\n"
                              "belfry: 3 mistakes in belfry.yaml: nothing was started\n")

    def test_no_file(self):
        _, err = self.belfry("check", "elsewhere.yaml", code=2)
        self.assertIn("elsewhere.yaml", err)

    def test_connect_to_block_files(self):
        out, _ = self.belfry("check", "--connect")
        self.assertIn("channel mychannel has 227 blocks", out)

    def test_connect_where_nobody_is(self):
        self.change("{blocks: mychannel.blockfile}", "{blocks: empty}")
        (self.folder / "empty").write_bytes(b"")
        self.belfry("check", "--connect", code=1)

    def test_against_recorded_blocks(self):
        out, _ = self.belfry("check", "--against", "mychannel.blockfile", "--limit", "1")
        self.assertIn("listener donations sends 1,800 events to queue:donations", out)
        self.assertIn("topic news tells +15555550100 1,800 times", out)
        # Which comes first is open: the function handles several at once.
        self.assertRegex(out, r"tells \+15555550100 1,800 times\n    donor\d+ gave \$\d+\n")
        self.assertFalse((self.folder / "belfry-data").exists())

    def test_against_tells_what_would_be_dead_letters(self):
        self.change("{{payload.donationAmount}}", "{{payload.amount}}")
        out, _ = self.belfry("check", "--against", "mychannel.blockfile", "--limit", "1", code=1)
        self.assertIn("1800 messages would become dead letters", out)
        self.assertIn("payload.amount", out)


class Schema(CliTest):
    def test_is_json_with_every_part(self):
        schema = json.loads(self.belfry("schema")[0])
        password = schema["properties"]["sms"]["properties"]["smpp"]["properties"]["password"]
        self.assertEqual([it.get("required") for it in password["anyOf"]], [None, ["secret"]])
        self.assertEqual(set(schema["properties"]), {"networks", "listeners", "queues", "functions", "topics", "sms", "smtp", "webhooks", "push", "data", "admin", "log", "limits", "aws", "cloud", "secrets"})

    def test_the_reference_in_docs_is_this_one(self):
        self.assertEqual((PROJECT / "docs/configuration.md").read_text(), self.belfry("schema", "--output", "markdown")[0])


class Completion(CliTest):
    def test_each_shell_gets_every_command(self):
        for shell in ("bash", "zsh", "fish"):
            script, _ = self.belfry("completion", shell)
            for command in COMMANDS:
                self.assertTrue(re.search(rf"\b{command}\b", script), f"{shell} {command}")

    def test_bash_completes(self):
        script, _ = self.belfry("completion", "bash")
        done = subprocess.run(["bash", "-c", script + '\nCOMP_WORDS=(belfry queue re); COMP_CWORD=2; _belfry; echo "${COMPREPLY[@]}"'],
                              capture_output=True, text=True)
        self.assertEqual(done.stdout.strip(), "redrive", done.stderr)

    def test_another_shell(self):
        self.belfry("completion", "csh", code=2)


if __name__ == "__main__":
    main()
