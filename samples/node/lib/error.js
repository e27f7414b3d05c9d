'use strict';

/** Why something failed. */
class KafkaError extends Error {
  /**
   * @param code the name, for example `unknown_topic_or_partition`
   * @param number Kafka's number, or the library's (-1000 and below)
   * @param message what the code means, then what and where
   * @param detail what and where: the option, topic, partition, address or limit
   * @param retriable the same may succeed later
   * @param fatal the object that reported it can no longer be used
   */
  constructor(code, number, message, detail, retriable, fatal) {
    super(message);
    this.code = code;
    this.number = number;
    this.detail = detail;
    this.retriable = retriable;
    this.fatal = fatal;
  }
}
Object.defineProperty(KafkaError.prototype, 'name', { value: 'KafkaError', configurable: true, writable: true });

module.exports = { KafkaError };
