// Compiled with `tsc --strict`, and not run: what a program may write, and what it may not.
import { KafkaError, Session, describeOptions, version, type Batch, type Message, type Partition } from 'uvkafka';

const session = new Session({ 'bootstrap.servers': ['a:9092', 'b:9092'], 'client.id': 'types', 'request.timeout.ms': 5 });
session.on('event', (event) => console.log(event.type, event.text, event.error?.code));
session.on('log', ({ level, text }) => console.log(level, text));

export async function produce(): Promise<number> {
  const producer = session.producer({ acks: 'all', 'linger.ms': 5 });
  const { partition, offset } = await producer.send({ topic: 't', key: Buffer.from('k'), value: 'v', headers: { a: null } });
  const { offsets } = await producer.sendBatch('t', ['a', null, Buffer.from('b')]);
  await producer.sendBatch('t', [{ key: 'k', value: 'v' }], { partition: 1 });
  await producer.sendBatch('t', { values: Buffer.from('ab'), valueEnds: Uint32Array.of(1, 2) });
  await producer.room();
  await producer.close({ deadline: 1000 });
  return partition + offset + (offsets[0] ?? 0);
}

export async function consume(): Promise<void> {
  const consumer = session.consumer({
    group: 'g',
    pattern: /orders-.*/,
    onAssigned: (partitions: Partition[]) => console.log(partitions),
    onRevoked: async (partitions) => console.log(partitions),
    onLost: (partitions, why) => console.log(partitions, why.code),
  });
  for await (const message of consumer) {
    const one: Message = message;
    console.log(one.text?.length, one.value?.readUInt8(0), one.headers[0]?.[1]?.length);
    await one.commit('by me');
  }
  for await (const batch of consumer.batches({ max: 10 })) {
    const all: Batch = batch;
    for (const message of all) message.ack();
    await all.commit();
  }
  consumer.seek({ topic: 't', partition: 0, offset: 'earliest' });
  session.consumer({ partitions: { topic: 't', partition: 0, offset: 5n } });
  await session.groups.reset('g', { topic: 't', partition: 0 }, 'latest');
}

export function handle(error: unknown): string {
  if (error instanceof KafkaError) return `${error.code} ${error.number} ${error.detail} ${error.persistence ?? ''}`;
  return `${version} ${describeOptions('producer').length}`;
}

// @ts-expect-error a record has a topic
void session.producer().send({ value: 'v' });
// @ts-expect-error values are strings or bytes
void session.producer().send({ topic: 't', value: 5 });
// @ts-expect-error topics need a group
session.consumer({ topics: ['t'] });
// @ts-expect-error there is no such event
session.on('other', () => {});
