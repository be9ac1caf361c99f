"""Tests whether the kernel supports the encryption of overlay networks: ESP with AES-GCM. Runs in a network namespace of its own.

Reads nothing, and prints as JSON:
  error  name of the kernel's error; null if it can
"""

import errno
import json
import socket
import struct

NETLINK_XFRM, XFRM_MSG_NEWSA, XFRMA_ALG_AEAD = 6, 0x10, 18
REQUEST, ACK = 1, 4
HERE = socket.inet_aton("127.0.0.1").ljust(16, b"\0")
FOREVER = b"\xff" * 32 + bytes(32)

selector = bytes(40) + struct.pack("=H", socket.AF_INET) + bytes(14)
identity = HERE + struct.pack(">IB", 4096, socket.IPPROTO_ESP) + bytes(3)
# Counters, statistics, seq and reqid; then the family, transport mode, no window for replays and no flags.
rest = bytes(32 + 12 + 8) + struct.pack("=HBBB", socket.AF_INET, 0, 0, 0)
state = (selector + identity + HERE + FOREVER + rest).ljust(224, b"\0")
# The name, the bits of the key and of the check value, and the key with its salt.
algorithm = b"rfc4106(gcm(aes))".ljust(64, b"\0") + struct.pack("=II", 160, 64) + bytes(20)
attribute = struct.pack("=HH", 4 + len(algorithm), XFRMA_ALG_AEAD) + algorithm
body = state + attribute
message = struct.pack("=IHHII", 16 + len(body), XFRM_MSG_NEWSA, REQUEST | ACK, 1, 0) + body

try:
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_XFRM) as kernel:
        kernel.settimeout(10)
        kernel.send(message)
        (code,) = struct.unpack_from("=i", kernel.recv(4096), 16)
except OSError as error:
    code = -(error.errno or errno.EIO)
print(json.dumps({"error": errno.errorcode.get(-code, str(-code)) if code else None}))
