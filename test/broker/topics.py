"""Creates and deletes many topics at once, by one request each (CreateTopics 2 and DeleteTopics 1, which brokers from 1.0 to
4.x speak). A run of Kafka's own tool starts a JVM for each topic.

Not here: topics with settings of their own (make_topic in kafka_cluster.py).
"""
import socket
import struct

CREATE_TOPICS, DELETE_TOPICS = (19, 2), (20, 1)
TIMEOUT_MS = 30000


def string(text):
    return struct.pack(">h", len(text)) + text.encode()


def exactly(connection, count):
    got = b""
    while len(got) < count:
        part = connection.recv(count - len(got))
        if not part:
            raise OSError("the broker has closed the connection")
        got += part
    return got


def call(port, api, body):
    """The body of the answer to one request."""
    with socket.create_connection(("127.0.0.1", port), timeout=TIMEOUT_MS / 1000 + 10) as connection:
        request = struct.pack(">hhi", *api, 1) + string("topics.py") + body
        connection.sendall(struct.pack(">i", len(request)) + request)
        size, = struct.unpack(">i", exactly(connection, 4))
        return exactly(connection, size)[4:]


def errors(answer, messages):
    """The error code of each topic; `messages`: it is followed by a text, or by none."""
    count, = struct.unpack_from(">i", answer, 4)
    at, found = 8, {}
    for _ in range(count):
        length, = struct.unpack_from(">h", answer, at)
        name = answer[at + 2:at + 2 + length].decode()
        found[name], = struct.unpack_from(">h", answer, at + 2 + length)
        at += 4 + length
        if messages:
            length, = struct.unpack_from(">h", answer, at)
            at += 2 + max(length, 0)
    return found


def create(port, names):
    """Topics of one partition. Returns {name: error code}."""
    each = b"".join(string(name) + struct.pack(">ihii", 1, 1, 0, 0) for name in names)
    return errors(call(port, CREATE_TOPICS, struct.pack(">i", len(names)) + each + struct.pack(">ib", TIMEOUT_MS, 0)), True)


def delete(port, names):
    """Returns {name: error code}."""
    each = b"".join(map(string, names))
    return errors(call(port, DELETE_TOPICS, struct.pack(">i", len(names)) + each + struct.pack(">i", TIMEOUT_MS)), False)
