// Where Apache Kafka's own client puts keys; partition_oracle.py runs it around partition_lines.
//
//     java -cp 'LIBS/*' PartitionOracle.java SEED COUNT > theirs
//
// A line is KEY  PARTITIONS  PARTITION, tab-separated, the key in hex (empty: an empty key): random keys, most of them
// short, some up to 100 KB, each with several partition counts. BuiltInPartitioner is what KafkaProducer asks for every
// record with a key; releases before 3.3 had the same in DefaultPartitioner.
import java.io.*;
import java.util.*;
import org.apache.kafka.clients.producer.internals.BuiltInPartitioner;
import org.apache.kafka.common.utils.Utils;

public class PartitionOracle {
    static final int[] COUNTS = {1, 2, 3, 7, 12, 100, 1000, 65536, Integer.MAX_VALUE};

    static int length(Random random, int number) {
        if (number < 70) return number;  // every remainder, several times
        int kind = random.nextInt(100);
        return kind < 90 ? random.nextInt(64) : kind < 99 ? random.nextInt(2000) : random.nextInt(100_000);
    }

    public static void main(String[] arguments) throws IOException {
        Random random = new Random(Long.parseLong(arguments[0]));
        int keys = Integer.parseInt(arguments[1]);
        try (PrintWriter out = new PrintWriter(new BufferedWriter(new OutputStreamWriter(System.out, "US-ASCII")))) {
            for (int number = 0; number < keys; number++) {
                byte[] key = new byte[length(random, number)];
                random.nextBytes(key);
                String hex = HexFormat.of().formatHex(key);
                for (int draw = 0; draw < 3; draw++) {
                    int count = draw == 0 ? 1 + random.nextInt(3000) : COUNTS[random.nextInt(COUNTS.length)];
                    int partition = BuiltInPartitioner.partitionForKey(key, count);
                    if (partition != Utils.toPositive(Utils.murmur2(key)) % count) {
                        throw new AssertionError("Kafka's client differs from what its manual says");
                    }
                    out.println(hex + "\t" + count + "\t" + partition);
                }
            }
        }
    }
}
