"""belfry's client of Lambda's Runtime API for Python: loads a handler as Lambda does and calls it for each event.
Used where the official awslambdaric is not installed."""
import http.client
import importlib
import json
import logging
import os
import sys
import time
import traceback

BASE = "/2018-06-01/runtime/"
ADDRESS = os.environ["AWS_LAMBDA_RUNTIME_API"]
connection = http.client.HTTPConnection(ADDRESS)
request_id = ""


def call(method, target, body=None, headers=None):
    global connection
    try:
        connection.request(method, BASE + target, body, headers or {})
        response = connection.getresponse()
    except (http.client.HTTPException, OSError):
        connection.close()
        connection = http.client.HTTPConnection(ADDRESS)
        connection.request(method, BASE + target, body, headers or {})
        response = connection.getresponse()
    return response.status, response.headers, response.read()


class Failure(Exception):
    def __init__(self, kind, message):
        super().__init__(message)
        self.kind = kind


def described(error):
    if isinstance(error, Failure):
        return {"errorMessage": str(error), "errorType": error.kind, "requestId": request_id, "stackTrace": []}
    frames = [it for it in traceback.extract_tb(error.__traceback__) if it.filename != __file__]
    return {"errorMessage": str(error), "errorType": type(error).__name__, "requestId": request_id,
            "stackTrace": traceback.format_list(frames)}


def report(target, error):
    body = described(error)
    lines = [f"[ERROR] {body['errorType']}: {body['errorMessage']}"]
    if body["stackTrace"]:
        lines += ["Traceback (most recent call last):"] + [it.rstrip("\n") for it in body["stackTrace"]]
    print("\n".join(lines), flush=True)
    call("POST", target, json.dumps(body).encode(),
         {"Content-Type": "application/json", "Lambda-Runtime-Function-Error-Type": body["errorType"]})


def load(handler):
    module_name, dot, name = handler.rpartition(".")
    if not dot or not module_name:
        raise Failure("Runtime.MalformedHandlerName", f"Bad handler '{handler}': not enough values to unpack (expected 2, got 1)")
    try:
        module = importlib.import_module(module_name.replace("/", "."))
    except ImportError as error:
        raise Failure("Runtime.ImportModuleError", f"Unable to import module '{module_name}': {error}")
    except SyntaxError as error:
        raise Failure("Runtime.UserCodeSyntaxError", f"Syntax error in module '{module_name}': {error}")
    try:
        return getattr(module, name)
    except AttributeError:
        raise Failure("Runtime.HandlerNotFound", f"Handler '{name}' missing on module '{module_name}'")


class Context:
    def __init__(self, headers):
        environment = os.environ
        self.aws_request_id = headers["Lambda-Runtime-Aws-Request-Id"]
        self.invoked_function_arn = headers["Lambda-Runtime-Invoked-Function-Arn"]
        self.function_name = environment["AWS_LAMBDA_FUNCTION_NAME"]
        self.function_version = environment["AWS_LAMBDA_FUNCTION_VERSION"]
        self.memory_limit_in_mb = environment["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"]
        self.log_group_name = environment["AWS_LAMBDA_LOG_GROUP_NAME"]
        self.log_stream_name = environment["AWS_LAMBDA_LOG_STREAM_NAME"]
        client = headers.get("Lambda-Runtime-Client-Context")
        self.client_context = json.loads(client) if client else None
        self.identity = None
        self._deadline = int(headers["Lambda-Runtime-Deadline-Ms"])

    def get_remaining_time_in_millis(self):
        return max(0, self._deadline - int(time.time() * 1000))


class Lines(logging.Formatter):
    """Log records as Lambda prints them."""
    converter = time.gmtime

    def format(self, record):
        when = f"{time.strftime('%Y-%m-%dT%H:%M:%S', self.converter(record.created))}.{int(record.msecs):03d}Z"
        record.message = record.getMessage()
        text = f"[{record.levelname}]\t{when}\t{request_id}\t{record.message}"
        if record.exc_info:
            text += "\n" + self.formatException(record.exc_info)
        return text


def main():
    global request_id
    sys.path.insert(0, os.environ["LAMBDA_TASK_ROOT"])
    output = logging.StreamHandler(sys.stdout)
    output.setFormatter(Lines())
    logging.getLogger().addHandler(output)
    try:
        handler = load(os.environ["_HANDLER"])
    except BaseException as error:
        report("init/error", error)
        sys.exit(1)
    while True:
        status, headers, event = call("GET", "invocation/next")
        if status != 200:
            sys.exit(1)
        request_id = headers["Lambda-Runtime-Aws-Request-Id"]
        trace = headers.get("Lambda-Runtime-Trace-Id")
        if trace:
            os.environ["_X_AMZN_TRACE_ID"] = trace
        else:
            os.environ.pop("_X_AMZN_TRACE_ID", None)
        mine = f"invocation/{request_id}/"
        try:
            try:
                result = json.dumps(handler(json.loads(event), Context(headers)), ensure_ascii=False)
            except (TypeError, ValueError) as error:
                if error.__traceback__.tb_next and error.__traceback__.tb_next.tb_frame.f_globals.get("__name__", "").startswith("json"):
                    raise Failure("Runtime.MarshalError", f"Unable to marshal response: {error}")
                raise
            call("POST", mine + "response", result.encode(), {"Content-Type": "application/json"})
        except Exception as error:
            report(mine + "error", error)


main()
