import logging
import sys


def value(event, context):
    logging.getLogger().warning("logged %s", event)
    return {"event": event, "name": context.function_name, "id": context.aws_request_id}


def fails(event, context):
    raise ValueError("not like this")


def unserialisable(event, context):
    return {"a": {1, 2}}


def exits(event, context):
    sys.exit(3)
