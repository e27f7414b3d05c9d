// What the clients of the benchmark share: their arguments, the records, and how work is measured.

export const BATCH = 1000; // records that are sent with one call
export const WINDOW = 1000; // records with a promise each that are under way
export const AT_A_TIME = 4; // calls with a batch that are under way
export const VALUE = 'x'.repeat(100);

/** The words of the command line: client.mjs WORK BROKERS TOPIC COUNT. */
export function given() {
  const [work, brokers, topic, count] = process.argv.slice(2);
  return { work, brokers, topic, count: Number(count) };
}

/** Runs a function and prints its cost: the CPU time of this process, garbage collection included. */
export async function measure(count, run) {
  const begun = process.hrtime.bigint();
  const before = process.cpuUsage();
  const more = await run();
  const { user, system } = process.cpuUsage(before);
  const seconds = Number(process.hrtime.bigint() - begun) / 1e9;
  console.log(JSON.stringify({ micros: (user + system) / count, rate: count / seconds, ...more }));
}

/** Sends `count` times, one after another. The median time of one, in microseconds. */
export async function latencies(count, send) {
  const times = [];
  for (let k = 0; k < count; ++k) {
    const begun = process.hrtime.bigint();
    await send();
    times.push(Number(process.hrtime.bigint() - begun) / 1000);
  }
  times.sort((a, b) => a - b);
  return { p50: times[count >> 1], p99: times[Math.floor(count * 0.99)] };
}

/** Calls `send(k)` for k below `calls`, with at most `atATime` of them under way. */
export async function overlap(calls, atATime, send) {
  let next = 0;
  const one = async () => {
    while (next < calls) await send(next++);
  };
  await Promise.all(Array.from({ length: atATime }, one));
}

/** Calls `send()` `count` times in windows: each is filled in one go, and the next when all of it is done. */
export async function windows(count, send) {
  for (let done = 0; done < count; done += WINDOW) {
    const outcomes = [];
    for (let k = 0; k < WINDOW; ++k) outcomes.push(send());
    await Promise.all(outcomes);
  }
}
