#!/usr/bin/env python3
"""Lets Kafka's own tools, confluent-kafka and aiokafka make, change and delete topics on the dev broker.

    devbroker_admin.py [--program DEVBROKER_MAIN] [--bootstrap HOST:PORT]

With --bootstrap it starts no broker and judges that one. What is not installed is skipped, loudly.
Exit status: 0 if all checks hold, 1 if one does not, 77 if none of these clients is here.
"""
import argparse
import asyncio
import json
import pathlib
import shutil
import subprocess
import sys
import time
import types

import kafka_cluster
from devbroker_clients import default_program
from harness import CheckFailed, Checks, expect, expect_equal, scratch

BROKERS = 2
TOOLS_VERSION = "4.3.1"


class Tools:
    """Kafka's console tools."""

    def __init__(self, bootstrap, directory):
        self.bootstrap = bootstrap
        self.layout = types.SimpleNamespace(dir=directory, state={"version": TOOLS_VERSION, "secure": False})
        self.directory = directory

    def run(self, name, *arguments):
        return kafka_cluster.run_tool(self.layout, f"org.apache.kafka.tools.{name}", "--bootstrap-server",
                                      self.bootstrap, *arguments)

    def topics(self):
        self.run("TopicCommand", "--create", "--topic", "tools", "--partitions", "3", "--replication-factor", "2",
                 "--config", "retention.ms=60000", "--config", "cleanup.policy=compact")
        described = self.run("TopicCommand", "--describe", "--topic", "tools")
        expect("PartitionCount: 3" in described and "ReplicationFactor: 2" in described, described)
        expect("retention.ms=60000" in described and "cleanup.policy=compact" in described, described)
        self.run("TopicCommand", "--alter", "--topic", "tools", "--partitions", "5")
        described = self.run("TopicCommand", "--describe", "--topic", "tools")
        expect("PartitionCount: 5" in described, described)
        expect("tools" in self.run("TopicCommand", "--list").split(), "tools is not in the list")
        self.run("TopicCommand", "--delete", "--topic", "tools")
        expect("tools" not in self.run("TopicCommand", "--list").split(), "tools is still there")

    def records(self):
        self.run("TopicCommand", "--create", "--topic", "records", "--partitions", "1")
        kafka_cluster.run_tool(self.layout, "org.apache.kafka.tools.ConsoleProducer", "--bootstrap-server",
                               self.bootstrap, "--topic", "records", text_in="a\nb\nc\n")
        file = pathlib.Path(self.directory) / "offsets.json"
        file.write_text(json.dumps({"version": 1, "partitions": [{"topic": "records", "partition": 0, "offset": 2}]}))
        said = self.run("DeleteRecordsCommand", "--offset-json-file", str(file))
        expect("low_watermark: 2" in said, said)

    def lacking(self):
        """What the dev broker lacks is refused at once, and the tool says so."""
        begin = time.monotonic()
        try:
            said = self.run("TransactionsCommand", "list")
        except RuntimeError as error:
            said = str(error)
        expect("support" in said.lower(), said)
        expect(time.monotonic() - begin < 30, "it took longer than 30 s to say so")

    def groups(self):
        expect("Error" not in self.run("consumer.group.ConsumerGroupCommand", "--list"), "kafka-consumer-groups --list fails")

    def all(self, checks):
        checks.run("kafka-topics: create, describe, alter, list, delete", self.topics)
        checks.run("kafka-delete-records", self.records)
        checks.run("kafka-consumer-groups", self.groups)
        checks.run("kafka-transactions says what the broker lacks", self.lacking)


def confluent(bootstrap):
    from confluent_kafka import KafkaException, Producer, TopicPartition
    from confluent_kafka.admin import AdminClient, ConfigResource, NewPartitions, NewTopic

    admin = AdminClient({"bootstrap.servers": bootstrap})

    def wait(futures):
        return {key: future.result(20) for key, future in futures.items()}

    wait(admin.create_topics([NewTopic("confluent", 2, 1, config={"retention.ms": "1234"})]))
    try:
        wait(admin.create_topics([NewTopic("confluent", 2, 1)]))
        raise CheckFailed("a topic was created twice")
    except KafkaException as error:
        expect_equal(error.args[0].name(), "TOPIC_ALREADY_EXISTS", "the error")
    wait(admin.create_partitions([NewPartitions("confluent", 4)]))
    expect_equal(len(admin.list_topics("confluent", 20).topics["confluent"].partitions), 4, "partitions")
    resource = ConfigResource(ConfigResource.Type.TOPIC, "confluent")
    configs = next(iter(wait(admin.describe_configs([resource])).values()))
    expect_equal(configs["retention.ms"].value, "1234", "retention.ms")
    expect_equal(configs["segment.ms"].is_default, True, "segment.ms is a default")
    wait(admin.describe_configs([ConfigResource(ConfigResource.Type.BROKER, "1")]))
    producer = Producer({"bootstrap.servers": bootstrap})
    for _ in range(3):
        producer.produce("confluent", b"v", partition=0)
    expect_equal(producer.flush(20), 0, "records that were not delivered")
    deleted = wait(admin.delete_records([TopicPartition("confluent", 0, 2)]))
    expect_equal([each.low_watermark for each in deleted.values()], [2], "low watermark")
    wait(admin.delete_topics(["confluent"]))
    expect("confluent" not in admin.list_topics(timeout=20).topics, "the topic is still there")


def confluent_member(bootstrap):
    """A member of a group gets the only partition, and reads it."""
    from confluent_kafka import Consumer, Producer

    producer = Producer({"bootstrap.servers": bootstrap})
    producer.produce("members", b"one")
    producer.flush(20)
    consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": "members", "auto.offset.reset": "earliest"})
    try:
        consumer.subscribe(["members"])
        message = consumer.poll(20)
        expect(message is not None and message.error() is None, f"no message within 20 s: {message and message.error()}")
        expect_equal(message.value(), b"one", "the message")
    finally:
        consumer.close()


def aio(bootstrap):
    from aiokafka.admin import AIOKafkaAdminClient, NewPartitions, NewTopic
    from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

    async def all_of_it():
        admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
        await admin.start()
        try:
            await admin.create_topics([NewTopic("aio", 2, 1)])
            await admin.create_partitions({"aio": NewPartitions(3)})
            described = await admin.describe_topics(["aio"])
            expect_equal(len(described[0]["partitions"]), 3, "partitions")
            await admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, "aio")])
            await admin.delete_topics(["aio"])
            expect("aio" not in await admin.list_topics(), "the topic is still there")
        finally:
            await admin.close()

    asyncio.run(all_of_it())


def foreign(function, *arguments):
    """What a foreign client raises is a failed check."""
    try:
        return function(*arguments)
    except CheckFailed:
        raise
    except Exception as error:  # pylint: disable=broad-except
        raise RuntimeError(f"{type(error).__name__}: {error}") from error


def importable(name):
    try:
        __import__(name)
        return True
    except ImportError:
        print(f"SKIPPED {name}: it is not installed", file=sys.stderr)
        return False


def judge(bootstrap, directory):
    checks = Checks("clients that administer the dev broker")
    ran = False
    if shutil.which("java"):
        ran = True
        kafka_cluster.jars(TOOLS_VERSION)
        Tools(bootstrap, directory).all(checks)
    else:
        print("SKIPPED Kafka's console tools: java is not installed", file=sys.stderr)
    if importable("confluent_kafka"):
        ran = True
        checks.run("confluent-kafka", foreign, confluent, bootstrap)
        checks.run("confluent-kafka: a member of a group", foreign, confluent_member, bootstrap)
    if importable("aiokafka"):
        ran = True
        checks.run("aiokafka", foreign, aio, bootstrap)
    return checks.end() if ran else 77


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", type=pathlib.Path, default=default_program())
    parser.add_argument("--bootstrap")
    options = parser.parse_args()
    directory = scratch("dev-broker-admin")
    try:
        if options.bootstrap:
            sys.exit(judge(options.bootstrap, directory))
        port = kafka_cluster.free_base_port(1)
        broker = subprocess.Popen([options.program, str(port), str(BROKERS), ""], stdout=subprocess.PIPE, text=True)
        try:
            sys.exit(judge(broker.stdout.readline().strip(), directory))
        finally:
            broker.terminate()
            broker.wait(10)
    finally:
        shutil.rmtree(directory, ignore_errors=True)


if __name__ == "__main__":
    main()
