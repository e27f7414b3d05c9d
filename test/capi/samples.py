#!/usr/bin/env python3
"""Runs the samples in C against the in-memory broker of the command line program, and a host with the client embedded.

    samples.py UVKAFKA FIRST POLL [HOST MODULE]      exit status 0: each did what it says
"""
import re
import subprocess
import sys

LINES = 20000


def main():
    uvkafka, first, poll, *embedded = sys.argv[1:]
    broker = subprocess.Popen([uvkafka, "broker", "--port", "0", "--topic", "orders:3"], stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True)
    try:
        address = None
        while address is None:
            line = broker.stdout.readline()
            if not line:
                sys.exit("FAIL the broker did not start")
            found = re.search(r"127\.0\.0\.1:\d+", line)
            address = found.group(0) if found else None

        done = subprocess.run([first, address], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60)
        if done.returncode != 0 or done.stdout != "paid\n":
            sys.exit(f"FAIL first: exit status {done.returncode}, printed {done.stdout!r}")
        print("ok   first")

        lines = "".join(f"line number {number}\n" for number in range(LINES))
        done = subprocess.run([poll, address, "orders"], input=lines, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              text=True, timeout=120)
        told = {int(number) for number in re.findall(r"^line (\d+): partition \d, offset \d+$", done.stdout, re.MULTILINE)}
        if done.returncode != 0 or told != set(range(1, LINES + 1)):
            sys.exit(f"FAIL poll: exit status {done.returncode}, {len(told)} of {LINES} lines told\n{done.stdout[-500:]}")
        print("ok   poll")

        if embedded:
            names = subprocess.run(["nm", "-D", embedded[1]], stdout=subprocess.PIPE, text=True).stdout
            if not re.search(r" U uv_run$", names, re.MULTILINE):
                sys.exit("FAIL the module does not take libuv from its host")
            shown = [name for name in re.findall(r" [TWVBDRu] (\w+)$", names, re.MULTILINE)
                     if name != "run_client" and not name.startswith("kafka_")]
            if shown:
                sys.exit(f"FAIL the module shows other names: {shown[:10]}")
            done = subprocess.run([*embedded, address], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                                  timeout=60)
            if done.returncode != 0:
                sys.exit(f"FAIL the embedded client: exit status {done.returncode}, printed {done.stdout!r}")
            print("ok   embedded")
    finally:
        broker.kill()
        broker.wait()


if __name__ == "__main__":
    main()
