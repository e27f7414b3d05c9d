/// <reference types="node" />
import { EventEmitter } from 'node:events';

/** The library's version. */
export const version: string;

/** What options there are, as the library describes them. */
export function describeOptions(kind: 'session' | 'producer' | 'consumer'): OptionInfo[];

export interface OptionInfo {
  /** The Java client's name, for example `linger.ms`. */
  name: string;
  type: 'text' | 'flag' | 'number' | 'milliseconds' | 'choice' | 'secret';
  /** Of a choice: what it may be, separated by commas; otherwise empty. */
  values: string;
  /** null: unset. */
  default: string | null;
  documentation: string;
  /** The range of a number, or of a time in milliseconds. */
  least: number;
  most: number;
}

/** Options by the Java client's names; librdkafka's are understood too. Lists are joined with commas. */
export type Options = Record<string, string | number | bigint | boolean | readonly string[] | undefined>;

/** Why something failed. */
export class KafkaError extends Error {
  private constructor();
  /** The name of the code, for example `unknown_topic_or_partition`. */
  readonly code: string;
  /** Kafka's number of it, or the library's (-1000 and below). */
  readonly number: number;
  /** What and where: the option, topic, partition, address or limit; empty if there is none. */
  readonly detail: string;
  /** The same may succeed later, without a change by the program. */
  readonly retriable: boolean;
  /** The object that reported it can no longer be used. */
  readonly fatal: boolean;
  /** Of a record: whether it is in the log. */
  readonly persistence?: 'no' | 'maybe' | 'yes';
  /** Of a batch: how many of its records were not sent. */
  readonly failed?: number;
  /** Of a batch: the outcome of each record. Of a question to brokers: what was found all the same. */
  readonly result?: unknown;
}

/** Bytes; strings are encoded as UTF-8. */
export type Bytes = string | Uint8Array;

export interface Partition {
  topic: string;
  partition: number;
}
export type Offset = number | bigint | 'earliest' | 'latest';
/** A partition, and a place in it: an offset, or the first record with this timestamp (milliseconds) or a later one. */
export interface Place extends Partition {
  offset?: Offset;
  timestamp?: number;
  metadata?: string;
  leaderEpoch?: number;
}
/** A place as brokers tell it. */
export interface FoundPlace extends Partition {
  /** -1: there is none. */
  offset: number;
  timestamp: number;
  leaderEpoch: number;
  metadata?: string;
  error?: KafkaError;
}

/** Something that happened and is not the result of a call. */
export interface KafkaEvent {
  type: 'brokerConnected' | 'brokerDisconnected' | 'connectFailed' | 'leaderChanged' | 'offsetReset' | 'logTruncated' |
    'topicRecreated' | 'partitionStopped' | 'partitionResumed' | 'memberSlow' | 'memberSuspended' | 'topicNotRead' |
    'rebootstrap' | 'unknown';
  /** One line for people. */
  text: string;
  broker?: string;
  /** -1: a contact point. */
  brokerId?: number;
  topic?: string;
  partition?: number;
  offset?: number;
  /** Of lost connections: the broker was well until a moment ago, and may just be restarting. */
  ordinary?: boolean;
  error?: KafkaError;
}

export type LogLevel = 'trace' | 'debug' | 'info' | 'warning' | 'error' | 'off';
export interface LogLine {
  level: LogLevel;
  text: string;
}

/** Tables by name, each an array of rows. Rows that failed have `error` (the name of the code) and `message`. */
export type Row = Record<string, string | number>;
export type Tables = Record<string, Row[]>;

interface SessionEvents {
  event: [KafkaEvent];
  log: [LogLine];
}

/** One cluster, on Node's own loop. An open session keeps the program alive, see close() and unref(). */
export class Session extends EventEmitter {
  /** @throws KafkaError an option is wrong; the error names it and its range */
  constructor(options: Options);
  on<Name extends keyof SessionEvents>(name: Name, listener: (...told: SessionEvents[Name]) => void): this;
  once<Name extends keyof SessionEvents>(name: Name, listener: (...told: SessionEvents[Name]) => void): this;
  off<Name extends keyof SessionEvents>(name: Name, listener: (...told: SessionEvents[Name]) => void): this;

  producer(options?: Options): Producer;
  consumer(source: Source, options?: Options): Consumer;

  /** Names of all topics. */
  topics(): Promise<string[]>;
  /** Describes brokers and these topics, or all. `create` lets a broker create those that do not exist. */
  metadata(topics?: string | readonly string[], options?: { create?: boolean }): Promise<Tables>;
  /** Where each partition begins or ends, or its first record of this time (milliseconds) or later. */
  offsets(partitions: Partition | readonly Partition[], time: number | 'earliest' | 'latest'): Promise<FoundPlace[]>;
  readonly groups: Groups;

  /** What the session has done and holds now. */
  stats(): Tables;
  /** The same in the text format of Prometheus. */
  prometheus(prefix?: string): string;
  /** Lines of this level and above become `log` events. null, as at first: warnings and errors go to stderr. */
  setLogLevel(level: LogLevel | null): void;

  /** After unref() an open session does not keep the program alive; after ref() it does again. */
  ref(): this;
  unref(): this;
  /**
   * Takes no more work, flushes producers, finishes the commits of answered messages, fails the rest with `closed`, and
   * closes the connections, all within `deadline` milliseconds (otherwise `close.timeout.ms`).
   */
  close(options?: { deadline?: number }): Promise<void>;
}

export interface ProducerRecord {
  topic: string;
  key?: Bytes | null;
  /** null or undefined: a tombstone. */
  value?: Bytes | null;
  /** Without it the option `partitioner` chooses. */
  partition?: number;
  /** Milliseconds since 1970; otherwise now. */
  timestamp?: number;
  headers?: Record<string, Bytes | null | undefined> | Map<string, Bytes | null> |
    readonly (readonly [string, Bytes | null])[];
}

/** Where a record is stored. */
export interface Stored extends Partition {
  /** -1 with acks=0. */
  offset: number;
  timestamp: number;
}

/** Where each record of a batch is stored, in the order of the batch. */
export interface StoredBatch {
  topic: string;
  count: number;
  partitions: Int32Array;
  /** -1: it is not stored. */
  offsets: Float64Array;
  /** Only in an error: why each record was not stored. */
  errors?: (KafkaError | undefined)[];
}

/**
 * What sendBatch() takes: values, records, columns, or columns that are packed already. In packed ones item k has the
 * bytes from where item k - 1 ends up to its own end; the bit 0x80000000 in an end makes the item null.
 */
export type BatchInput =
  | readonly (Bytes | null)[]
  | readonly { key?: Bytes | null; value?: Bytes | null }[]
  | { values: readonly (Bytes | null)[]; keys?: readonly (Bytes | null)[] }
  | { values: Uint8Array; valueEnds: Uint32Array; keys?: Uint8Array; keyEnds?: Uint32Array };

export class Producer {
  private constructor();
  /**
   * Sends one record. What is sent in one piece of work leaves together. While `buffer.memory` is full records wait;
   * nothing is refused for that. @see room()
   */
  send(record: ProducerRecord): Promise<Stored>;
  /**
   * Sends many records of one topic, with one promise. It rejects when the last outcome is known and one of them
   * failed; the error has `failed`, and `result` with the outcome of each.
   */
  sendBatch(topic: string, batch: BatchInput, options?: { partition?: number }): Promise<StoredBatch>;
  /** Resolves when no record waits for room. Whoever does not await what send() gives awaits this now and then. */
  room(): Promise<void>;
  /** Sends what lingers, and resolves when everything that was sent before has its outcome. */
  flush(): Promise<void>;
  /** Gives up every record without an outcome: each is rejected with `cancelled`. */
  abort(): void;
  /** Records that the library holds without an outcome. */
  readonly queued: number;
  /** Flushes within `deadline` milliseconds (otherwise `delivery.timeout.ms`); the rest is rejected with `closed`. */
  close(options?: { deadline?: number }): Promise<void>;
}

/** What a consumer hears of its partitions. Handlers run at once; what they throw is an uncaught exception. */
export interface PartitionHandlers {
  /** Partitions that came, before their first message. A seek in it wins over the stored offset. */
  onAssigned?(partitions: Partition[]): void;
  /** Partitions that go. Their messages may still be answered for this many milliseconds. */
  onRevoking?(partitions: Partition[], left: number): void;
  /** Partitions that have gone; what was answered is stored. The group waits for the promise that it may return. */
  onRevoked?(partitions: Partition[]): void | Promise<void>;
  /** Partitions that others may own already, because the coordinator has put this member out. */
  onLost?(partitions: Partition[], why: KafkaError): void;
  /** Each time the end of a partition is reached. */
  onPartitionEnd?(place: Partition & { offset: number }): void;
  /** Resets, truncations, stopped and resumed partitions. Without it the session's `event` has them. */
  onEvent?(event: KafkaEvent): void;
}

/** What a consumer reads. */
export type Source = PartitionHandlers & (
  /** As a member of the group, which shares the partitions of these topics out. */
  | { group: string; topics: string | readonly string[] }
  /** The same for topics whose whole names match (RE2's syntax), now and later. */
  | { group: string; pattern: string | RegExp }
  /** These partitions, from the group's offsets, or without a group from the places' own. */
  | { group?: string; partitions: Place | readonly Place[] }
  /** All partitions of these topics, also those that are made later. */
  | { group?: string; allPartitions: string | readonly string[] }
);

/**
 * `for await (const message of consumer)`: one message after another. The option `ordering` says how many may be open
 * at a time. A loop that is left gives back what is not answered: the next loop begins with it. The loop ends when the
 * consumer or its session is closed, and throws what ends a consumption for good.
 */
export class Consumer implements AsyncIterable<Message> {
  private constructor();
  [Symbol.asyncIterator](): AsyncIterableIterator<Message>;
  /** The same in batches of at most `max` messages (1000), as they come. */
  batches(options?: { max?: number }): AsyncIterableIterator<Batch>;
  /** Ends the loop when what was handed out is answered. */
  stop(): Promise<void>;

  /** Without a list: all, and those that come later. */
  pause(partitions?: Partition | readonly Partition[]): void;
  resume(partitions?: Partition | readonly Partition[]): void;
  seek(place: Partition & ({ offset: Offset } | { timestamp: number })): void;
  /** The offset of the oldest open message, or of the next one; -1 while it is not known. */
  position(topic: string, partition: number): number;
  atEnd(topic: string, partition: number): boolean;
  /** What is read now. */
  readonly partitions: Partition[];

  /** Of members: other topics, or another pattern. */
  subscribe(to: { topics: string | readonly string[] } | { pattern: string | RegExp }): void;
  rebalance(reason?: string): void;
  /** The member's place in its group. */
  readonly group: {
    state: string; member_id: string; generation: number; assignor: string; leader: number; owned: Partition[];
  };
  /** `leave`: true leaves the group, false keeps the place in it; otherwise static members (group.instance.id) stay. */
  close(options?: { leave?: boolean }): Promise<void>;
}

/** One message, open until commit() or ack(). */
export class Message {
  private constructor();
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  /** Milliseconds since 1970; -1: none. */
  readonly timestamp: number;
  readonly key: Buffer | null;
  /** null: a tombstone. */
  readonly value: Buffer | null;
  /** The value as a string. */
  readonly text: string | null;
  readonly headers: [string, Buffer | null][];
  /**
   * Stores the offset behind it in the group. Commits one after another in one piece of work are one, and share the
   * promise. Whoever does not await it hears of a failure too: it ends the loop. It rejects with `lost` if the
   * partition has gone, and with `already_answered`.
   */
  commit(metadata?: string): Promise<void>;
  /** Moves on and stores nothing. The commit of a later message covers it. */
  ack(): void;
  toJSON(): object;
}

/** Messages that came together, as columns. Item k of keys and values ends at its end, as in `BatchInput`. */
export class Batch implements Iterable<Message> {
  private constructor();
  readonly count: number;
  readonly topics: string[];
  /** Into `topics`. */
  readonly topicIndexes: Uint32Array;
  readonly partitions: Int32Array;
  readonly offsets: Float64Array;
  readonly timestamps: Float64Array;
  readonly keys: Buffer;
  readonly keyEnds: Uint32Array;
  readonly values: Buffer;
  readonly valueEnds: Uint32Array;
  topic(k: number): string;
  key(k: number): Buffer | null;
  value(k: number): Buffer | null;
  text(k: number): string | null;
  headers(k: number): [string, Buffer | null][];
  message(k: number): Message;
  [Symbol.iterator](): IterableIterator<Message>;
  /** Commits what is not answered of it. */
  commit(metadata?: string): Promise<void>;
  ack(): void;
}

/** Administration of groups. */
export class Groups {
  private constructor();
  list(options?: { states?: string | readonly string[]; types?: string | readonly string[] }): Promise<Tables>;
  describe(names: string | readonly string[]): Promise<Tables>;
  lag(group: string): Promise<Row[]>;
  delete(names: string | readonly string[]): Promise<Row[]>;
  deleteOffsets(group: string, partitions: Partition | readonly Partition[]): Promise<Row[]>;
  removeMembers(group: string, members: {
    memberIds?: readonly string[]; instanceIds?: readonly string[]; reason?: string;
  }): Promise<Row[]>;
  /** What the group has stored. */
  offsets(group: string, partitions: Partition | readonly Partition[]): Promise<FoundPlace[]>;
  commit(group: string, places: Place | readonly Place[]): Promise<FoundPlace[]>;
  reset(group: string, partitions: Partition | readonly Partition[], to?: 'earliest' | 'latest'): Promise<FoundPlace[]>;
}
