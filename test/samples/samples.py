#!/usr/bin/env python3
"""Runs the samples against the in-memory broker of the command line program, and a host with the client embedded.

    samples.py ROOT UVKAFKA [NAME PROGRAM]... [embedded HOST MODULE]      exit status 0: each did what it says

PROGRAM `missing`: what it needs is not installed, or it cannot be built this way, and it is skipped.
"""
import base64
import concurrent.futures
import http.client
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile

LINES = 20000
ROOT, UVKAFKA = sys.argv[1:3]


def run(command, stderr=subprocess.STDOUT, **more):
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=stderr, text=True, timeout=120, **more)


def expect(done, good, what=""):
    if done.returncode != 0 or not good:
        sys.exit(f"FAIL {done.args}: exit status {done.returncode} {what}\n{done.stdout[-2000:]}")


def first(program, address):
    done = run([program, address])
    expect(done, done.stdout == "paid\n")


def poll(program, address):
    done = run([program, address, "orders"], input="".join(f"line number {number}\n" for number in range(LINES)))
    told = {int(number) for number in re.findall(r"^line (\d+): partition \d, offset \d+$", done.stdout, re.MULTILINE)}
    expect(done, told == set(range(1, LINES + 1)), f"{len(told)} of {LINES} lines told")


def coroutine(program, address):
    done = run([program, address])
    expect(done, done.stdout == "".join(f"copied order {number}\n" for number in range(5)))


def produce(address, topic, values):
    expect(run([UVKAFKA, "produce", "-b", address, "-t", topic], input="".join(f"{value}\n" for value in values)), True)


def read(address, topic, count):
    done = run([UVKAFKA, "consume", "-b", address, "-t", topic, "-o", "beginning", "-c", str(count), "-e"],
               stderr=subprocess.DEVNULL)
    expect(done, True)
    return done.stdout.splitlines()


def bridge(program, address):
    values = [f"order {number}" for number in range(5000)]
    produce(address, "orders", values)
    # From the first run to the second nothing is lost, although the first is stopped in the middle of its work.
    first_run = subprocess.Popen([program, address, "orders", address, "copies"])
    while len(read(address, "copies", 100)) < 100:
        pass
    first_run.send_signal(signal.SIGTERM)
    if first_run.wait(timeout=60) != 0:
        sys.exit(f"FAIL bridge: exit status {first_run.returncode}")
    produce(address, "orders", ["the last one"])
    done = subprocess.Popen([program, address, "orders", address, "copies"])
    # Partitions are copied side by side, so the last one need not come last.
    while not set(values + ["the last one"]) <= set(read(address, "copies", 100000)) and done.poll() is None:
        pass
    done.send_signal(signal.SIGTERM)
    if done.wait(timeout=60) != 0:
        sys.exit(f"FAIL bridge: exit status {done.returncode}")
    copies = read(address, "copies", 100000)
    if sorted(copies) != sorted(values + ["the last one"]):
        sys.exit(f"FAIL bridge: {len(copies)} copies, {len(set(copies))} different ones")


def worker_pool(program, address):
    produce(address, "orders", ["same"] * 300)
    done = run([program, address, "orders", "300"])
    lines = [line.split() for line in done.stdout.splitlines()]
    expect(done, len({place for place, _ in lines}) == 300 and len({checksum for _, checksum in lines}) == 1)


def two_loops(program, address):
    done = run([program, address, "1000"])
    expect(done, done.stdout == "1000 received\n")


def glib(program, address):
    done = run([program, address])
    expect(done, done.stdout == "".join(f"order {number}\n" for number in range(5)))


# What aws-msk-iam-sasl-signer-python 1.0.2 makes of the same keys at the same time, with the signature of each session.
MSK_URL = ("https://kafka.us-east-1.amazonaws.com/?Action=kafka-cluster%3AConnect&X-Amz-Algorithm=AWS4-HMAC-SHA256"
           "&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20261130%2Fus-east-1%2Fkafka-cluster%2Faws4_request"
           "&X-Amz-Date=20261130T060708Z&X-Amz-Expires=900&X-Amz-SignedHeaders=host")
MSK_AGENT = "aws-msk-iam-sasl-signer-python/1.0.2"
MSK_SESSIONS = {
    "": "&X-Amz-Signature=e2d4686c6eb9a3d46b3d9b46b23cb455a6cbdf46e863938973e4a7e3a38a6d6e",
    "FwoGZXIvYXdzEBYaD+/=token with blank":
        "&X-Amz-Security-Token=FwoGZXIvYXdzEBYaD%2B%2F%3Dtoken%20with%20blank"
        "&X-Amz-Signature=9c766648fc5dc366b47dc230b973b140290eed27c1e8d81ffd31b2757e23b59e"}


def msk_iam(program, address):
    keys = {"AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
            "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"}
    for session, signed in MSK_SESSIONS.items():
        done = run([program, "--token", "us-east-1", "1796018828", MSK_AGENT],
                   env={**os.environ, **keys, "AWS_SESSION_TOKEN": session})
        url = MSK_URL + signed + "&User-Agent=aws-msk-iam-sasl-signer-python%2F1.0.2"
        token = base64.urlsafe_b64encode(url.encode()).decode().rstrip("=")
        expect(done, done.stdout == token + "\n")
    with tempfile.TemporaryDirectory() as folder:
        broker = subprocess.Popen([UVKAFKA, "broker", "--port", "0", "--tls-make", folder, "--sasl", "OAUTHBEARER"],
                                  stdout=subprocess.PIPE, text=True)
        try:
            secure = re.search(r"127\.0\.0\.1:\d+", broker.stdout.readline()).group(0)
            # The dev broker takes tokens that nobody has signed, so it refuses this one, and the error says whose it was.
            done = run([program, secure, "us-east-1"],
                       env={**os.environ, **keys, "SSL_CERT_FILE": str(pathlib.Path(folder) / "ca.pem")})
        finally:
            broker.terminate()
            broker.wait(10)
    if done.returncode != 1 or 'OAUTHBEARER as "AKIAIOSFODNN7EXAMPLE"' not in done.stdout:
        sys.exit(f"FAIL msk_iam: exit status {done.returncode}, printed {done.stdout!r}")


def lua(module, address):
    interpreter = shutil.which("lua5.4")
    if interpreter is None:
        return print("SKIPPED lua: lua5.4 is not installed", flush=True)
    environment = {**os.environ, "LUA_CPATH": f"{pathlib.Path(module).parent}/?.so;;"}
    done = run([interpreter, f"{ROOT}/samples/lua/example.lua", address], env=environment)
    expect(done, done.stdout == "".join(f"order {number}\n" for number in range(1, 6)) + "closed\n")


def post(port, bodies):
    """Over one connection; the server says where each was stored."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    stored = []
    for body in bodies:
        connection.request("POST", "/", body)
        answer = connection.getresponse()
        text = answer.read().decode()
        if answer.status != 200 or not re.fullmatch(r"partition \d offset \d+\n", text):
            sys.exit(f"FAIL http_server: {answer.status} {text}")
        stored.append(text)
    connection.close()
    return stored


def http_server(program, address):
    # Its producer has room for two of the records that sixteen clients send at once.
    server = subprocess.Popen([program, address, "orders", "300000"], stdout=subprocess.PIPE, text=True)
    try:
        port = int(re.search(r":(\d+)$", server.stdout.readline()).group(1))
        with concurrent.futures.ThreadPoolExecutor(16) as pool:
            places = list(pool.map(lambda client: post(port, [f"{client}-{number}-" + "x" * 100000 for number in range(8)]),
                                   range(16)))
        if len({place for places_of_one in places for place in places_of_one}) != 16 * 8:
            sys.exit("FAIL http_server: places are told twice")
        for method, body, status in (("GET", None, 405), ("POST", "x" * 250000, 200), ("POST", "x" * 500000, 413)):
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
            connection.request(method, "/", body)
            if connection.getresponse().status != status:
                sys.exit(f"FAIL http_server: {method} has another answer than {status}")
            connection.close()
        server.send_signal(signal.SIGTERM)
        said = server.communicate(timeout=60)[0]
        if server.returncode != 0 or re.search(r"paused reading [1-9]\d* times", said) is None:
            sys.exit(f"FAIL http_server: exit status {server.returncode}, printed {said!r}")
    finally:
        server.kill()


def embedded(host, module, address):
    names = run(["nm", "-D", module]).stdout
    if not re.search(r" U uv_run$", names, re.MULTILINE):
        sys.exit("FAIL the module does not take libuv from its host")
    shown = [name for name in re.findall(r" [TWVBDRu] (\w+)$", names, re.MULTILINE)
             if name != "run_client" and not name.startswith("kafka_")]
    if shown:
        sys.exit(f"FAIL the module shows other names: {shown[:10]}")
    expect(run([host, module, address]), True)


def start_broker():
    broker = subprocess.Popen([UVKAFKA, "broker", "--port", "0", "--topic", "orders:3", "--topic", "copies:3"], stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True)
    for line in broker.stdout:
        found = re.search(r"127\.0\.0\.1:\d+", line)
        if found:
            return broker, found.group(0)
    sys.exit("FAIL the broker did not start")


def main():
    samples = sys.argv[3:]
    while samples:
        name = samples.pop(0)
        programs = [samples.pop(0) for _ in range(2 if name == "embedded" else 1)]
        if programs == ["missing"]:
            print(f"SKIPPED {name}: what it needs is not installed, or this is a build with sanitizers", flush=True)
            continue
        broker, address = start_broker()
        try:
            globals()[name](*programs, address)
        finally:
            broker.kill()
            broker.wait()
        print(f"ok   {name}", flush=True)


if __name__ == "__main__":
    main()
