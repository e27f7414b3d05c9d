// Writes records fields as Apache Kafka's own client compresses them, and reads what we made of them;
// codec_oracle.py runs it around codec_check.
//
//     java -cp 'LIBS/*' CodecOracle.java write CODEC[,CODEC]... > theirs
//     java -cp 'LIBS/*' CodecOracle.java compare theirs ours
//
// A line is MAGIC  CODEC  LEVEL  HEX, tab-separated: one records field, for every codec, its levels, the formats that
// carry it and sizes from nothing to a megabyte. `compare` wants the same records in each line of both files, and for
// magic 0 the header checksum of lz4 that brokers before 0.10 expect.
import java.io.*;
import java.nio.ByteBuffer;
import java.nio.file.*;
import java.util.*;
import org.apache.kafka.common.compress.*;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.record.*;

public class CodecOracle {
    static final long TIME = 1700000000000L;
    static final byte[] BROKEN_LZ4 = {0x04, 0x22, 0x4d, 0x18, 0x60, 0x40, 0x1a};

    static Map<Integer, Compression> levels(String codec) {
        Map<Integer, Compression> all = new TreeMap<>();
        switch (codec) {
            case "gzip" -> {
                all.put(-1, Compression.gzip().build());
                for (int level : new int[] {1, 6, 9}) all.put(level, Compression.gzip().level(level).build());
            }
            case "snappy" -> all.put(-1, Compression.snappy().build());
            case "lz4" -> {
                all.put(-1, Compression.lz4().build());
                for (int level : new int[] {1, 9, 17}) all.put(level, Compression.lz4().level(level).build());
            }
            case "zstd" -> {
                all.put(-1, Compression.zstd().build());
                for (int level : new int[] {1, 3, 12, 22}) all.put(level, Compression.zstd().level(level).build());
            }
            default -> throw new IllegalArgumentException(codec);
        }
        return all;
    }

    static byte[] value(Random random, int size) {
        byte[] bytes = new byte[size];
        switch (random.nextInt(3)) {
            case 0 -> random.nextBytes(bytes);
            case 1 -> Arrays.fill(bytes, (byte) 'x');
            default -> {
                for (int i = 0; i < size; i++) bytes[i] = (byte) ("{\"user\":" + (i / 40) % 90 + ",\"page\":\"/index.html\"}").charAt(i % 20);
            }
        }
        return bytes;
    }

    static void write(String codec) {
        Random random = new Random(codec.hashCode());
        int[][] sizes = {{0}, {1}, {100, 0, 7}, {1000, 1000, 1000, 1000}, {65536}, {70000, 3}, {1000000}};
        for (byte magic = 0; magic <= 2; magic++) {
            if (magic < 2 && codec.equals("zstd")) continue;
            for (Map.Entry<Integer, Compression> level : levels(codec).entrySet()) {
                for (int[] records : sizes) {
                    MemoryRecordsBuilder builder;
                    builder = MemoryRecords.builder(ByteBuffer.allocate(4096), magic, level.getValue(), TimestampType.CREATE_TIME, 0);
                    for (int i = 0; i < records.length; i++) {
                        byte[] key = i % 2 == 0 ? null : ("key" + i).getBytes();
                        Header[] headers = magic == 2 && i == 0 ? new Header[] {new RecordHeader("h", null)} : new Header[0];
                        builder.appendWithOffset(i, magic == 0 ? RecordBatch.NO_TIMESTAMP : TIME + i, key, value(random, records[i]), headers);
                    }
                    ByteBuffer built = builder.build().buffer();
                    byte[] bytes = new byte[built.remaining()];
                    built.get(bytes);
                    System.out.println(magic + "\t" + codec + "\t" + level.getKey() + "\t" + HexFormat.of().formatHex(bytes));
                }
            }
        }
    }

    static List<String> records(String[] line) {
        byte[] bytes = HexFormat.of().parseHex(line[3]);
        List<String> all = new ArrayList<>();
        for (MutableRecordBatch batch : MemoryRecords.readableRecords(ByteBuffer.wrap(bytes)).batches()) {
            batch.ensureValid();
            if (!batch.compressionType().name.equals(line[1])) throw new IllegalStateException("codec " + batch.compressionType());
            if (batch.magic() != Byte.parseByte(line[0])) throw new IllegalStateException("magic " + batch.magic());
            for (org.apache.kafka.common.record.Record record : batch) {
                record.ensureValid();
                all.add(record.offset() + " " + record.timestamp() + " " + record.key() + record.keySize() + " " + hash(record.value())
                    + " " + record.valueSize() + " " + Arrays.toString(record.headers()));
            }
        }
        return all;
    }

    static int hash(ByteBuffer bytes) {
        byte[] copy = new byte[bytes.remaining()];
        bytes.duplicate().get(copy);
        return Arrays.hashCode(copy);
    }

    static int compare(String theirs, String ours) throws IOException {
        List<String> wanted = Files.readAllLines(Path.of(theirs)), got = Files.readAllLines(Path.of(ours));
        int different = wanted.size() == got.size() ? 0 : 1;
        for (int i = 0; i < Math.min(wanted.size(), got.size()); i++) {
            String[] a = wanted.get(i).split("\t"), b = got.get(i).split("\t");
            String what = "magic " + a[0] + ", " + a[1] + " level " + a[2] + ", line " + (i + 1) + ": ";
            try {
                if (!records(a).equals(records(b))) throw new IllegalStateException("other records");
                if (a[0].equals("0") && a[1].equals("lz4") && !b[3].contains(HexFormat.of().formatHex(BROKEN_LZ4))) {
                    throw new IllegalStateException("the header checksum is not what 0.9 expects");
                }
            } catch (RuntimeException error) {
                different++;
                System.out.println("DIFFERENT " + what + error + (b.length > 3 ? "" : " " + got.get(i)));
            }
        }
        System.out.println(wanted.size() + " fields by Kafka, " + got.size() + " by us, " + different + " different");
        return different;
    }

    public static void main(String[] arguments) throws IOException {
        if (arguments[0].equals("compare")) System.exit(compare(arguments[1], arguments[2]) == 0 ? 0 : 1);
        for (String codec : arguments[1].split(",")) write(codec);
    }
}
