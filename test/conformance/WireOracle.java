// Prints random Kafka messages as Apache Kafka's own serializer writes them; wire_oracle.py holds our codec
// against them.
//
//     java -cp 'LIBS/*' WireOracle.java SEED COUNT [FIRST_API [LAST_API]]
//
// LIBS is a folder of published Kafka jars (test/broker/kafka_cluster.py keeps one per version). For every API
// that listens on a broker, every version, request and response, COUNT messages are drawn from the
// message schemas that kafka-clients ships, and one line is printed for each, tab-separated:
//
//     API_KEY  NAME  VERSION  request|response  FLEXIBLE(0|1)  HEX  JSON
//
// HEX is the message body (no header), JSON the same message as Kafka's JsonConverter prints it.
// The same SEED prints the same lines.
import com.fasterxml.jackson.databind.*;
import com.fasterxml.jackson.databind.node.*;
import java.io.*;
import java.nio.ByteBuffer;
import java.util.*;
import org.apache.kafka.common.message.ApiMessageType;
import org.apache.kafka.common.protocol.*;

public class WireOracle {
    static final ObjectMapper MAPPER = new ObjectMapper().enable(com.fasterxml.jackson.core.JsonParser.Feature.ALLOW_COMMENTS);
    static Random random;

    record Versions(int low, int high) {
        static Versions parse(String text) {
            if (text == null || text.equals("none")) return new Versions(0, -1);
            if (text.endsWith("+")) return new Versions(Integer.parseInt(text.substring(0, text.length() - 1)), 32767);
            int dash = text.indexOf('-');
            if (dash < 0) return new Versions(Integer.parseInt(text), Integer.parseInt(text));
            return new Versions(Integer.parseInt(text.substring(0, dash)), Integer.parseInt(text.substring(dash + 1)));
        }
        boolean has(int version) { return low <= version && version <= high; }
    }

    static Versions versions(JsonNode field, String name) {
        return Versions.parse(field.has(name) ? field.get(name).asText() : null);
    }

    static String word() {
        String[] words = {"", "a", "orders", "payments.v2", "группа", "\"quoted\" \\ / 😀 \u2028",
                "\b\f\n\r\t\0\u0001\u001f\u007f\u0080", "x".repeat(random.nextInt(300)), "topic-" + random.nextInt(1000)};
        return words[random.nextInt(words.length)];
    }

    static long extreme(int bits) {
        long all = bits == 64 ? -1L : (1L << bits) - 1, highest = all >>> 1;
        return switch (random.nextInt(5)) {
            case 0 -> 0;
            case 1 -> highest;
            case 2 -> -highest - 1;
            case 3 -> -1;
            default -> random.nextInt((int) Math.min(highest, 100000) + 1);
        };
    }

    static JsonNode scalar(String type) {
        JsonNodeFactory f = JsonNodeFactory.instance;
        return switch (type) {
            case "bool" -> f.booleanNode(random.nextBoolean());
            case "int8" -> f.numberNode((int) extreme(8));
            case "int16" -> f.numberNode((int) extreme(16));
            case "uint16" -> f.numberNode(random.nextInt(65536));
            case "int32" -> f.numberNode((int) extreme(32));
            case "uint32" -> f.numberNode(random.nextInt() & 0xffffffffL);
            case "int64" -> f.numberNode(extreme(64));
            case "float64" -> f.numberNode(random.nextDouble() * 1000 - 500);
            case "string" -> f.textNode(word());
            case "uuid" -> f.textNode(new org.apache.kafka.common.Uuid(random.nextLong(), random.nextLong()).toString());
            case "bytes" -> { byte[] b = new byte[random.nextInt(40)]; random.nextBytes(b); yield f.binaryNode(b); }
            default -> null;
        };
    }

    static JsonNode value(JsonNode field, String type, int version, Map<String, JsonNode> structs, int depth) {
        if (versions(field, "nullableVersions").has(version) && random.nextInt(4) == 0) return NullNode.instance;
        if (type.startsWith("[]")) {
            ArrayNode array = JsonNodeFactory.instance.arrayNode();
            int length = random.nextInt(depth > 2 ? 2 : 4);
            for (int i = 0; i < length; i++) {
                ObjectNode element = new ObjectNode(JsonNodeFactory.instance);
                element.set("x", plain(field, type.substring(2), version, structs, depth + 1));
                array.add(element.get("x"));
            }
            return array;
        }
        return plain(field, type, version, structs, depth);
    }

    static JsonNode plain(JsonNode field, String type, int version, Map<String, JsonNode> structs, int depth) {
        JsonNode made = scalar(type);
        if (made != null) return made;
        if (type.equals("records")) return scalar("bytes");
        JsonNode fields = field.has("fields") ? field.get("fields") : structs.get(type);
        return object(fields, version, structs, depth + 1);
    }

    static ObjectNode object(JsonNode fields, int version, Map<String, JsonNode> structs, int depth) {
        ObjectNode node = new ObjectNode(JsonNodeFactory.instance);
        for (JsonNode field : fields) {
            if (field.has("tag")) {
                if (!versions(field, "taggedVersions").has(version) || random.nextBoolean()) continue;
            } else if (!versions(field, "versions").has(version)) continue;
            String name = field.get("name").asText(), type = field.get("type").asText();
            JsonNode made = value(field, type, version, structs, depth);
            node.set(Character.toLowerCase(name.charAt(0)) + name.substring(1), made);
        }
        return node;
    }

    public static void main(String[] arguments) throws Exception {
        long seed = Long.parseLong(arguments[0]);
        int count = Integer.parseInt(arguments[1]);
        int first = arguments.length > 2 ? Integer.parseInt(arguments[2]) : 0;
        int last = arguments.length > 3 ? Integer.parseInt(arguments[3]) : 32767;
        PrintStream out = new PrintStream(new BufferedOutputStream(System.out, 1 << 16));
        for (ApiMessageType api : ApiMessageType.values()) {
            if (api.apiKey() < first || api.apiKey() > last || !api.listeners().contains(ApiMessageType.ListenerType.BROKER)) continue;
            for (String direction : List.of("Request", "Response")) {
                InputStream resource = WireOracle.class.getResourceAsStream("/common/message/" + api.name + direction + ".json");
                if (resource == null) continue;
                JsonNode schema = MAPPER.readTree(resource);
                Map<String, JsonNode> structs = new HashMap<>();
                if (schema.has("commonStructs")) for (JsonNode s : schema.get("commonStructs")) structs.put(s.get("name").asText(), s.get("fields"));
                Deque<JsonNode> pending = new ArrayDeque<>();
                pending.add(schema.get("fields"));
                while (!pending.isEmpty()) for (JsonNode field : pending.pop()) if (field.has("fields")) {
                    structs.put(field.get("type").asText().replace("[]", ""), field.get("fields"));
                    pending.add(field.get("fields"));
                }
                Class<?> converter = Class.forName("org.apache.kafka.common.message." + api.name + direction + "DataJsonConverter");
                Class<?> data = Class.forName("org.apache.kafka.common.message." + api.name + direction + "Data");
                Versions flexible = versions(schema, "flexibleVersions"), valid = versions(schema, "validVersions");
                for (int version = valid.low(); version <= valid.high(); version++) for (int i = 0; i < count; i++) {
                    random = new Random(seed * 1_000_003L + ((api.apiKey() * 64L + version) * 2 + (direction.equals("Request") ? 0 : 1)) * 1000 + i);
                    try {
                        ObjectNode json = object(schema.get("fields"), version, structs, 0);
                        Message message = (Message) converter.getMethod("read", JsonNode.class, short.class).invoke(null, json, (short) version);
                        ObjectSerializationCache cache = new ObjectSerializationCache();
                        ByteBuffer buffer = ByteBuffer.allocate(message.size(cache, (short) version));
                        message.write(new ByteBufferAccessor(buffer), cache, (short) version);
                        JsonNode printed = (JsonNode) converter.getMethod("write", data, short.class).invoke(null, message, (short) version);
                        out.printf("%d\t%s\t%d\t%s\t%d\t%s\t%s%n", api.apiKey(), api.name, version, direction.toLowerCase(),
                                flexible.has(version) ? 1 : 0, HexFormat.of().formatHex(buffer.array()), printed);
                    } catch (java.lang.reflect.InvocationTargetException e) {
                        System.err.printf("%s%s v%d: %s%n", api.name, direction, version, e.getCause());
                    } catch (Exception e) {
                        System.err.printf("%s%s v%d: %s%n", api.name, direction, version, e);
                    }
                }
            }
        }
        out.flush();
    }
}
