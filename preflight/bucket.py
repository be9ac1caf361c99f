"""Tries a bucket as the web UI will use it. Reads from standard input, as JSON, the arguments of the client and what to do; prints what it has found.

  step   what failed: connect, write, read, same, delete; null when nothing did
  code   of the server's error, or its name
  text   what the server or the connection says
"""

import json
import os
import sys
import uuid

asked = json.load(sys.stdin)
os.environ.update(asked["environment"])

import boto3  # noqa: E402
from botocore.config import Config  # noqa: E402
from botocore.exceptions import BotoCoreError, ClientError  # noqa: E402


def end(step, code=None, text=None):
    print(json.dumps({"step": step, "code": code, "text": text}))
    sys.exit()


step = "connect"
try:
    client = boto3.client(
        "s3",
        **asked["client"],
        config=Config(
            s3={"addressing_style": asked["addressing"]},
            connect_timeout=10,
            read_timeout=15,
            retries={"total_max_attempts": 2},
            # As the web UI has it: many servers other than AWS know no checksums.
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
        ),
    )
    bucket = asked["bucket"]
    if asked["look"]:
        step = "read"
        client.list_objects_v2(Bucket=bucket, MaxKeys=1, Prefix=asked["prefix"] + "/")
        end(None)
    # One name for all updates, so that a bucket with versions has one object more and not many.
    key, content = asked["prefix"] + "/.open-webui-probe", uuid.uuid4().bytes
    step = "write"
    client.put_object(Bucket=bucket, Key=key, Body=content)
    step = "read"
    if client.get_object(Bucket=bucket, Key=key)["Body"].read() != content:
        end("same")
    step = "delete"
    client.delete_object(Bucket=bucket, Key=key)
    end(None)
except ClientError as error:
    found = error.response.get("Error", {})
    end(step, found.get("Code"), found.get("Message") or str(error))
except (BotoCoreError, ValueError) as error:
    end(step if step == "connect" else "connect", type(error).__name__, str(error))
