"""Looks at the web UI's bucket with its own variables. Prints as JSON what it has found.

  files.py NAME   the SHA-256 of an object below the prefix
  files.py        writes an object, reads it and removes it; the SHA-256 of what was read, and of what was written
"""

import hashlib
import json
import os
import sys

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError


def digest(content):
    return hashlib.sha256(content).hexdigest()


client = boto3.client(
    "s3",
    endpoint_url=os.environ.get("S3_ENDPOINT_URL"),
    region_name=os.environ.get("S3_REGION_NAME"),
    aws_access_key_id=os.environ.get("S3_ACCESS_KEY_ID"),
    aws_secret_access_key=os.environ.get("S3_SECRET_ACCESS_KEY"),
    config=Config(
        s3={"addressing_style": os.environ.get("S3_ADDRESSING_STYLE")},
        connect_timeout=5,
        read_timeout=10,
        retries={"total_max_attempts": 2},
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
    ),
)
bucket, prefix = os.environ["S3_BUCKET_NAME"], os.environ.get("S3_KEY_PREFIX", "")
written = None
name = next(iter(sys.argv[1:]), None)
try:
    if name is None:
        # Always the same: where a write comes late, because the server did not answer, the next proof takes it away.
        name, content = ".open-webui-verify", b"Written by verify, which removes it."
        client.put_object(Bucket=bucket, Key=prefix + name, Body=content)
        written = digest(content)
    read = digest(client.get_object(Bucket=bucket, Key=prefix + name)["Body"].read())
    if written:
        client.delete_object(Bucket=bucket, Key=prefix + name)
    print(json.dumps({"read": read, "written": written}))
except (BotoCoreError, ClientError) as error:
    print(json.dumps({"error": str(error)}))
