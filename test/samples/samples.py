#!/usr/bin/env python3
"""Runs the samples against the in-memory broker of the command line program, and a host with the client embedded.

    samples.py UVKAFKA [NAME PROGRAM]... [embedded HOST MODULE]      exit status 0: each did what it says
"""
import re
import subprocess
import sys

LINES = 20000


def run(command, **more):
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=120, **more)


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


def embedded(host, module, address):
    names = run(["nm", "-D", module]).stdout
    if not re.search(r" U uv_run$", names, re.MULTILINE):
        sys.exit("FAIL the module does not take libuv from its host")
    shown = [name for name in re.findall(r" [TWVBDRu] (\w+)$", names, re.MULTILINE)
             if name != "run_client" and not name.startswith("kafka_")]
    if shown:
        sys.exit(f"FAIL the module shows other names: {shown[:10]}")
    expect(run([host, module, address]), True)


def start_broker(uvkafka):
    broker = subprocess.Popen([uvkafka, "broker", "--port", "0", "--topic", "orders:3", "--topic", "copies:3"], stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True)
    for line in broker.stdout:
        found = re.search(r"127\.0\.0\.1:\d+", line)
        if found:
            return broker, found.group(0)
    sys.exit("FAIL the broker did not start")


def main():
    uvkafka, *samples = sys.argv[1:]
    while samples:
        name = samples.pop(0)
        programs = [samples.pop(0) for _ in range(2 if name == "embedded" else 1)]
        broker, address = start_broker(uvkafka)
        try:
            globals()[name](*programs, address)
        finally:
            broker.kill()
            broker.wait()
        print(f"ok   {name}", flush=True)


if __name__ == "__main__":
    main()
