"""Handlers of every style, under belfry's own clients of the Runtime API and under AWS's official ones, and in C++."""
import json
import os
import shutil
import unittest

import support

FUNCTION = "  {name}: {{from: queue:q, lambda: {{handler: {handler}, runtime: {runtime}, code: {code}, timeout: 60s, memory: 512MiB, concurrency: 1}}}}\n"


def config(functions):
    """functions: name → (handler, runtime, code)."""
    return "aws: {}\nqueues: {q: {visibility_timeout: 60s}}\nfunctions:\n" + "".join(
        FUNCTION.format(name=name, handler=handler, runtime=runtime, code=code) for name, (handler, runtime, code) in functions.items())


class Runtimes(unittest.TestCase):
    def start(self, functions):
        belfry = support.Belfry(config(functions))
        self.addCleanup(belfry.stop)
        api = belfry.client("lambda")

        def invoke(name, event={}):
            answer = api.invoke(FunctionName=name, Payload=json.dumps(event))
            return json.load(answer["Payload"]), answer.get("FunctionError")
        return belfry, invoke

    def check_node(self, invoke):
        result, error = invoke("plain", {"a": 1})
        self.assertIsNone(error)
        self.assertEqual((result["event"], result["name"], result["memory"]), ({"a": 1}, "plain", "512"))
        self.assertGreater(result["left"], 0)
        result, error = invoke("plain", {"fail": "told to"})
        self.assertEqual((error, result["errorType"], result["errorMessage"]), ("Unhandled", "TypeError", "told to"))
        self.assertEqual(invoke("plain")[0]["count"], 3)
        for name in ("promise", "callback"):
            self.assertEqual(invoke(name, {"b": 2}), ({"b": 2}, None))
        self.assertEqual(invoke("error")[0]["errorType"], "RangeError")
        self.assertEqual(invoke("early"), ("early", None))
        self.assertEqual(invoke("done"), ("done", None))
        self.assertEqual(invoke("nothing"), (None, None))
        self.assertEqual(invoke("nested"), ("deep", None))
        self.assertEqual(invoke("rejects")[1], "Unhandled")
        self.assertEqual(invoke("later")[1], "Unhandled")
        self.assertEqual(invoke("module", 5), ({"module": True, "event": 5}, None))
        self.assertEqual(invoke("broken")[0]["errorType"], "Runtime.UserCodeSyntaxError")
        self.assertEqual(invoke("throws")[0]["errorMessage"], "not today")
        self.assertEqual(invoke("missing")[0]["errorType"], "Runtime.HandlerNotFound")
        self.assertEqual(invoke("plain", {"exit": 5})[0]["errorType"], "Runtime.ExitError")
        self.assertEqual(invoke("plain")[0]["count"], 1)

    def node_functions(self, code):
        return {"plain": ("index.handler", "nodejs", code), "module": ("module.handler", "nodejs", code), "broken": ("broken.handler", "nodejs", code),
                "throws": ("throws.handler", "nodejs", code), "missing": ("index.nothere", "nodejs", code),
                **{name: (f"styles.{name}", "nodejs", code) for name in ("promise", "callback", "error", "early", "done", "nothing", "rejects", "later")},
                "nested": ("styles.nested.deep.handler", "nodejs", code)}

    def check_python(self, invoke):
        result, error = invoke("value", {"a": 1})
        self.assertEqual((error, result["event"], result["name"]), (None, {"a": 1}, "value"))
        result, error = invoke("fails")
        self.assertEqual((error, result["errorType"], result["errorMessage"]), ("Unhandled", "ValueError", "not like this"))
        self.assertIn("styles.py", "".join(result["stackTrace"]))
        self.assertEqual(invoke("unserialisable")[0]["errorType"], "Runtime.MarshalError")
        self.assertEqual(invoke("exits")[0]["errorType"], "Runtime.ExitError")
        self.assertEqual(invoke("absent")[0]["errorType"], "Runtime.HandlerNotFound")

    def python_functions(self, code):
        return {name: (f"styles.{name}", "python", code) for name in ("value", "fails", "unserialisable", "exits", "absent")}

    def test_own_client_for_node(self):
        _, invoke = self.start(self.node_functions(support.HANDLERS / "plain"))
        self.check_node(invoke)

    def test_official_client_for_node(self):
        belfry, invoke = self.start(self.node_functions(support.HANDLERS / "plain"))
        installed = belfry.folder / "belfry-data/functions/.runtimes/nodejs"
        installed.mkdir(parents=True)
        os.symlink(support.HERE / "ric/node_modules", installed / "node_modules")
        self.check_node(invoke)

    def test_own_client_for_python(self):
        _, invoke = self.start(self.python_functions(support.HANDLERS / "python"))
        self.check_python(invoke)

    def test_official_client_for_python(self):
        import awslambdaric
        belfry, invoke = self.start(self.python_functions(support.HANDLERS / "python"))
        packages = os.path.dirname(os.path.dirname(awslambdaric.__file__))
        os.symlink(packages, belfry.folder / "belfry-data/functions/.runtimes/python")
        self.check_python(invoke)

    def test_a_bootstrap_in_cpp(self):
        folder = os.path.join(os.path.dirname(os.environ["BOOTSTRAP"]), "lambda-bootstrap")
        os.makedirs(folder, exist_ok=True)
        shutil.copy(os.environ["BOOTSTRAP"], os.path.join(folder, "bootstrap"))
        belfry, invoke = self.start({"cpp": ("any", "provided.al2023", folder)})
        self.assertEqual(invoke("cpp", {"a": 1}), ({"bytes": 8}, None))
        self.assertIn("C++ has 8 bytes", belfry.command("function", "logs", "cpp").stdout)

    def test_time_and_memory_have_bounds(self):
        belfry = support.Belfry(config(self.node_functions(support.HANDLERS / "plain")).replace("timeout: 60s, memory: 512MiB", "timeout: 3s, memory: 256MiB"))
        self.addCleanup(belfry.stop)
        api = belfry.client("lambda")
        late = json.load(api.invoke(FunctionName="plain", Payload=b'{"sleep": 100000}')["Payload"])
        self.assertRegex(late["errorMessage"], r"^RequestId: \S+ Error: Task timed out after 3.00 seconds$")
        big = json.load(api.invoke(FunctionName="plain", Payload=b'{"eat": 1000, "sleep": 100000}')["Payload"])
        self.assertIn(big["errorType"], ("Runtime.OutOfMemory", "Sandbox.Timedout"))  # a slow machine may not get so far
        log = belfry.command("function", "logs", "plain").stdout
        self.assertIn("Task timed out after 3.00 seconds", log)


if __name__ == "__main__":
    unittest.main()
