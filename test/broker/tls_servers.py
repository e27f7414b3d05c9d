"""The servers of tls_cases.py: each shows one case to whoever connects, as a lone broker."""
import json
import socket
import ssl
import struct
import threading
import time



def string(text):
    data = text.encode()
    return struct.pack(">h", len(data)) + data


class Broker:
    """Answers whole requests of one connection; ApiVersions 0-2 and Metadata 0-4, nothing else."""

    def __init__(self, host, port):
        self.host, self.port = host, port
        self.buffer = b""

    def feed(self, data):
        self.buffer += data
        answers = []
        while len(self.buffer) >= 4:
            size = struct.unpack(">i", self.buffer[:4])[0]
            if not 8 <= size <= 65536:
                raise ValueError("no Kafka request")
            if len(self.buffer) < 4 + size:
                break
            frame, self.buffer = self.buffer[4:4 + size], self.buffer[4 + size:]
            key, version, correlation = struct.unpack(">hhi", frame[:8])
            body = struct.pack(">i", correlation) + self.answer(key, version)
            answers.append(struct.pack(">i", len(body)) + body)
        return answers

    def answer(self, key, version):
        if key == 18:
            rows = [(0, 3, 3), (1, 4, 4), (2, 1, 1), (3, 0, 4), (10, 0, 0), (18, 0, 2)]
            known = 0 <= version <= 2  # otherwise in the shape of version 0, KIP-511
            body = struct.pack(">hi", 0 if known else 35, len(rows)) + b"".join(struct.pack(">hhh", *r) for r in rows)
            return body + (struct.pack(">i", 0) if known and version >= 1 else b"")
        if key == 3:
            body = struct.pack(">i", 0) if version >= 3 else b""
            body += struct.pack(">ii", 1, 1) + string(self.host) + struct.pack(">i", self.port)
            body += struct.pack(">h", -1) if version >= 1 else b""
            body += string("tls-cases") if version >= 2 else b""
            body += struct.pack(">i", 1) if version >= 1 else b""
            return body + struct.pack(">i", 0)
        raise ValueError(f"request {key} is not served")


class CaseServer(threading.Thread):
    def __init__(self, directory, case, port, ports, log):
        super().__init__(daemon=True)
        self.dir, self.case, self.ports, self.log = directory, case, ports, log
        family = socket.AF_INET6 if ":" in case["connect"] else socket.AF_INET
        self.socket = socket.socket(family)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind((case["connect"], port))
        self.socket.listen(16)
        self.port = case["port"] = ports[case["name"]] = self.socket.getsockname()[1]
        self.serve = case["server"]
        self.context = None if "raw" in self.serve else self.make_context()

    def make_context(self):
        serve = self.serve
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        if "ciphers" in serve:
            context.set_ciphers(serve["ciphers"])
        import warnings
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            context.minimum_version = getattr(ssl.TLSVersion, serve.get("min", "TLSv1_2"))
            context.maximum_version = getattr(ssl.TLSVersion, serve.get("max", "TLSv1_3"))
        context.load_cert_chain(self.dir / serve["chain"], self.dir / serve["key"])
        context.set_alpn_protocols(["kafka-test"])
        if "tickets" in serve:
            context.num_tickets = serve["tickets"]
        if "client_ca" in serve:
            context.verify_mode = ssl.CERT_OPTIONAL if serve.get("optional") else ssl.CERT_REQUIRED
            context.load_verify_locations(self.dir / serve["client_ca"])
        if "sni" in serve:
            right = context
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(self.dir / f"{serve['default']}-chain.pem", self.dir / f"{serve['default']}.key")

            def choose(connection, name, _):
                connection.uv_sni = name
                if name == serve["sni"]:
                    connection.context = right
            context.sni_callback = choose
        else:
            def look(connection, name, _):
                connection.uv_sni = name
                return ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME if serve.get("no_sni") and name else None
            context.sni_callback = look
        return context

    def run(self):
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            threading.Thread(target=self.one, args=(connection,), daemon=True).start()

    def one(self, connection):
        connection.settimeout(20)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        seen = {"case": self.case["name"], "requests": 0}
        try:
            (self.raw if "raw" in self.serve else self.tls)(connection, seen)
        except (OSError, ValueError) as error:
            seen["end"] = type(error).__name__ + ": " + str(error)[:120]
        finally:
            connection.close()
            with self.log[1]:
                self.log[0].write(json.dumps(seen) + "\n")
                self.log[0].flush()

    def raw(self, connection, seen):
        kind = self.serve["raw"]
        if kind == "close":
            return
        if kind == "alert":
            connection.sendall(b"\x15\x03\x03\x00\x02\x02\x50")
            return
        hello = connection.recv(4096)
        seen["first"] = hello[:3].hex()
        if kind == "kafka":
            Broker("127.0.0.1", self.port).feed(hello)  # raises: a frame of 352 million bytes
        elif kind == "http":
            connection.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        elif kind == "long":
            connection.sendall(b"\x16\x03\x03\xff\xff" + b"A" * 70000)
        elif kind == "half":
            connection.sendall(b"\x16\x03\x03\x00\x7a\x02\x00\x00\x76\x03\x03")
        if kind in ("silent", "half"):
            time.sleep(20)

    def tls(self, connection, seen):
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        secure = self.context.wrap_bio(incoming, outgoing, server_side=True)

        def flush(drip=None):
            data = outgoing.read()
            if not data:
                return
            if drip is None:
                connection.sendall(data)
            for i in range(len(data) if drip is not None else 0):
                connection.sendall(data[i:i + 1])
                time.sleep(drip)

        def pull():
            data = connection.recv(65536)
            if not data:
                raise OSError("end without close_notify")
            incoming.write(data)

        drip = self.serve.get("drip")
        while True:
            try:
                secure.do_handshake()
                break
            except ssl.SSLWantReadError:
                flush(drip)
                pull()
            except ssl.SSLError:
                flush()
                raise
        seen.update(version=secure.version(), cipher=secure.cipher()[0], resumed=secure.session_reused,
                    sni=getattr(secure, "uv_sni", None), alpn=secure.selected_alpn_protocol())
        if not self.serve.get("glue"):
            flush(drip)
        there = self.serve.get("advertise")
        broker = Broker(self.case["host"], self.ports[there] if there else self.port)
        if there:
            broker.host = "localhost"
        while True:
            try:
                data = secure.read(65536)
                if not data:
                    seen["end"] = "close_notify"
                    return
                seen["requests"] += len(data)
            except ssl.SSLWantReadError:
                flush()
                pull()
                continue
            except ssl.SSLZeroReturnError:
                seen["end"] = "close_notify"
                return
            for answer in broker.feed(data):
                step = 1 if self.serve.get("tiny") else len(answer)
                for i in range(0, len(answer), step):
                    secure.write(answer[i:i + step])
                flush()
                if self.finish(connection, secure, flush):
                    return

    def finish(self, connection, secure, flush):
        how = self.serve.get("end")
        if how == "notify":
            try:
                secure.unwrap()
            except ssl.SSLWantReadError:
                pass
            flush()
        elif how == "garbage":
            connection.sendall(b"\x17\x03\x03\x00\x20" + b"\x5a" * 32)
            time.sleep(0.2)
        if how:
            connection.shutdown(socket.SHUT_WR)
            time.sleep(0.2)
        return bool(how)
