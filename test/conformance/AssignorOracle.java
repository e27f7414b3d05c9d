// Prints random group memberships and what Apache Kafka's own assignors make of them, to test others against.
//
//     java -cp 'LIBS/*' AssignorOracle.java SEED COUNT [PROFILE]
//
// LIBS is a folder of published Kafka jars (test/broker/kafka_cluster.py keeps one per version); tried with 3.9.1 and 4.3.1.
// PROFILE is `any` (default) or one word of Case.PROFILES. One line of JSON per membership:
//
//     members     id, instance, rack, topics, owned (as said to the leader), generation (of `owned`)
//     topics      name, partitions: for each one the racks of its replicas (null: a broker without rack)
//     results     per assignor: assignment {member: {topic: [partitions]}}, metrics, `depends_on` (see below)
//     wire        per member: subscription bytes at versions 0 to 3, user data of sticky and of cooperative-sticky;
//                 the range assignment at versions 0 to 3, the others at the newest
//
// results: range, roundrobin, sticky (what a member owned comes from its user data), cooperative-sticky-balanced (what
// the algorithm wants), cooperative-sticky (what it answers: without partitions that have to be given up first),
// cooperative-sticky-rounds: the answers of the rounds that follow as members give up and rejoin, until nothing moves.
//
// `faults` is the list of what is wrong with Java's answer itself: nonexistent (a partition that the topic does not have),
// unwanted, twice, missing; `error` stands there instead of all when it threw. Both come from old claims (profile odd:
// partitions beyond the topic's end, topics that are gone). Not to be compared: any valid assignment is better.
//
// `depends_on` is the list of what should not matter and did, so that nobody is asked for the same bytes there:
//     order   the order in which members and topics are handed over (JoinGroup's and metadata's)
//     hash    the names themselves: all were replaced by others that sort alike. Java iterates over its hash maps.
// With an empty list the assignment is a function of the sorted names alone, and another implementation has to give
// the same one. Otherwise compare `metrics`:
//     spread  most minus fewest partitions, over members with at least one topic that exists
//     pairs   sum over all pairs of members of the difference of their counts
//     moved   partitions whose last owner (newest generation, not claimed twice in it) is there, still wants the topic,
//             and lost it
//     rack    partitions whose member has a replica in its own rack
//     waiting partitions that nobody got in this round, though somebody wants them
// The same SEED prints the same lines. Summary on stderr.
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.*;
import java.io.*;
import java.nio.ByteBuffer;
import java.util.*;
import java.util.function.UnaryOperator;
import org.apache.kafka.clients.consumer.*;
import org.apache.kafka.clients.consumer.ConsumerPartitionAssignor.*;
import org.apache.kafka.clients.consumer.internals.*;
import org.apache.kafka.common.*;
import org.apache.kafka.common.utils.AppInfoParser;

public class AssignorOracle {
    static final ObjectMapper MAPPER = new ObjectMapper();
    static final JsonNodeFactory F = JsonNodeFactory.instance;
    static final int RENAMINGS = 6, SHUFFLES = 4;
    static final short NEWEST = 3;

    record Member(String id, String instance, String rack, List<String> topics, List<TopicPartition> owned, int generation) {}

    /// A membership: everything an assignor is told.
    static class Case {
        static final List<String> PROFILES = List.of("plain", "racks", "unequal", "rejoin", "zombies", "claims", "odd", "large");
        final TreeMap<String, List<List<String>>> topics = new TreeMap<>();  // racks of the replicas of each partition
        final List<Member> members = new ArrayList<>();
        String profile;
    }

    // --- drawing one ---------------------------------------------------------

    static String word(Random r, String stem, int number) {
        String[] forms = {stem + number, stem + "-" + Integer.toHexString(r.nextInt()), stem.toUpperCase() + "_" + number + ".v" + r.nextInt(3),
                "z" + stem + "." + r.nextInt(100000)};
        return forms[r.nextInt(forms.length)];
    }

    static String memberId(Random r, int number) {
        return (r.nextInt(3) == 0 ? "rdkafka" : "consumer-g-" + number) + "-" + new UUID(r.nextLong(), r.nextLong());
    }

    static Case draw(long seed, String wanted) {
        Random r = new Random(seed * 0x9E3779B97F4A7C15L + 12345);
        Case c = new Case();
        c.profile = wanted.equals("any") ? Case.PROFILES.get(r.nextInt(Case.PROFILES.size())) : wanted;
        boolean large = c.profile.equals("large"), odd = c.profile.equals("odd");
        boolean unequal = c.profile.equals("unequal") || (odd || large) && r.nextBoolean();
        boolean racks = c.profile.equals("racks") || r.nextInt(5) == 0;
        boolean history = List.of("rejoin", "zombies", "claims", "odd").contains(c.profile) || r.nextInt(3) == 0;

        int topicCount = 1 + r.nextInt(large ? 20 : 5), nodes = 1 + r.nextInt(6), replicas = 1 + r.nextInt(3);
        String[] rackNames = {"rack-a", "b", "eu-west-1c", "d"};
        int rackCount = 1 + r.nextInt(rackNames.length);
        String[] nodeRacks = new String[nodes];
        for (int i = 0; i < nodes; ++i) nodeRacks[i] = !racks || r.nextInt(12) == 0 ? null : rackNames[r.nextInt(rackCount)];
        while (c.topics.size() < topicCount) {
            int partitions = odd && r.nextInt(6) == 0 ? 0 : 1 + r.nextInt(large ? 60 : r.nextInt(4) == 0 ? 24 : 6);
            List<List<String>> all = new ArrayList<>();
            int first = r.nextInt(nodes);
            for (int p = 0; p < partitions; ++p) {
                List<String> of = new ArrayList<>();
                for (int k = 0; k < Math.min(replicas, nodes); ++k) of.add(nodeRacks[(first + p + k) % nodes]);
                all.add(of);
            }
            c.topics.put(word(r, "t", c.topics.size()), all);
        }
        List<String> names = new ArrayList<>(c.topics.keySet());
        // Two topics of the same size and racks are what range's co-partitioning is about.
        if (names.size() > 1 && r.nextInt(3) == 0) c.topics.put(names.get(1), new ArrayList<>(c.topics.get(names.get(0))));

        int count = 1 + r.nextInt(large ? 40 : 8);
        boolean allRacks = r.nextInt(4) != 0;
        for (int i = 0; i < count; ++i) {
            List<String> wants = new ArrayList<>();
            for (String name : names) if (!unequal || r.nextInt(3) != 0) wants.add(name);
            if (odd && r.nextInt(4) == 0) wants.add("missing-" + r.nextInt(3));
            if (odd && r.nextInt(8) == 0) wants.clear();
            Collections.shuffle(wants, r);
            String rack = racks && (allRacks || r.nextBoolean()) ? rackNames[r.nextInt(rackNames.length)] : null;
            if (racks && r.nextInt(20) == 0) rack = "nowhere";
            c.members.add(new Member(memberId(r, i), r.nextInt(4) == 0 ? word(r, "instance", i) : null, rack, wants, List.of(), -1));
        }
        Set<String> instances = new HashSet<>();
        c.members.replaceAll(m -> m.instance() == null || instances.add(m.instance()) ? m
                : new Member(m.id(), null, m.rack(), m.topics(), m.owned(), m.generation()));
        if (history) remember(c, r);
        Collections.shuffle(c.members, r);
        return c;
    }

    /// Gives members a past: an earlier balance of some of them, then whatever the profile does to it.
    static void remember(Case c, Random r) {
        int generation = 1 + r.nextInt(1000);
        List<Member> before = new ArrayList<>();
        for (Member m : c.members) if (r.nextInt(4) != 0) before.add(m);
        int gone = r.nextInt(3);  // members that have left since
        for (int i = 0; i < gone && !c.members.isEmpty(); ++i) {
            Member like = c.members.get(r.nextInt(c.members.size()));
            before.add(new Member(memberId(r, 900 + i), null, like.rack(), like.topics(), List.of(), -1));
        }
        if (before.isEmpty()) return;
        Case past = new Case();
        past.topics.putAll(c.topics);
        past.members.addAll(before);
        if (r.nextInt(4) == 0) past.topics.replaceAll((name, all) -> new ArrayList<>(all.subList(0, (all.size() + 1) / 2)));  // grew since
        Map<String, List<TopicPartition>> had = r.nextInt(6) == 0 ? run("range", past, null) : run("sticky", past, null);
        List<TopicPartition> every = new ArrayList<>();
        c.topics.forEach((name, all) -> { for (int p = 0; p < all.size(); ++p) every.add(new TopicPartition(name, p)); });
        for (int i = 0; i < c.members.size(); ++i) {
            Member m = c.members.get(i);
            List<TopicPartition> owned = new ArrayList<>(had.getOrDefault(m.id(), List.of()));
            int said = owned.isEmpty() && r.nextBoolean() ? -1 : generation;
            switch (c.profile) {
                case "zombies" -> {  // was away for a few generations, and says what it had then
                    if (r.nextInt(3) == 0) {
                        said = Math.max(0, generation - 1 - r.nextInt(3));
                        for (TopicPartition p : every) if (r.nextInt(4) == 0 && !owned.contains(p)) owned.add(p);
                    }
                }
                case "claims" -> {  // two say they have the same in the same generation
                    for (TopicPartition p : every) if (r.nextInt(6) == 0 && !owned.contains(p)) owned.add(p);
                }
                case "odd" -> {
                    if (r.nextInt(3) == 0) said = -1;
                    if (r.nextInt(3) == 0) owned.add(new TopicPartition("missing-" + r.nextInt(3), r.nextInt(3)));
                    if (r.nextInt(3) == 0 && !every.isEmpty()) owned.add(new TopicPartition(every.get(0).topic(), 90 + r.nextInt(9)));
                    if (r.nextInt(3) == 0 && !every.isEmpty()) {
                        TopicPartition p = every.get(r.nextInt(every.size()));
                        if (!owned.contains(p)) owned.add(p);
                    }
                }
                default -> { }
            }
            Collections.shuffle(owned, r);
            c.members.set(i, new Member(m.id(), m.instance(), m.rack(), m.topics(), owned, said));
        }
    }

    // --- asking Java ---------------------------------------------------------

    /// The algorithm of cooperative-sticky without the step that holds back what has to be given up first.
    static class Balanced extends AbstractStickyAssignor {
        static class Inner extends CooperativeStickyAssignor {
            MemberData of(Subscription subscription) { return memberData(subscription); }
        }
        final Inner inner = new Inner();
        @Override protected MemberData memberData(Subscription subscription) { return inner.of(subscription); }
        @Override public String name() { return "cooperative-sticky-balanced"; }
    }

    static AbstractPartitionAssignor assignor(String name) {
        return switch (name) {
            case "range" -> new RangeAssignor();
            case "roundrobin" -> new RoundRobinAssignor();
            case "sticky" -> new StickyAssignor();
            case "cooperative-sticky" -> new CooperativeStickyAssignor();
            default -> new Balanced();
        };
    }

    /// What the member's own assignor adds to its subscription, after the assignment that it remembers.
    @SuppressWarnings("removal")  // of a constructor in 4.x; 3.9 has no other
    static ByteBuffer userData(ConsumerPartitionAssignor assignor, Member m) {
        if (m.generation() >= 0) assignor.onAssignment(new Assignment(m.owned()), new ConsumerGroupMetadata("g", m.generation(), m.id(), Optional.ofNullable(m.instance())));
        return assignor.subscriptionUserData(new TreeSet<>(m.topics()));
    }

    static Subscription subscription(String assignor, Member m) {
        ByteBuffer data = switch (assignor) {
            case "sticky" -> userData(new StickyAssignor(), m);
            case "cooperative-sticky", "cooperative-sticky-balanced" -> userData(new CooperativeStickyAssignor(), m);
            default -> null;
        };
        boolean cooperative = assignor.startsWith("cooperative");  // the eager ones have given up everything by then
        Subscription s = new Subscription(m.topics(), data, cooperative ? m.owned() : List.of(), m.generation(), Optional.ofNullable(m.rack()));
        s.setGroupInstanceId(Optional.ofNullable(m.instance()));
        return s;
    }

    static List<PartitionInfo> infos(String topic, List<List<String>> racks) {
        List<PartitionInfo> all = new ArrayList<>();
        for (int p = 0; p < racks.size(); ++p) {
            Node[] nodes = new Node[racks.get(p).size()];
            for (int k = 0; k < nodes.length; ++k) nodes[k] = new Node(k, "h", 1, racks.get(p).get(k));
            all.add(new PartitionInfo(topic, p, null, nodes, nodes));  // who leads plays no part
        }
        return all;
    }

    /// With `shuffle` members and topics are handed over in that order; else as the Java client does it.
    static Map<String, List<TopicPartition>> run(String name, Case c, Random shuffle) {
        AbstractPartitionAssignor assignor = assignor(name);
        List<Member> order = new ArrayList<>(c.members);
        if (shuffle != null) Collections.shuffle(order, shuffle);
        // What a leader gets has gone over the wire: whatever Java sorts there is sorted.
        Map<String, Subscription> subscriptions = shuffle == null ? new HashMap<>() : new LinkedHashMap<>();
        for (Member m : order) {
            Subscription read = ConsumerProtocol.deserializeSubscription(ConsumerProtocol.serializeSubscription(subscription(name, m), NEWEST));
            read.setGroupInstanceId(Optional.ofNullable(m.instance()));
            subscriptions.put(m.id(), read);
        }
        Map<String, List<TopicPartition>> result = new TreeMap<>();
        if (shuffle == null) {
            List<PartitionInfo> all = new ArrayList<>();
            c.topics.forEach((topic, racks) -> all.addAll(infos(topic, racks)));
            Cluster cluster = new Cluster("id", List.of(), all, Set.of(), Set.of());
            assignor.assign(cluster, new GroupSubscription(subscriptions)).groupAssignment().forEach((id, a) -> result.put(id, a.partitions()));
        } else {
            Set<String> wanted = new HashSet<>();
            for (Member m : c.members) wanted.addAll(m.topics());
            List<String> topics = new ArrayList<>(c.topics.keySet());
            Collections.shuffle(topics, shuffle);
            Map<String, List<PartitionInfo>> perTopic = new LinkedHashMap<>();
            for (String topic : topics) if (wanted.contains(topic) && !c.topics.get(topic).isEmpty()) perTopic.put(topic, infos(topic, c.topics.get(topic)));
            result.putAll(assignor.assignPartitions(perTopic, subscriptions));
        }
        return result;
    }

    // --- the same membership under other names --------------------------------

    static Map<String, String> rename(Collection<String> names, String stem, Random r) {
        Map<String, String> to = new HashMap<>();
        int rank = 0;
        for (String name : new TreeSet<>(names)) to.put(name, String.format("%s%04d-%s", stem, rank++, Long.toHexString(r.nextLong())));
        return to;
    }

    static Map<String, List<TopicPartition>> runRenamed(String name, Case c, Random r, Random shuffle) {
        Set<String> topics = new HashSet<>(c.topics.keySet()), ids = new HashSet<>(), instances = new HashSet<>(), racks = new HashSet<>();
        for (Member m : c.members) {
            ids.add(m.id());
            topics.addAll(m.topics());
            m.owned().forEach(p -> topics.add(p.topic()));
            if (m.instance() != null) instances.add(m.instance());
            if (m.rack() != null) racks.add(m.rack());
        }
        c.topics.values().forEach(all -> all.forEach(of -> of.forEach(rack -> { if (rack != null) racks.add(rack); })));
        Map<String, String> topic = rename(topics, "t", r), id = rename(ids, "m", r), instance = rename(instances, "i", r), rack = rename(racks, "r", r);
        Case other = new Case();
        other.profile = c.profile;
        c.topics.forEach((n, all) -> {
            List<List<String>> named = new ArrayList<>();
            for (List<String> of : all) {
                List<String> one = new ArrayList<>();
                for (String name1 : of) one.add(name1 == null ? null : rack.get(name1));
                named.add(one);
            }
            other.topics.put(topic.get(n), named);
        });
        for (Member m : c.members) {
            List<TopicPartition> owned = new ArrayList<>();
            for (TopicPartition p : m.owned()) owned.add(new TopicPartition(topic.get(p.topic()), p.partition()));
            other.members.add(new Member(id.get(m.id()), m.instance() == null ? null : instance.get(m.instance()), m.rack() == null ? null : rack.get(m.rack()),
                    m.topics().stream().map(topic::get).toList(), owned, m.generation()));
        }
        Map<String, String> idBack = new HashMap<>(), topicBack = new HashMap<>();
        id.forEach((a, b) -> idBack.put(b, a));
        topic.forEach((a, b) -> topicBack.put(b, a));
        Map<String, List<TopicPartition>> result = new TreeMap<>();
        run(name, other, shuffle).forEach((m, list) -> result.put(idBack.get(m), list.stream().map(p -> new TopicPartition(topicBack.get(p.topic()), p.partition())).toList()));
        return result;
    }

    static Map<String, Set<TopicPartition>> asSets(Map<String, List<TopicPartition>> assignment) {
        Map<String, Set<TopicPartition>> sets = new TreeMap<>();
        assignment.forEach((id, list) -> { if (!list.isEmpty()) sets.put(id, new HashSet<>(list)); });
        return sets;
    }

    static ArrayNode dependsOn(String name, Case c, Map<String, List<TopicPartition>> result, long seed) {
        Map<String, Set<TopicPartition>> expected = asSets(result);
        boolean order = false, hash = false;
        for (int i = 0; i < SHUFFLES && !order; ++i) order = !asSets(run(name, c, new Random(seed * 31 + i))).equals(expected);
        for (int i = 0; i < RENAMINGS && !hash; ++i) hash = !asSets(runRenamed(name, c, new Random(seed * 37 + i), null)).equals(expected);
        ArrayNode list = F.arrayNode();
        if (order) list.add("order");
        if (hash) list.add("hash");
        return list;
    }

    // --- measuring -------------------------------------------------------------

    static Map<TopicPartition, String> lastOwners(Case c) {
        Map<TopicPartition, Integer> newest = new HashMap<>();
        Map<TopicPartition, String> owner = new HashMap<>();
        for (Member m : c.members) for (TopicPartition p : m.owned()) {
            Integer best = newest.get(p);
            if (best == null || m.generation() > best) {
                newest.put(p, m.generation());
                owner.put(p, m.id());
            } else if (m.generation() == best) owner.put(p, null);  // claimed twice: nobody's
        }
        owner.values().removeIf(Objects::isNull);
        return owner;
    }

    static ObjectNode metrics(Case c, Map<String, List<TopicPartition>> assignment) {
        Map<TopicPartition, String> now = new HashMap<>();
        assignment.forEach((id, list) -> list.forEach(p -> now.put(p, id)));
        Map<String, Member> byId = new HashMap<>();
        for (Member m : c.members) byId.put(m.id(), m);
        List<Integer> counts = new ArrayList<>();
        Set<TopicPartition> wanted = new HashSet<>();
        for (Member m : c.members) {
            boolean any = false;
            for (String topic : m.topics()) {
                int partitions = c.topics.getOrDefault(topic, List.of()).size();
                any |= partitions > 0;
                for (int p = 0; p < partitions; ++p) wanted.add(new TopicPartition(topic, p));
            }
            if (any) counts.add(assignment.getOrDefault(m.id(), List.of()).size());
        }
        int pairs = 0, rack = 0, moved = 0;
        for (int a : counts) for (int b : counts) if (a > b) pairs += a - b;
        for (Map.Entry<TopicPartition, String> e : lastOwners(c).entrySet()) {
            TopicPartition p = e.getKey();
            boolean exists = p.partition() < c.topics.getOrDefault(p.topic(), List.of()).size();
            if (exists && byId.get(e.getValue()).topics().contains(p.topic()) && !e.getValue().equals(now.get(p))) ++moved;
        }
        for (Map.Entry<TopicPartition, String> e : now.entrySet()) {
            String of = byId.get(e.getValue()).rack();
            List<List<String>> racks = c.topics.getOrDefault(e.getKey().topic(), List.of());
            if (of != null && e.getKey().partition() < racks.size() && racks.get(e.getKey().partition()).contains(of)) ++rack;
        }
        wanted.removeAll(now.keySet());
        ObjectNode node = F.objectNode();
        node.put("spread", counts.isEmpty() ? 0 : Collections.max(counts) - Collections.min(counts));
        node.put("pairs", pairs).put("moved", moved).put("rack", rack).put("waiting", wanted.size());
        return node;
    }

    /// What is wrong with Java's answer itself (old claims are believed too far); nobody should do the same.
    static ArrayNode faults(Case c, Map<String, List<TopicPartition>> assignment, boolean mayWait) {
        Set<String> found = new TreeSet<>();
        Set<TopicPartition> given = new HashSet<>(), owned = new HashSet<>();
        for (Member m : c.members) {
            owned.addAll(m.owned());
            for (TopicPartition p : assignment.getOrDefault(m.id(), List.of())) {
                if (p.partition() >= c.topics.getOrDefault(p.topic(), List.of()).size()) found.add("nonexistent");
                if (!m.topics().contains(p.topic())) found.add("unwanted");
                if (!given.add(p)) found.add("twice");
            }
        }
        for (Member m : c.members) for (String topic : m.topics()) for (int p = 0; p < c.topics.getOrDefault(topic, List.of()).size(); ++p) {
            TopicPartition one = new TopicPartition(topic, p);
            if (!given.contains(one) && !(mayWait && owned.contains(one))) found.add("missing");
        }
        ArrayNode list = F.arrayNode();
        found.forEach(list::add);
        return list;
    }

    /// The rounds after the first: members keep what was confirmed, give up the rest, and rejoin if they gave up anything.
    static ArrayNode rounds(Case c, Map<String, List<TopicPartition>> first) {
        ArrayNode all = F.arrayNode();
        Case now = c;
        Map<String, List<TopicPartition>> answer = first;
        int generation = 1 + c.members.stream().mapToInt(Member::generation).max().orElse(0);
        for (int round = 0; round < 10; ++round) {
            boolean gaveUp = false;
            Case next = new Case();
            next.profile = c.profile;
            next.topics.putAll(c.topics);
            for (Member m : now.members) {
                List<TopicPartition> got = answer.getOrDefault(m.id(), List.of());
                gaveUp |= !got.containsAll(m.owned());
                next.members.add(new Member(m.id(), m.instance(), m.rack(), m.topics(), got, generation));
            }
            if (!gaveUp) break;
            try {
                answer = run("cooperative-sticky", next, null);
            } catch (RuntimeException e) {  // seen: see `error` below
                all.addObject().put("error", e.toString());
                break;
            }
            all.add(partitions(answer));
            now = next;
            ++generation;
        }
        return all;
    }

    // --- printing --------------------------------------------------------------

    static ObjectNode byTopic(Collection<TopicPartition> list) {
        TreeMap<String, TreeSet<Integer>> sorted = new TreeMap<>();
        for (TopicPartition p : list) sorted.computeIfAbsent(p.topic(), t -> new TreeSet<>()).add(p.partition());
        ObjectNode node = F.objectNode();
        sorted.forEach((topic, numbers) -> { ArrayNode a = node.putArray(topic); numbers.forEach(a::add); });
        return node;
    }

    static ObjectNode partitions(Map<String, List<TopicPartition>> assignment) {
        ObjectNode node = F.objectNode();
        new TreeMap<>(assignment).forEach((id, list) -> node.set(id, byTopic(list)));
        return node;
    }

    static String hex(ByteBuffer buffer) {
        if (buffer == null) return null;
        byte[] bytes = new byte[buffer.remaining()];
        buffer.duplicate().get(bytes);
        return HexFormat.of().formatHex(bytes);
    }

    public static void main(String[] arguments) throws Exception {
        long seed = Long.parseLong(arguments[0]);
        int count = Integer.parseInt(arguments[1]);
        String profile = arguments.length > 2 ? arguments[2] : "any";
        if (!profile.equals("any") && !Case.PROFILES.contains(profile)) throw new IllegalArgumentException("profile: any, " + Case.PROFILES);
        PrintStream out = new PrintStream(new BufferedOutputStream(new FileOutputStream(FileDescriptor.out), 1 << 16), false, "UTF-8");
        Map<String, int[]> summary = new TreeMap<>();
        for (int i = 0; i < count; ++i) {
            long own = seed * 1_000_003L + i;
            Case c = draw(own, profile);
            ObjectNode line = F.objectNode();
            line.put("seed", own).put("profile", c.profile).put("java", AppInfoParser.getVersion());
            ArrayNode members = line.putArray("members");
            for (Member m : c.members) {
                ObjectNode node = members.addObject().put("id", m.id()).put("instance", m.instance()).put("rack", m.rack());
                ArrayNode topics = node.putArray("topics");
                m.topics().forEach(topics::add);
                ArrayNode owned = node.putArray("owned");  // in the order the member happens to have them
                m.owned().forEach(p -> owned.addArray().add(p.topic()).add(p.partition()));
                node.put("generation", m.generation());
            }
            ObjectNode topics = line.putObject("topics");
            c.topics.forEach((name, all) -> topics.set(name, MAPPER.valueToTree(all)));
            ObjectNode results = line.putObject("results");
            Map<String, Map<String, List<TopicPartition>>> answers = new LinkedHashMap<>();
            for (String name : List.of("range", "roundrobin", "sticky", "cooperative-sticky-balanced", "cooperative-sticky")) {
                ObjectNode node = results.putObject(name);
                try {
                    Map<String, List<TopicPartition>> answer = run(name, c, null);
                    answers.put(name, answer);
                    node.set("assignment", partitions(answer));
                    node.set("metrics", metrics(c, answer));
                    ArrayNode faults = faults(c, answer, name.equals("cooperative-sticky"));
                    node.set("faults", faults);
                    ArrayNode depends = dependsOn(name, c, answer, own);
                    node.set("depends_on", depends);
                    int[] sums = summary.computeIfAbsent(name + "\t" + c.profile, k -> new int[5]);
                    ++sums[0];
                    if (!faults.isEmpty()) ++sums[4];
                    for (int k = 0; k < depends.size(); ++k) ++sums[depends.get(k).asText().equals("order") ? 1 : 2];
                } catch (RuntimeException e) {  // Java's own fault: whoever is compared has to do better, not the same
                    node.put("error", e.toString());
                    ++summary.computeIfAbsent(name + "\t" + c.profile, k -> new int[5])[3];
                }
            }
            if (answers.containsKey("cooperative-sticky")) results.set("cooperative-sticky-rounds", rounds(c, answers.get("cooperative-sticky")));
            ObjectNode wire = line.putObject("wire");
            ObjectNode subscriptions = wire.putObject("subscriptions");
            for (Member m : c.members) {
                ObjectNode node = subscriptions.putObject(m.id());
                for (String name : List.of("range", "sticky", "cooperative-sticky")) {
                    ArrayNode versions = node.putArray(name);
                    for (short v = 0; v <= NEWEST; ++v) versions.add(hex(ConsumerProtocol.serializeSubscription(subscription(name, m), v)));
                }
                node.put("sticky-user-data", hex(userData(new StickyAssignor(), m)));
                node.put("cooperative-sticky-user-data", hex(userData(new CooperativeStickyAssignor(), m)));
            }
            ObjectNode assignments = wire.putObject("assignments");
            answers.forEach((name, answer) -> {
                ObjectNode node = assignments.putObject(name);
                new TreeMap<>(answer).forEach((id, list) -> {
                    // Java writes partitions in the order of its list: sorted here, so that the bytes say something.
                    List<TopicPartition> sorted = new ArrayList<>(list);
                    sorted.sort(Comparator.comparing(TopicPartition::topic).thenComparingInt(TopicPartition::partition));
                    if (name.equals("range")) {
                        ArrayNode versions = node.putArray(id);
                        for (short v = 0; v <= NEWEST; ++v) versions.add(hex(ConsumerProtocol.serializeAssignment(new Assignment(sorted), v)));
                    } else node.put(id, hex(ConsumerProtocol.serializeAssignment(new Assignment(sorted), NEWEST)));
                });
            });
            out.println(MAPPER.writeValueAsString(line));
        }
        out.flush();
        System.err.println("assignor\tprofile\tcases\torder\thash\terrors\tfaults   (java " + AppInfoParser.getVersion() + ")");
        summary.forEach((key, sums) -> System.err.printf("%s\t%d\t%d\t%d\t%d\t%d%n", key, sums[0] + sums[3], sums[1], sums[2], sums[3], sums[4]));
    }
}
