// Talks to a group coordinator request by request, to see what a real broker answers in which state: a model for what the
// dev broker has to answer, and the source of the transcripts beside this file.
//
//     java -cp 'LIBS/*' GroupProbe.java HOST:PORT SCENARIO...      (jars of 3.9.1: they speak every version from 0 on)
//     java -cp 'LIBS/*' GroupProbe.java HOST:PORT all
//
// The cluster has one node.
//
// Each scenario prints what it sends and what comes back, with the milliseconds that it took. `Peer` is one connection: a
// broker serves one request per connection at a time, so what has to be asked while a JoinGroup waits goes by another.
import java.io.*;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.util.*;
import java.util.concurrent.*;
import org.apache.kafka.clients.consumer.ConsumerPartitionAssignor.*;
import org.apache.kafka.clients.consumer.internals.ConsumerProtocol;
import org.apache.kafka.common.*;
import org.apache.kafka.common.message.*;
import org.apache.kafka.common.protocol.*;
import org.apache.kafka.common.requests.*;

public class GroupProbe {
    static String host;
    static int port;
    static final ExecutorService THREADS = Executors.newCachedThreadPool(r -> { Thread t = new Thread(r); t.setDaemon(true); return t; });

    static class Peer implements Closeable {
        final Socket socket;
        final DataInputStream in;
        int correlation;
        Peer() throws IOException {
            socket = new Socket(host, port);
            socket.setTcpNoDelay(true);
            in = new DataInputStream(new BufferedInputStream(socket.getInputStream()));
        }
        synchronized <T> T ask(ApiMessage request, int version) throws Exception {
            send(request, version);
            return receive(request, version);
        }
        void send(ApiMessage request, int version) throws Exception {
            ApiKeys key = ApiKeys.forId(request.apiKey());
            RequestHeader header = new RequestHeader(key, (short) version, "probe", ++correlation);
            ByteBuffer body = RequestUtils.serialize(header.data(), header.headerVersion(), request, (short) version);
            DataOutputStream out = new DataOutputStream(socket.getOutputStream());
            out.writeInt(body.remaining());
            out.write(body.array(), body.position(), body.remaining());
            out.flush();
        }
        @SuppressWarnings("unchecked")
        <T> T receive(ApiMessage request, int version) throws Exception {
            ApiKeys key = ApiKeys.forId(request.apiKey());
            byte[] answer = new byte[in.readInt()];
            in.readFully(answer);
            ByteBuffer buffer = ByteBuffer.wrap(answer);
            ResponseHeader.parse(buffer, key.responseHeaderVersion((short) version));
            for (java.lang.reflect.Method m : AbstractResponse.class.getMethods()) {  // takes a buffer in 3.x, a reader in 4.x
                if (!m.getName().equals("parseResponse") || m.getParameterCount() != 3 || m.getParameterTypes()[0] != ApiKeys.class) continue;
                Object rest = m.getParameterTypes()[1] == ByteBuffer.class ? buffer : new ByteBufferAccessor(buffer);
                return (T) ((AbstractResponse) m.invoke(null, key, rest, (short) version)).data();
            }
            throw new IllegalStateException("parseResponse is gone");
        }
        @Override public void close() throws IOException { socket.close(); }
    }

    static long started;
    static void say(String text) { System.out.printf("  %6d ms  %s%n", (System.nanoTime() - started) / 1_000_000, text); }
    static String error(int code) { return Errors.forCode((short) code).name(); }

    static byte[] bytes(ByteBuffer b) { byte[] a = new byte[b.remaining()]; b.get(a); return a; }
    static byte[] subscription(String topic, List<TopicPartition> owned, int generation) {
        return bytes(ConsumerProtocol.serializeSubscription(new Subscription(List.of(topic), null, owned, generation, Optional.empty()), (short) 3));
    }

    static class Member {
        final Peer peer;
        final String group, topic, instance;
        String id = "";
        int generation = -1, session = 6000, rebalance = 10000;
        String protocol = "range";
        String leader;
        Member(String group, String topic, String instance) throws IOException { this.group = group; this.topic = topic; this.instance = instance; peer = new Peer(); }

        JoinGroupRequestData joinRequest(int version) {
            JoinGroupRequestData join = new JoinGroupRequestData().setGroupId(group).setMemberId(id).setSessionTimeoutMs(session).setProtocolType("consumer");
            if (version >= 1) join.setRebalanceTimeoutMs(rebalance);
            if (version >= 5) join.setGroupInstanceId(instance);
            join.protocols().add(new JoinGroupRequestData.JoinGroupRequestProtocol().setName(protocol).setMetadata(subscription(topic, List.of(), generation)));
            return join;
        }
        JoinGroupResponseData join(int version) throws Exception {
            JoinGroupResponseData answer = peer.ask(joinRequest(version), version);
            say("JoinGroup " + version + " -> " + error(answer.errorCode()) + " generation " + answer.generationId() + " protocol " + answer.protocolType() + "/" + answer.protocolName()
                    + " leader " + (answer.leader().equals(answer.memberId())) + " members " + answer.members().size() + (answer.skipAssignment() ? " skip assignment" : ""));
            if (!answer.memberId().isEmpty()) id = answer.memberId();
            if (answer.errorCode() == 0) { generation = answer.generationId(); leader = answer.leader(); }
            return answer;
        }
        JoinGroupResponseData joinFully(int version) throws Exception {
            JoinGroupResponseData answer = join(version);
            return answer.errorCode() == Errors.MEMBER_ID_REQUIRED.code() ? join(version) : answer;
        }
        SyncGroupResponseData sync(int version, Map<String, List<TopicPartition>> assignments, String type, String name) throws Exception {
            SyncGroupRequestData sync = new SyncGroupRequestData().setGroupId(group).setMemberId(id).setGenerationId(generation);
            if (version >= 3) sync.setGroupInstanceId(instance);
            if (version >= 5) sync.setProtocolType(type).setProtocolName(name);
            assignments.forEach((member, list) -> sync.assignments().add(new SyncGroupRequestData.SyncGroupRequestAssignment().setMemberId(member)
                    .setAssignment(bytes(ConsumerProtocol.serializeAssignment(new Assignment(list), (short) 3)))));
            SyncGroupResponseData answer = peer.ask(sync, version);
            say("SyncGroup " + version + " -> " + error(answer.errorCode()) + " protocol " + answer.protocolType() + "/" + answer.protocolName() + " bytes " + answer.assignment().length);
            return answer;
        }
        boolean joinFullyOk(int version) throws Exception { return joinFully(version).errorCode() == 0; }
        void syncShows(int version) throws Exception {
            SyncGroupResponseData answer = sync(version, Map.of(), "consumer", protocol);
            if (answer.assignment().length > 0) say("  which is " + ConsumerProtocol.deserializeAssignment(ByteBuffer.wrap(answer.assignment())).partitions());
        }
        SyncGroupResponseData sync(int version) throws Exception {
            boolean leads = id.equals(leader);
            return sync(version, leads ? Map.of(id, List.of(new TopicPartition(topic, 0))) : Map.of(), "consumer", protocol);
        }
        int heartbeat(Peer by, int version) throws Exception {
            HeartbeatRequestData beat = new HeartbeatRequestData().setGroupId(group).setMemberId(id).setGenerationId(generation);
            if (version >= 3) beat.setGroupInstanceId(instance);
            HeartbeatResponseData answer = by.ask(beat, version);
            say("Heartbeat " + version + " generation " + generation + " -> " + error(answer.errorCode()));
            return answer.errorCode();
        }
        int commit(Peer by, int version, long offset, String how) throws Exception {
            OffsetCommitRequestData commit = new OffsetCommitRequestData().setGroupId(group).setMemberId(id).setGenerationIdOrMemberEpoch(generation);
            if (version >= 7) commit.setGroupInstanceId(instance);
            commit.topics().add(new OffsetCommitRequestData.OffsetCommitRequestTopic().setName(topic).setPartitions(List.of(
                    new OffsetCommitRequestData.OffsetCommitRequestPartition().setPartitionIndex(0).setCommittedOffset(offset).setCommittedMetadata(""))));
            OffsetCommitResponseData answer = by.ask(commit, version);
            int code = answer.topics().get(0).partitions().get(0).errorCode();
            say("OffsetCommit " + version + " " + how + " -> " + error(code));
            return code;
        }
        void leave(Peer by, int version) throws Exception {
            LeaveGroupRequestData leave = new LeaveGroupRequestData().setGroupId(group);
            if (version < 3) leave.setMemberId(id);
            else leave.members().add(new LeaveGroupRequestData.MemberIdentity().setMemberId(id).setGroupInstanceId(instance));
            LeaveGroupResponseData answer = by.ask(leave, version);
            say("LeaveGroup " + version + " -> " + error(answer.errorCode()) + (answer.members().isEmpty() ? "" : " member " + error(answer.members().get(0).errorCode())));
        }
    }

    interface Body { void run(Versions v) throws Exception; }
    static class Versions {
        final Map<Integer, Integer> most = new HashMap<>();
        int of(ApiKeys key) { return most.getOrDefault((int) key.id, -1); }
    }
    static final Map<String, Body> SCENARIOS = new LinkedHashMap<>();
    static String topic = "probe";
    static String group() { return "probe-" + UUID.randomUUID(); }

    static {
        SCENARIOS.put("member-id", v -> {
            for (int version : new int[] {0, 3, 4, 5, 9}) {
                if (version > v.of(ApiKeys.JOIN_GROUP)) continue;
                Member m = new Member(group(), topic, null);
                try { m.join(version); } catch (EOFException e) { say("JoinGroup " + version + " -> connection closed"); continue; }
                if (!m.id.isEmpty() && m.generation < 0) {
                    Member again = new Member(m.group, topic, null);  // the id may be used on any connection
                    again.id = m.id;
                    again.join(version);
                    again.leave(again.peer, Math.min(version, v.of(ApiKeys.LEAVE_GROUP)));
                }
            }
            if (v.of(ApiKeys.JOIN_GROUP) >= 5) {
                say("with an instance id:");
                Member m = new Member(group(), topic, "i1");
                m.join(Math.min(9, v.of(ApiKeys.JOIN_GROUP)));
            }
        });
        SCENARIOS.put("sync-check", v -> {
            int join = Math.min(9, v.of(ApiKeys.JOIN_GROUP)), sync = v.of(ApiKeys.SYNC_GROUP);
            Member m = new Member(group(), topic, null);
            m.joinFully(join);
            if (sync >= 5) {
                m.sync(sync, Map.of(), "other", "range");
                m.sync(sync, Map.of(), "consumer", "roundrobin");
                m.sync(sync, Map.of(), null, null);
            }
            m.sync(sync);
            say("once more:");
            m.sync(sync);
            m.generation += 1;
            m.sync(sync);
            m.heartbeat(m.peer, v.of(ApiKeys.HEARTBEAT));
            m.generation -= 1;
            m.heartbeat(m.peer, v.of(ApiKeys.HEARTBEAT));
            m.leave(m.peer, v.of(ApiKeys.LEAVE_GROUP));
            m.heartbeat(m.peer, v.of(ApiKeys.HEARTBEAT));
            m.leave(m.peer, v.of(ApiKeys.LEAVE_GROUP));
            say("commits after leaving, with the old generation, and as nobody:");
            m.commit(m.peer, Math.min(9, v.of(ApiKeys.OFFSET_COMMIT)), 1, "generation " + m.generation);
            m.id = ""; m.generation = -1;
            m.commit(m.peer, Math.min(9, v.of(ApiKeys.OFFSET_COMMIT)), 1, "generation -1");
        });
        SCENARIOS.put("commit-rules", v -> {
            int join = Math.min(9, v.of(ApiKeys.JOIN_GROUP)), commit = Math.min(9, v.of(ApiKeys.OFFSET_COMMIT));
            Member a = new Member(group(), topic, null), stranger = new Member(a.group, topic, null);
            a.joinFully(join);
            a.sync(v.of(ApiKeys.SYNC_GROUP), Map.of(a.id, List.of(new TopicPartition(topic, 1))), "consumer", "range");
            a.commit(a.peer, commit, 1, "partition 0, which it does not own,");
            a.commit(a.peer, commit, 0, "going back");
            stranger.commit(stranger.peer, commit, 1, "generation -1, by nobody, while there is a member,");
            stranger.id = "stranger"; stranger.generation = a.generation;
            stranger.commit(stranger.peer, commit, 1, "by an unknown member");
            if (v.of(ApiKeys.CONSUMER_GROUP_HEARTBEAT) >= 0) {
                Modern m = new Modern(a.group, v.of(ApiKeys.CONSUMER_GROUP_HEARTBEAT));
                m.peer = new Peer();
                m.beat(Uuid.randomUuid().toString(), 0, true, null, null, "KIP-848 member joins the classic group");
                a.heartbeat(a.peer, v.of(ApiKeys.HEARTBEAT));
            }
        });
        SCENARIOS.put("rebalance", v -> {
            int join = Math.min(9, v.of(ApiKeys.JOIN_GROUP)), sync = v.of(ApiKeys.SYNC_GROUP), beat = v.of(ApiKeys.HEARTBEAT), commit = Math.min(9, v.of(ApiKeys.OFFSET_COMMIT));
            String group = group();
            Member a = new Member(group, topic, null), b = new Member(group, topic, null), c = new Member(group, topic, null);
            Peer other = new Peer();
            a.joinFully(join); a.sync(sync); a.heartbeat(other, beat); a.commit(other, commit, 1, "stable");
            say("b joins; a has not noticed:");
            Future<?> joining = THREADS.submit(() -> b.joinFully(join));
            Thread.sleep(300);
            a.commit(other, commit, 2, "a, others are joining");
            a.heartbeat(other, beat);
            say("c joins too, then a rejoins, and asks on another connection meanwhile:");
            Future<?> third = THREADS.submit(() -> c.joinFully(join));
            Thread.sleep(300);
            b.heartbeat(other, beat);
            // a's answer comes at once, as all are there: what is asked while it waits needs one who is missing
            joining.cancel(false);
            Future<?> rejoin = THREADS.submit(() -> a.join(join));
            rejoin.get(20, TimeUnit.SECONDS);
            Thread.sleep(200);
            say("all have joined, nobody has synced:");
            a.commit(other, commit, 3, "a, new generation, not synced");
            a.heartbeat(other, beat);
            int newest = a.generation;
            a.generation = newest - 1;
            a.commit(other, commit, 3, "a, old generation, not synced");
            a.heartbeat(other, beat);
            a.generation = newest;
            Member leads = a.id.equals(a.leader) ? a : b.id.equals(b.leader) ? b : c;
            for (Member m : List.of(a, b, c)) if (m != leads) THREADS.submit(() -> m.sync(sync));
            Thread.sleep(300);
            leads.sync(sync);
            Thread.sleep(200);
            a.commit(other, commit, 4, "a, synced");
        });
        SCENARIOS.put("waiting-join", v -> {
            int join = Math.min(9, v.of(ApiKeys.JOIN_GROUP)), sync = v.of(ApiKeys.SYNC_GROUP), beat = v.of(ApiKeys.HEARTBEAT), commit = Math.min(9, v.of(ApiKeys.OFFSET_COMMIT));
            String group = group();
            Member a = new Member(group, topic, null), b = new Member(group, topic, null);
            Peer other = new Peer();
            a.joinFully(join); a.sync(sync);
            Future<?> late = THREADS.submit(() -> b.joinFully(join));
            Thread.sleep(300);
            a.join(join); late.get(20, TimeUnit.SECONDS);
            Member leads = a.id.equals(a.leader) ? a : b;
            Member follows = leads == a ? b : a;
            Future<?> s = THREADS.submit(() -> follows.sync(sync));
            Thread.sleep(100); leads.sync(sync); s.get(20, TimeUnit.SECONDS);
            say("the leader rejoins, the follower is slow (beats, does not rejoin): the leader's JoinGroup waits");
            Future<?> waits = THREADS.submit(() -> leads.join(join));
            Thread.sleep(300);
            leads.commit(other, commit, 5, "by another connection, old generation");
            leads.heartbeat(other, beat);
            long end = System.nanoTime() + 12_000_000_000L;
            while (System.nanoTime() < end && !waits.isDone()) { follows.heartbeat(other, beat); Thread.sleep(2500); }
            waits.get(20, TimeUnit.SECONDS);
            say("the follower was put out after its rebalance timeout (10 s):");
            follows.heartbeat(other, beat);
            follows.commit(other, commit, 6, "follower");
        });
        SCENARIOS.put("one-connection", v -> {
            int join = Math.min(9, v.of(ApiKeys.JOIN_GROUP)), sync = v.of(ApiKeys.SYNC_GROUP);
            Member a = new Member(group(), topic, null), b = new Member(a.group, topic, null);
            a.joinFully(join); a.sync(sync);
            if (join >= 4) b.join(join);
            say("b's JoinGroup, then a's, which b's waits for, on the same connection:");
            JoinGroupRequestData first = b.joinRequest(join), second = a.joinRequest(join);
            a.peer.send(first, join); a.peer.send(second, join);
            say("b -> " + error(a.peer.<JoinGroupResponseData>receive(first, join).errorCode()));
            say("a -> " + error(a.peer.<JoinGroupResponseData>receive(second, join).errorCode()));
        });
        SCENARIOS.put("drop-join", v -> {
            int join = Math.min(9, v.of(ApiKeys.JOIN_GROUP)), sync = v.of(ApiKeys.SYNC_GROUP);
            String group = group();
            Member a = new Member(group, topic, null), b = new Member(group, topic, null);
            a.joinFully(join); a.sync(sync);
            if (join >= 4) {
                say("b gets its member id, and never comes back; then a rejoins:");
                b.join(join);
                a.join(join);
            }
        });
        SCENARIOS.put("static", v -> {
            int join = Math.min(9, v.of(ApiKeys.JOIN_GROUP)), sync = v.of(ApiKeys.SYNC_GROUP), beat = v.of(ApiKeys.HEARTBEAT), commit = Math.min(9, v.of(ApiKeys.OFFSET_COMMIT)), leave = v.of(ApiKeys.LEAVE_GROUP);
            if (join < 5) { say("no instance ids here"); return; }
            String group = group();
            Member a = new Member(group, topic, "one");
            a.joinFully(join); a.sync(sync);
            say("a second process with the same instance id:");
            Member twin = new Member(group, topic, "one");
            twin.join(join); twin.sync(sync);
            say("the first one is told:");
            a.heartbeat(a.peer, beat); a.commit(a.peer, commit, 1, "first"); a.sync(sync); a.join(join);
            say("the first one's id without instance id:");
            Member bare = new Member(group, topic, null);
            bare.id = twin.id; bare.generation = twin.generation;
            bare.heartbeat(bare.peer, beat);
            say("removing by instance id alone:");
            Member admin = new Member(group, topic, "one");
            admin.leave(admin.peer, leave);
            twin.heartbeat(twin.peer, beat);
        });
        SCENARIOS.put("inconsistent", v -> {
            int join = Math.min(9, v.of(ApiKeys.JOIN_GROUP));
            String group = group();
            Member a = new Member(group, topic, null), b = new Member(group, topic, null);
            a.joinFully(join); a.sync(v.of(ApiKeys.SYNC_GROUP));
            b.protocol = "cooperative-sticky";
            b.joinFully(join);
            Member c = new Member(group, topic, null);
            c.session = 100;
            c.join(join);
            Member d = new Member("", topic, null);
            d.join(join);
            Member e = new Member(group, topic, null);
            e.id = "somebody"; e.join(join);
        });
        SCENARIOS.put("mixed", GroupProbe::mixed);
        SCENARIOS.put("admin", v -> {
            int join = Math.min(9, v.of(ApiKeys.JOIN_GROUP)), sync = v.of(ApiKeys.SYNC_GROUP), commit = Math.min(9, v.of(ApiKeys.OFFSET_COMMIT));
            Admin admin = new Admin(v);
            String group = group();
            Member a = new Member(group, topic, null), b = new Member(group, topic, null);
            say("a group that nobody has named:");
            admin.all(group);
            say("committed by nobody:");
            a.commit(a.peer, commit, 7, "generation -1");
            admin.describe(group); admin.list(group);
            say("stable:");
            a.joinFully(join); a.sync(sync); a.commit(a.peer, commit, 7, "member");
            admin.all(group);
            say("b joins; a has not noticed:");
            Future<?> joining = THREADS.submit(() -> b.joinFully(join));
            Thread.sleep(300);
            admin.all(group);
            a.join(join); joining.get(20, TimeUnit.SECONDS);
            say("all have joined, nobody has synced:");
            admin.describe(group); admin.list(group);
            a.leave(a.peer, v.of(ApiKeys.LEAVE_GROUP)); b.leave(b.peer, v.of(ApiKeys.LEAVE_GROUP));
            say("all have left:");
            admin.all(group);
            say("afterwards:");
            admin.describe(group); admin.list(group);
            Member c = new Member(group, topic, null);
            c.joinFully(join);
            if (v.of(ApiKeys.LIST_GROUPS) >= 4) {
                for (List<String> states : List.of(List.of("Stable"), List.of("CompletingRebalance"), List.of("completingrebalance"), List.of("Nonsense"))) admin.list(group, states, List.of());
            }
            if (v.of(ApiKeys.LIST_GROUPS) >= 5) {
                for (List<String> types : List.of(List.of("classic"), List.of("Classic"), List.of("consumer"), List.of("nonsense"))) admin.list(group, List.of(), types);
            }
        });
        SCENARIOS.put("kip848", v -> {
            int most = v.of(ApiKeys.CONSUMER_GROUP_HEARTBEAT);
            if (most < 0) { say("ConsumerGroupHeartbeat is not offered"); return; }
            say("ConsumerGroupHeartbeat up to " + most);
            new Modern(group(), most).run(v);
        });
    }

    /// Classic members and a KIP-848 member in one group.
    static void mixed(Versions v) throws Exception {
        int join = Math.min(9, v.of(ApiKeys.JOIN_GROUP)), sync = v.of(ApiKeys.SYNC_GROUP), beat = v.of(ApiKeys.HEARTBEAT), leave = v.of(ApiKeys.LEAVE_GROUP);
        if (v.of(ApiKeys.CONSUMER_GROUP_HEARTBEAT) < 0) { say("ConsumerGroupHeartbeat is not offered"); return; }
        Admin admin = new Admin(v);
        for (boolean classicFirst : new boolean[] {true, false}) {
            String group = group();
            Modern m = new Modern(group, v.of(ApiKeys.CONSUMER_GROUP_HEARTBEAT));
            m.peer = new Peer();
            String id = Uuid.randomUuid().toString();
            Member a = new Member(group, topic, null), b = new Member(group, topic, null);
            Peer other = new Peer();
            ConsumerGroupHeartbeatResponseData got;
            if (classicFirst) {
                say("a classic member is there, m joins:");
                a.joinFully(join); a.sync(sync, Map.of(a.id, List.of(new TopicPartition(topic, 0), new TopicPartition(topic, 1), new TopicPartition(topic, 2))), "consumer", "range");
                Thread.sleep(1100);
                got = m.beat(id, 0, true, null, null, "m joins");
                if (got.errorCode() != 0) continue;
                admin.describe(group); admin.list(group);
                a.commit(other, 9, 1, "a, generation " + a.generation);
                a.heartbeat(other, beat);
            } else {
                say("m is there, a classic member joins:");
                got = m.beat(id, 0, true, null, null, "m joins");
                m.beat(id, got.memberEpoch(), false, Modern.owned(got), null, "m owns what it was given");
                Thread.sleep(1100);
            }
            if (!a.joinFullyOk(join)) continue;
            a.heartbeat(other, beat);
            a.commit(other, 9, 2, "a, not synced");
            a.syncShows(sync);
            a.heartbeat(other, beat);
            a.commit(other, 9, 2, "a, synced"); a.commit(other, 8, 2, "a, synced");
            admin.describe(group); admin.list(group);
            got = m.beat(id, got.memberEpoch(), false, null, null, "m beats");
            List<ConsumerGroupHeartbeatRequestData.TopicPartitions> owned = Modern.owned(got);
            if (got.assignment() != null) got = m.beat(id, got.memberEpoch(), false, owned, null, "m owns what it was given");
            a.heartbeat(other, beat);
            a.join(join); a.syncShows(sync);
            got = m.beat(id, got.memberEpoch(), false, null, null, "m beats");
            a.heartbeat(other, beat);
            admin.describe(group);
            say("b, a classic member, joins too:");
            b.joinFully(join); b.syncShows(sync);
            a.heartbeat(other, beat); b.heartbeat(other, beat);
            say("m leaves:");
            m.beat(id, -1, false, null, null, "m leaves");
            a.heartbeat(other, beat); b.heartbeat(other, beat);
            admin.describe(group); admin.list(group);
            a.leave(other, leave);
            b.heartbeat(other, beat);
            b.leave(other, leave);
            admin.describe(group); admin.list(group);
        }
    }

    /// Asks about groups and deletes.
    static class Admin {
        final Versions v;
        final Peer peer = new Peer();
        Admin(Versions v) throws IOException { this.v = v; }

        void all(String group) throws Exception { describe(group); list(group); deleteOffsets(group); delete(group); }
        void describe(String group) throws Exception {
            int version = v.of(ApiKeys.DESCRIBE_GROUPS);
            DescribeGroupsResponseData answer = peer.ask(new DescribeGroupsRequestData().setGroups(List.of(group)), version);
            DescribeGroupsResponseData.DescribedGroup g = answer.groups().get(0);
            StringBuilder members = new StringBuilder();
            for (DescribeGroupsResponseData.DescribedGroupMember m : g.members()) members.append(" [" + m.clientId() + " " + m.clientHost() + " metadata " + m.memberMetadata().length + " assignment " + m.memberAssignment().length + "]");
            say("DescribeGroups " + version + " -> " + error(g.errorCode()) + " " + g.groupState() + " '" + g.protocolType() + "' '" + g.protocolData() + "'" + members + message(g));
            if (v.of(ApiKeys.CONSUMER_GROUP_DESCRIBE) < 0) return;
            version = v.of(ApiKeys.CONSUMER_GROUP_DESCRIBE);
            ConsumerGroupDescribeResponseData.DescribedGroup c = peer.<ConsumerGroupDescribeResponseData>ask(new ConsumerGroupDescribeRequestData().setGroupIds(List.of(group)), version).groups().get(0);
            StringBuilder text = new StringBuilder();
            for (ConsumerGroupDescribeResponseData.Member m : c.members()) text.append(" [" + m.clientId() + " " + m.clientHost() + " epoch " + m.memberEpoch() + " instance " + m.instanceId() + " rack " + m.rackId() + " topics " + m.subscribedTopicNames() + " regex " + m.subscribedTopicRegex() + " has " + partitions(m.assignment()) + " target " + partitions(m.targetAssignment()) + "]");
            say("ConsumerGroupDescribe " + version + " -> " + error(c.errorCode()) + " '" + c.groupState() + "' epoch " + c.groupEpoch() + " assignment epoch " + c.assignmentEpoch() + " assignor '" + c.assignorName() + "'" + text + (c.errorMessage() == null ? "" : "  \"" + c.errorMessage() + "\""));
        }
        static String partitions(ConsumerGroupDescribeResponseData.Assignment a) {
            StringBuilder text = new StringBuilder();
            a.topicPartitions().forEach(t -> text.append(t.topicName() + t.partitions()));
            return text.isEmpty() ? "nothing" : text.toString();
        }
        static String message(DescribeGroupsResponseData.DescribedGroup g) {
            try { Object m = g.getClass().getMethod("errorMessage").invoke(g); return m == null ? "" : "  \"" + m + "\""; } catch (ReflectiveOperationException e) { return ""; }
        }
        void list(String group) throws Exception { list(group, List.of(), List.of()); }
        void list(String group, List<String> states, List<String> types) throws Exception {
            int version = v.of(ApiKeys.LIST_GROUPS);
            ListGroupsRequestData request = new ListGroupsRequestData();
            if (version >= 4) request.setStatesFilter(states);
            if (version >= 5) request.setTypesFilter(types);
            ListGroupsResponseData answer = peer.ask(request, version);
            String found = " does not list it";
            for (ListGroupsResponseData.ListedGroup g : answer.groups()) if (g.groupId().equals(group)) found = " '" + g.protocolType() + "' '" + g.groupState() + "' '" + g.groupType() + "'";
            say("ListGroups " + version + (states.isEmpty() ? "" : " states " + states) + (types.isEmpty() ? "" : " types " + types) + " -> " + error(answer.errorCode()) + found);
        }
        void delete(String group) throws Exception {
            int version = v.of(ApiKeys.DELETE_GROUPS);
            if (version < 0) return;
            DeleteGroupsResponseData answer = peer.ask(new DeleteGroupsRequestData().setGroupsNames(List.of(group)), version);
            say("DeleteGroups " + version + " -> " + error(answer.results().iterator().next().errorCode()));
        }
        void deleteOffsets(String group) throws Exception {
            if (v.of(ApiKeys.OFFSET_DELETE) < 0) return;
            OffsetDeleteRequestData request = new OffsetDeleteRequestData().setGroupId(group);
            for (String name : List.of(topic, "nosuchtopic")) {
                OffsetDeleteRequestData.OffsetDeleteRequestTopic t = new OffsetDeleteRequestData.OffsetDeleteRequestTopic().setName(name);
                t.partitions().add(new OffsetDeleteRequestData.OffsetDeleteRequestPartition().setPartitionIndex(0));
                t.partitions().add(new OffsetDeleteRequestData.OffsetDeleteRequestPartition().setPartitionIndex(99));
                request.topics().add(t);
            }
            OffsetDeleteResponseData answer = peer.ask(request, 0);
            StringBuilder text = new StringBuilder();
            answer.topics().forEach(t -> t.partitions().forEach(p -> text.append(" " + t.name() + "-" + p.partitionIndex() + " " + error(p.errorCode()))));
            say("OffsetDelete 0 -> " + error(answer.errorCode()) + text);
        }
    }

    /// The steps of one KIP-848 group, with two members.
    static class Modern {
        final String group;
        final int version;
        Peer peer;
        Modern(String group, int version) { this.group = group; this.version = Math.min(version, (int) ApiKeys.CONSUMER_GROUP_HEARTBEAT.latestVersion(true)); }

        ConsumerGroupHeartbeatResponseData beat(String id, int epoch, boolean full, List<ConsumerGroupHeartbeatRequestData.TopicPartitions> owned, String instance, String what) throws Exception {
            ConsumerGroupHeartbeatRequestData r = new ConsumerGroupHeartbeatRequestData().setGroupId(group).setMemberId(id).setMemberEpoch(epoch);
            if (instance != null) r.setInstanceId(instance);
            if (full) r.setRebalanceTimeoutMs(10000).setSubscribedTopicNames(List.of(topic)).setTopicPartitions(owned == null ? List.of() : owned);
            else if (owned != null) r.setTopicPartitions(owned);
            ConsumerGroupHeartbeatResponseData a = peer.ask(r, version);
            StringBuilder parts = new StringBuilder();
            if (a.assignment() != null) a.assignment().topicPartitions().forEach(t -> parts.append(t.partitions()));
            say(what + " (epoch " + epoch + ") -> " + error(a.errorCode()) + " epoch " + a.memberEpoch() + " interval " + a.heartbeatIntervalMs() + " assignment " + (a.assignment() == null ? "null" : parts.isEmpty() ? "[]" : parts)
                    + (a.errorMessage() == null ? "" : "  \"" + a.errorMessage() + "\""));
            return a;
        }
        static List<ConsumerGroupHeartbeatRequestData.TopicPartitions> owned(ConsumerGroupHeartbeatResponseData a) {
            List<ConsumerGroupHeartbeatRequestData.TopicPartitions> list = new ArrayList<>();
            if (a.assignment() != null) a.assignment().topicPartitions().forEach(t -> list.add(new ConsumerGroupHeartbeatRequestData.TopicPartitions().setTopicId(t.topicId()).setPartitions(t.partitions())));
            return list;
        }
        void commit(String id, int epoch, String what, Versions v) throws Exception {
            OffsetCommitRequestData commit = new OffsetCommitRequestData().setGroupId(group).setMemberId(id).setGenerationIdOrMemberEpoch(epoch);
            commit.topics().add(new OffsetCommitRequestData.OffsetCommitRequestTopic().setName(topic).setPartitions(List.of(
                    new OffsetCommitRequestData.OffsetCommitRequestPartition().setPartitionIndex(0).setCommittedOffset(1).setCommittedMetadata(""))));
            for (int version : new int[] {8, 9}) {
                OffsetCommitResponseData answer = peer.ask(commit, version);
                say("OffsetCommit " + version + " " + what + " (epoch " + epoch + ") -> " + error(answer.topics().get(0).partitions().get(0).errorCode()));
            }
        }
        void fetch(String id, int epoch, String what) throws Exception {
            OffsetFetchRequestData fetch = new OffsetFetchRequestData().setRequireStable(true).setGroups(List.of(new OffsetFetchRequestData.OffsetFetchRequestGroup().setGroupId(group).setMemberId(id).setMemberEpoch(epoch)
                    .setTopics(List.of(new OffsetFetchRequestData.OffsetFetchRequestTopics().setName(topic).setPartitionIndexes(List.of(0))))));
            OffsetFetchResponseData answer = peer.ask(fetch, 9);
            say("OffsetFetch 9 " + what + " (epoch " + epoch + ") -> " + error(answer.groups().get(0).errorCode()));
        }
        void run(Versions v) throws Exception {
            peer = new Peer();
            String a = Uuid.randomUuid().toString(), b = Uuid.randomUuid().toString();
            ConsumerGroupHeartbeatResponseData unnamed = beat("", 0, true, null, null, "join without a member id");
            if (unnamed.errorCode() == 0) beat(unnamed.memberId(), -1, false, null, null, "it leaves again");
            ConsumerGroupHeartbeatResponseData first = beat(a, 0, true, null, null, "a joins");
            if (first.errorCode() != 0) return;
            int epoch = first.memberEpoch();
            ConsumerGroupHeartbeatResponseData next = beat(a, epoch, false, null, null, "a, nothing new");
            for (int i = 0; i < 20 && owned(first).isEmpty(); ++i) { Thread.sleep(300); first = beat(a, first.memberEpoch(), false, null, null, "a waits"); }
            epoch = first.memberEpoch();
            List<ConsumerGroupHeartbeatRequestData.TopicPartitions> all = owned(first);
            beat(a, epoch, false, all, null, "a owns what it was given");
            commit(a, epoch, "a", v); commit(a, epoch - 1, "a, older epoch", v); commit(a, epoch + 1, "a, newer epoch", v); commit("nobody", epoch, "unknown member", v); commit("", -1, "simple commit", v);
            fetch(a, epoch, "a"); fetch(a, epoch - 1, "a, older epoch"); fetch(null, -1, "nobody"); fetch("nobody", 1, "unknown member");
            say("b joins:");
            ConsumerGroupHeartbeatResponseData mine = beat(b, 0, true, null, null, "b joins");
            ConsumerGroupHeartbeatResponseData less = next;
            int older = epoch;
            for (int i = 0; i < 20; ++i) {
                less = beat(a, epoch, false, null, null, "a beats");
                if (less.errorCode() != 0) return;
                epoch = less.memberEpoch();
                if (less.assignment() != null) break;
                Thread.sleep(300);
            }
            beat(a, epoch, false, null, null, "a beats, has not given up anything yet");
            mine = beat(b, mine.memberEpoch(), false, null, null, "b beats");
            commit(a, epoch, "a, while it has to revoke", v);
            new Admin(v).describe(group);
            less = less.setMemberEpoch(beat(a, epoch, false, owned(less), null, "a has given up").memberEpoch());
            ConsumerGroupHeartbeatResponseData got = beat(b, mine.memberEpoch(), false, null, null, "b beats");
            ConsumerGroupHeartbeatResponseData now = beat(a, less.memberEpoch(), false, null, null, "a beats");
            List<ConsumerGroupHeartbeatRequestData.TopicPartitions> bOwns = owned(got);
            if (!bOwns.isEmpty()) got = beat(b, got.memberEpoch(), false, bOwns, null, "b owns what it was given");
            commit(a, older, "a, epoch before the rebalance", v);
            fetch(a, older, "a, epoch before the rebalance");
            new Admin(v).all(group);
            say("old epochs and strangers:");
            beat(a, older, false, owned(less), null, "a with its previous epoch and its partitions");
            beat(a, older, false, null, null, "a with its previous epoch, nothing said of partitions");
            beat(a, older - 1, false, null, null, "a with an older epoch");
            beat(a, now.memberEpoch() + 5, false, null, null, "a with an epoch of the future");
            beat("stranger", 3, false, null, null, "unknown member");
            beat(a, 0, true, null, null, "a joins again with epoch 0");
            beat(b, -1, false, null, null, "b leaves");
            beat(b, got.memberEpoch(), false, null, null, "b after leaving");
            beat(a, -1, false, null, null, "a leaves");
            beat(a, -1, false, null, null, "a leaves again");
            new Admin(v).describe(group);
            new Admin(v).list(group);
            say("static members:");
            String s1 = Uuid.randomUuid().toString(), s2 = Uuid.randomUuid().toString();
            ConsumerGroupHeartbeatResponseData st = beat(s1, 0, true, null, "one", "s1 joins as instance one");
            beat(s2, 0, true, null, "one", "s2 joins as instance one while s1 is there");
            beat(s1, -2, false, null, "one", "s1 goes for a while (-2)");
            beat(s2, 0, true, null, "one", "s2 joins as instance one");
            beat(s1, st.memberEpoch(), false, null, "one", "s1 beats again");
            beat(s2, -1, false, null, "one", "s2 leaves for good");
            if (version >= 1) {
                say("regular expressions:");
                for (String regex : List.of("pro.*", "pro(be", "(?=p)robe")) {
                    ConsumerGroupHeartbeatRequestData r = new ConsumerGroupHeartbeatRequestData().setGroupId(group).setMemberId(s1).setMemberEpoch(0).setRebalanceTimeoutMs(10000).setTopicPartitions(List.of());
                    try {
                        ConsumerGroupHeartbeatRequestData.class.getMethod("setSubscribedTopicRegex", String.class).invoke(r, regex);
                        ConsumerGroupHeartbeatResponseData x = peer.ask(r, version);
                        say("regex " + regex + " -> " + error(x.errorCode()) + " " + x.errorMessage() + " assignment " + (x.assignment() == null ? "null" : x.assignment().topicPartitions().size() + " topics"));
                        if (x.errorCode() == 0) {
                            for (int i = 0, e = x.memberEpoch(); i < 6; ++i) {
                                Thread.sleep(500);
                                ConsumerGroupHeartbeatResponseData y = beat(s1, e, false, null, null, "regex member beats");
                                e = y.memberEpoch();
                                if (y.assignment() != null && !y.assignment().topicPartitions().isEmpty()) break;
                            }
                            beat(s1, -1, false, null, null, "regex member leaves");
                        }
                    } catch (NoSuchMethodException e) { say("these jars have no regex"); }
                }
            }
        }
    }

    public static void main(String[] arguments) throws Exception {
        host = arguments[0].split(":")[0];
        port = Integer.parseInt(arguments[0].split(":")[1]);
        Versions versions = new Versions();
        try (Peer peer = new Peer()) {
            peer.socket.setSoTimeout(3000);
            ApiVersionsResponseData answer = peer.ask(new ApiVersionsRequestData(), 0);
            for (ApiVersionsResponseData.ApiVersion v : answer.apiKeys()) versions.most.put((int) v.apiKey(), (int) v.maxVersion());
        } catch (IOException e) {  // 0.9
            for (ApiKeys key : List.of(ApiKeys.JOIN_GROUP, ApiKeys.SYNC_GROUP, ApiKeys.HEARTBEAT, ApiKeys.LEAVE_GROUP)) versions.most.put((int) key.id, 0);
            versions.most.put((int) ApiKeys.OFFSET_COMMIT.id, 2);
            for (ApiKeys key : List.of(ApiKeys.DESCRIBE_GROUPS, ApiKeys.LIST_GROUPS)) versions.most.put((int) key.id, 0);
        }
        versions.most.replaceAll((key, most) -> { ApiKeys k = ApiKeys.hasId(key) ? ApiKeys.forId(key) : null; return k == null ? most : Math.min(most, k.latestVersion(true)); });
        List<String> wanted = arguments.length < 2 || arguments[1].equals("all") ? new ArrayList<>(SCENARIOS.keySet()) : List.of(arguments).subList(1, arguments.length);
        try (Peer peer = new Peer()) {  // makes the topic, and waits for the group's log
            try { peer.ask(new MetadataRequestData().setTopics(List.of(new MetadataRequestData.MetadataRequestTopic().setName(topic))), versions.of(ApiKeys.METADATA) >= 4 ? 4 : 0); } catch (IOException e) { }
        }
        try (Peer peer = new Peer()) {  // a cluster of one: it coordinates, once the log of offsets is there
            for (int i = 0; i < 60; ++i) {
                if (peer.<FindCoordinatorResponseData>ask(new FindCoordinatorRequestData().setKey("probe"), 0).errorCode() == 0) break;
                Thread.sleep(500);
            }
        }
        Thread.sleep(500);
        for (String name : wanted) {
            System.out.println(name);
            started = System.nanoTime();
            try { SCENARIOS.get(name).run(versions); } catch (Throwable e) { say("ended by " + e); }
        }
        System.exit(0);
    }
}
