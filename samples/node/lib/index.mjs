import uvkafka from './index.js';

export const { KafkaError, Session, describeOptions, version } = uvkafka;
export default uvkafka;
