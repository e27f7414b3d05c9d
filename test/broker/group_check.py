#!/usr/bin/env python3
"""Judges what the members of a consumer group say they did.

    group_check.py FILE... [--driver FILE] [--session 6] [--commits FILE] [--pause 1.0] [--json]
    group_check.py --self-test

FILE: lines of JSON as GroupMember.java and group_member.cpp print them (their header says which), one member or several
per file; a last line that was cut off is left out. An `answer` may have "ok": whether the client took it (not `lost`).
--driver: lines of groups.py: who was killed, paused, and where the log ends (`produced`). --commits: the coordinator's own account of what it accepted, lines
{"t":..,"e":"accepted","c":[[topic,partition,offset]]}, e.g. from the dev broker or from __consumer_offsets.

What must hold (V: a violation, exit status 1):
    unread      V  a record of the log that nobody got (needs `produced`, or it is judged up to the highest offset seen)
    ahead       V  a commit beyond what the same incarnation has answered since the partition was assigned to it, or over a
                   record that it has not answered
    backwards   V  a commit below an earlier confirmed one of the group, by a member that owned the partition
    skip        V  within one ownership a record that is not the next one, though somebody reads that one later or never
    unowned     V  a record, or an answer that was confirmed, of a partition that the member does not own
    dual        V  two members own a partition at the same time, and neither is excused
    again       V  a record delivered although a commit behind it was confirmed before its reader was assigned the partition
    twice       V  a member that commits each message said `revoked`, its answers have `ok`, and the next owner begins below
                   what it had confirmed
    protocol    V  assigned twice, revoked what is not owned, records before `start` or behind `closed`
What is counted: redelivered (by cause), rebalances and how long partitions had no owner, pauses of partitions that stayed.

Ownership lasts from `assigned` to `revoked`, `lost`, `closed`, or to what ends an incarnation without a word: `kill` and
`dead` of the driver, else its last line. Excused in `dual`:
    zombie   the older owner could not know: it was paused or killed by the driver, or said nothing at all for --session
             seconds, when the newer one got the partition; or it was put out for another reason and said `lost` within
             --session seconds. It may deliver until it hears of it; what it commits then must fail (`ahead`, `backwards`
             and `unowned` judge that).
    jitter   events of two processes closer than 5 ms cannot be ordered
A cooperative member's `assigned` names what was added. Eager members revoke everything first, so both forms read the same.
Clocks: all members on one machine, or within 5 ms.
"""
import argparse
import bisect
import itertools
import json
import sys
from collections import Counter, defaultdict

JITTER = 5_000_000


def read(paths):
    events = []
    for path in paths:
        with open(path, "rb") as file:
            for number, line in enumerate(file):
                try:
                    event = json.loads(line)
                except ValueError:
                    continue  # cut off by kill -9
                event["at"] = f"{path}:{number + 1}"
                events.append(event)
    events.sort(key=lambda e: e["t"])  # stable: lines of one file stay in order
    return events


class Stay:
    """One ownership: a partition with one incarnation."""

    def __init__(self, member, partition, begin, at):
        self.member, self.partition, self.begin, self.at = member, partition, begin, at
        self.end, self.how = None, None
        self.records, self.first, self.answered = [], None, None  # (time, offset, where); first; highest
        self.open = set()  # delivered, not answered
        self.confirmed, self.says_ok = None, False  # the highest offset that was confirmed while it owned the partition


class Highest:
    """Offsets with their times, which come nearly in order: the highest one up to a time."""

    def __init__(self):
        self.times, self.offsets, self.best = [], [], []

    def add(self, time, offset):
        place = bisect.bisect_right(self.times, time)
        self.times.insert(place, time)
        self.offsets.insert(place, offset)
        del self.best[place:]
        for each in self.offsets[place:]:
            self.best.append(max(each, self.best[-1]) if self.best else each)

    def before(self, time):
        return self._first(bisect.bisect_left(self.times, time))

    def until(self, time):
        return self._first(bisect.bisect_right(self.times, time))

    def _first(self, count):
        return self.best[count - 1] if count else -1


class Judge:
    def __init__(self, session=6.0, pause=1.0):
        self.session, self.long_pause = int(session * 1e9), int(pause * 1e9)
        self.violations, self.notes, self.counts = [], [], Counter()

    def bad(self, rule, text, event=None):
        self.violations.append((rule, text + (f"  ({event['at']})" if event else "")))

    def judge(self, events, driver=(), accepted=()):
        stays = defaultdict(list)      # partition -> Stay, in order of beginning
        owned = defaultdict(dict)      # member -> partition -> Stay
        last_word = {}                 # member -> time of its last line
        silent = defaultdict(list)     # member -> [(from, to)]: paused, dead
        seen = defaultdict(dict)       # partition -> offset -> first time
        delivered = Counter()          # (partition, offset)
        living = defaultdict(list)     # partition -> Stay: those that have not ended, and some that have
        confirmed = defaultdict(Highest)  # partition -> offsets
        asked = defaultdict(Highest)   # partition -> offsets: may be stored, whatever was heard of it
        sent = {}                      # (member, topic, partition, offset) -> time of the last commit
        started, closed = set(), set()
        ends, ending = {}, {}

        for event in driver:
            who = event.get("who")
            if event["e"] in ("kill", "dead"):
                silent[who].append([event["t"], None])
                ending.setdefault(who, event["t"])
            elif event["e"] == "pause":
                silent[who].append([event["t"], None])
            elif event["e"] == "resume":
                for span in silent[who]:
                    if span[1] is None:
                        span[1] = event["t"]
            elif event["e"] == "produced":
                for topic, partition, end in event["c"]:
                    ends[(topic, partition)] = end

        spoke = defaultdict(list)      # member -> times of its lines: a hole may be a session that ran out
        for event in events:
            member, kind, now = event["m"], event["e"], event["t"]
            last_word[member] = now
            spoke[member].append(now)
            if kind == "start":
                started.add(member)
                continue
            if member not in started:
                self.bad("protocol", f"{member} says {kind} before start", event)
                started.add(member)
            if member in closed:
                self.bad("protocol", f"{member} says {kind} after closed", event)
            if kind == "assigned":
                for key in map(tuple, event["p"]):
                    if key in owned[member]:
                        self.bad("protocol", f"{member} is assigned {key} twice", event)
                        continue
                    stay = Stay(member, key, now, event["at"])
                    owned[member][key] = stay
                    stays[key].append(stay)
                    living[key].append(stay)
            elif kind in ("revoked", "lost"):
                for key in map(tuple, event["p"]):
                    stay = owned[member].pop(key, None)
                    if stay is None:
                        self.bad("protocol", f"{member} says {kind} of {key}, which it does not own", event)
                        continue
                    stay.end, stay.how = now, kind
            elif kind == "closed":
                closed.add(member)
                for stay in owned[member].values():
                    stay.end, stay.how = now, kind
                owned[member].clear()
            elif kind == "record":
                key, offset = tuple(event["p"]), event["o"]
                delivered[key, offset] += 1
                seen[key].setdefault(offset, now)
                stay = owned[member].get(key)
                if stay is None:
                    self.bad("unowned", f"{member} delivers {key} {offset}, which it does not own", event)
                    continue
                if stay.first is None:
                    stay.first = offset
                stay.records.append((now, offset, event["at"]))
                stay.open.add(offset)
            elif kind == "answer":
                key, offset = tuple(event["p"]), event["o"]
                stay = owned[member].get(key)
                if not event.get("ok", True):
                    continue  # the client told the application that this answer came too late
                if stay is not None:
                    stay.says_ok = "ok" in event
                    stay.open.discard(offset)
                    stay.answered = offset if stay.answered is None else max(stay.answered, offset)
                elif "ok" in event:  # others do not say whether it counts
                    self.bad("unowned", f"{member}'s answer to {key} {offset} counts, though it does not own that", event)
            elif kind == "commit":
                for topic, partition, offset in event["c"]:
                    stay = owned[member].get((topic, partition))
                    if stay is None:
                        self.notes.append(f"{member} asks to commit {topic}/{partition} without owning it ({event['at']})")
                    elif stay.answered is None or offset > stay.answered + 1:
                        self.bad("ahead", f"{member} commits {topic}/{partition} {offset}, answered {stay.answered}", event)
                    elif stay.open and min(stay.open) < offset:
                        self.bad("ahead", f"{member} commits {topic}/{partition} {offset}, {min(stay.open)} is not answered", event)
                    asked[(topic, partition)].add(now, offset)
                    sent[(member, topic, partition, offset)] = now
            elif kind == "committed":
                for topic, partition, offset in event["c"]:
                    key = (topic, partition)
                    stay = owned[member].get(key)
                    stored = self.stored_at(sent.pop((member, *key, offset), now), now, silent[member])
                    if stay is not None:
                        stay.confirmed = offset if stay.confirmed is None else max(stay.confirmed, offset)
                    held = stay is not None or any(s.member == member and s.end and now - s.end < self.session for s in stays[key])
                    newest = confirmed[key].until(stored)
                    if offset < newest and held:
                        self.bad("backwards", f"{member} commits {topic}/{partition} {offset} behind {newest}", event)
                    confirmed[key].add(stored, offset)
                    living[key] = [s for s in living[key] if s.end is None]
                    others = [s for s in living[key] if s.member != member and (stay is None or s.begin > stay.begin)
                              and ending.get(s.member, stored) >= stored]
                    if others and stored - others[-1].begin > JITTER:
                        self.bad("unowned", f"{member}'s commit of {topic}/{partition} {offset} is accepted while {others[-1].member} owns it", event)
            elif kind == "failed":
                self.counts["commits failed"] += 1
            elif kind == "error":
                self.counts["errors"] += 1

        for event in accepted:
            for topic, partition, offset in event["c"]:
                key = (topic, partition)
                answered = [s.answered for s in stays[key] if s.answered is not None and s.begin <= event["t"] + JITTER]
                if not answered or offset > max(answered) + 1:
                    self.bad("ahead", f"the coordinator has {topic}/{partition} {offset}, answered {max(answered, default=None)}", event)

        finish = max(last_word.values(), default=0)
        for member, left in owned.items():
            for stay in left.values():
                stay.end, stay.how = ending.get(member, last_word[member]), "silence"

        self.owners(stays, silent, spoke)
        self.reading(stays, seen, delivered, confirmed, asked, ends)
        self.pauses(stays, finish)

    @staticmethod
    def stored_at(sent, told, pauses):
        """When the coordinator stored a commit. A member that was stopped meanwhile hears of it long afterwards. The driver may
        have said `pause` a moment before the member stopped, and so before it sent the commit."""
        return sent if any(begin <= told and (end is None or sent <= end) for begin, end in pauses) else told

    def was_silent(self, member, now, silent, spoke):
        """True if the member cannot be blamed for not knowing: dead, stopped, or not heard of for a session."""
        for begin, end in silent.get(member, ()):
            if begin <= now and (end is None or now <= end + JITTER):
                return True
        times = spoke[member]
        place = bisect.bisect_left(times, now)
        before = times[place - 1] if place else now
        after = times[place] if place < len(times) else None
        return after is not None and after - before >= self.session or after is None and now - before >= self.session

    def owners(self, stays, silent, spoke):
        for key, all_stays in stays.items():
            for i, old in enumerate(all_stays):
                for new in all_stays[i + 1:]:
                    if new.begin >= old.end - JITTER:
                        continue
                    if new.member == old.member:
                        continue  # said under `protocol`
                    told = old.how == "lost" and old.end - new.begin <= self.session
                    if told or self.was_silent(old.member, new.begin, silent, spoke):
                        self.counts["zombie ownerships"] += 1
                    else:
                        self.bad("dual", f"{key}: {old.member} since {old.at}, {new.member} since {new.at}, for {(min(old.end, new.end) - new.begin) / 1e6:.0f} ms")

    def reading(self, stays, seen, delivered, confirmed, asked, ends):
        for key, all_stays in stays.items():
            offsets = sorted(seen[key])
            for stay in all_stays:
                # What was committed when it began must not come again.
                before = confirmed[key].before(stay.begin)
                if stay.first is not None and stay.first < before:
                    self.bad("again", f"{stay.member} begins {key} at {stay.first}, {before} was committed before ({stay.records[0][2]})")
                # A commit without an answer, or with an error that leaves it open, may be stored all the same.
                maybe = asked[key].before(stay.records[0][0]) if stay.first is not None else -1
                if stay.first is not None and before >= 0 and stay.first > max(before, maybe) and offsets[bisect.bisect_left(offsets, before)] < stay.first:
                    self.bad("skip", f"{stay.member} begins {key} at {stay.first}, committed was {before} ({stay.records[0][2]})")
                for (t, offset, at), (_, following, at2) in zip(stay.records, stay.records[1:]):
                    if following <= offset:
                        self.counts["redelivered to the same owner"] += 1
                        continue
                    place = bisect.bisect_right(offsets, offset)
                    if place < len(offsets) and offsets[place] != following:
                        self.bad("skip", f"{stay.member} goes from {key} {offset} to {following} ({at2})")
            for old, new in zip(all_stays, all_stays[1:]):
                self.begins_again(key, old, new)
        for key in set(ends) | set(seen):
            offsets = set(seen[key])
            end = ends.get(key, max(offsets, default=-1) + 1)
            missing = [o for o in range(end) if o not in offsets]
            if missing:
                self.bad("unread", f"{key}: {len(missing)} of {end} records, the first {missing[0]}, the last {missing[-1]}")
        self.counts["records"] = sum(len(s) for s in seen.values())
        if not self.counts["records"]:
            self.bad("unread", "nobody delivered anything")
        self.counts["redelivered"] = sum(n - 1 for n in delivered.values())

    def begins_again(self, key, old, new):
        """A member that gave the partition up, and had committed each of its answers, leaves nothing to be read again."""
        if old.how != "revoked" or not old.says_ok or old.confirmed is None or new.first is None:
            return
        if old.confirmed == old.answered + 1 and new.first < old.confirmed:
            self.bad("twice", f"{new.member} begins {key} at {new.first}, {old.member} had confirmed {old.confirmed} and said revoked")

    def pauses(self, stays, finish):
        moves, gaps = [], []
        for key, all_stays in stays.items():
            for stay in all_stays:
                moves.append(stay.begin)
                moves.append(stay.end)
            for old, new in zip(all_stays, all_stays[1:]):
                gaps.append((new.begin - old.end, key, old.member, new.member, old.how))
        moves.sort()
        # Moves closer than a second belong together: one rebalance as seen from outside.
        rebalances, begin, last = [], None, None
        for t in moves:
            if last is None or t - last > 1_000_000_000:
                if begin is not None:
                    rebalances.append((begin, last))
                begin = t
            last = t
        if begin is not None:
            rebalances.append((begin, last))
        self.rebalances = [(last - begin) / 1e6 for begin, last in rebalances]
        self.gaps = sorted(((gap / 1e6, key, a, b, how) for gap, key, a, b, how in gaps if gap > 0), reverse=True)
        # Partitions that stayed where they were: how long the longest hole between two records around a rebalance is,
        # beyond the longest one in quiet times.
        stayed = []
        for key, all_stays in stays.items():
            for stay in all_stays:
                if not stay.records:
                    continue
                times = [t for t, _, _ in stay.records]
                holes = [b - a for a, b in zip(times, times[1:])]
                # The longest hole among the first n, and among those from the n-th on.
                first = list(itertools.accumulate(holes, max, initial=0))
                rest = list(itertools.accumulate(reversed(holes), max, initial=0))[::-1]
                for begin, end in rebalances:
                    if stay.begin >= begin or stay.end <= end:
                        continue
                    low, high = bisect.bisect_left(times, begin), bisect.bisect_right(times, end)
                    around = times[max(low - 1, 0):high + 1]
                    hole = max((b - a for a, b in zip(around, around[1:])), default=0)
                    quiet = max(first[max(min(low - 1, len(holes)), 0)], rest[min(high + 1, len(holes))])
                    stayed.append((hole / 1e6, quiet / 1e6, key, stay.member))
        self.stayed = sorted(stayed, reverse=True)
        for hole, quiet, key, member in self.stayed:
            if hole * 1e6 > self.long_pause and hole > 2 * quiet:
                self.notes.append(f"{key} stayed with {member} and paused {hole:.0f} ms in a rebalance (else at most {quiet:.0f} ms)")

    def report(self, out=sys.stdout):
        for rule, text in self.violations[:200]:
            print(f"VIOLATION {rule}: {text}", file=out)
        for note in self.notes[:50]:
            print(f"note: {note}", file=out)
        for what, number in sorted(self.counts.items()):
            print(f"{what}: {number}", file=out)
        print(f"rebalances: {len(self.rebalances)}, ms: {' '.join(f'{r:.0f}' for r in self.rebalances)}", file=out)
        for gap, key, a, b, how in self.gaps[:5]:
            print(f"no owner for {gap:.0f} ms: {key} from {a} ({how}) to {b}", file=out)
        if self.stayed:
            hole, quiet, key, member = self.stayed[0]
            print(f"longest hole of a partition that stayed: {hole:.0f} ms ({key}, {member}; in quiet times {quiet:.0f} ms)", file=out)
        print(f"violations: {len(self.violations)}", file=out)


# --- bad histories that have to be found ----------------------------------------------------------

def history(*lines):
    """Lines `MS MEMBER EVENT ...` to events. P is partition number, of topic t."""
    events, driver = [], []
    for number, line in enumerate(lines):
        words = line.split()
        event = {"t": int(float(words[0]) * 1e6), "m": words[1], "e": words[2], "at": f"line {number + 1}"}
        rest = words[3:]
        if event["e"] in ("assigned", "revoked", "lost"):
            event["p"] = [["t", int(p)] for p in rest]
        elif event["e"] in ("record", "answer"):
            event["p"], event["o"], event["ok"] = ["t", int(rest[0])], int(rest[1]), rest[2:] != ["late"]
        elif event["e"] in ("commit", "committed", "failed", "produced"):
            event["c"] = [["t", int(rest[0]), int(rest[1])]]
        elif event["m"] == "driver":
            event["who"] = rest[0]
        (driver if event["m"] == "driver" else events).append(event)
    return events, driver


GOOD = ["0 a start", "1 a assigned 0 1", "10 a record 0 0", "11 a answer 0 0", "12 a commit 0 1", "13 a committed 0 1",
        "14 a record 1 0", "15 a answer 1 0", "16 a commit 1 1", "17 a committed 1 1"]

CASES = [
    ("a good history", None, GOOD + ["20 a closed", "21 driver produced 0 1"]),
    ("a record nobody got", "unread", GOOD + ["20 a closed", "21 driver produced 0 2"]),
    ("nothing at all", "unread", ["0 a start", "1 a assigned 0", "2 a closed"]),
    ("a hole in what was read", "unread", ["0 a start", "1 a assigned 0", "2 a record 0 0", "3 a record 0 2"]),
    ("a commit before the answer", "ahead", ["0 a start", "1 a assigned 0", "2 a record 0 0", "3 a commit 0 1"]),
    ("a commit one too far", "ahead", ["0 a start", "1 a assigned 0", "2 a record 0 0", "3 a answer 0 0", "4 a commit 0 2"]),
    ("a commit over an open one", "ahead",
     ["0 a start", "1 a assigned 0", "2 a record 0 0", "3 a record 0 1", "4 a answer 0 1", "5 a commit 0 2"]),
    ("answers in any order, the commit waits", None,
     ["0 a start", "1 a assigned 0", "2 a record 0 0", "3 a record 0 1", "4 a answer 0 1", "5 a answer 0 0", "6 a commit 0 2", "7 a committed 0 2", "8 a closed"]),
    ("a commit of an answer that was lost", "ahead", ["0 a start", "1 a assigned 0", "2 a record 0 0", "3 a answer 0 0 late", "4 a commit 0 1"]),
    ("a late answer after the revoke, and told so", None, ["0 a start", "1 a assigned 0", "2 a record 0 0", "3 a revoked 0", "4 a answer 0 0 late", "5 a closed"]),
    ("a late answer after the revoke that counts", "unowned", ["0 a start", "1 a assigned 0", "2 a record 0 0", "3 a revoked 0", "4 a answer 0 0", "5 a closed"]),
    ("a commit of an older ownership's answer", "ahead",
     ["0 a start", "1 a assigned 0", "2 a record 0 0", "3 a answer 0 0", "4 a revoked 0", "5 a assigned 0", "6 a commit 0 1"]),
    ("a commit that goes back", "backwards",
     ["0 a start", "1 a assigned 0", "2 a record 0 0", "3 a answer 0 0", "4 a record 0 1", "5 a answer 0 1", "6 a commit 0 2",
      "7 a committed 0 2", "8 a commit 0 1", "9 a committed 0 1"]),
    ("two owners", "dual", ["0 a start", "0 b start", "1 a assigned 0", "20 b assigned 0", "60 a record 0 0", "90 a revoked 0"]),
    ("two owners, the older one paused", None,
     ["0 a start", "0 b start", "1 a assigned 0", "20 driver pause a", "6050 b assigned 0", "6060 b record 0 0", "7000 driver resume a",
      "7005 a lost 0", "7010 b closed"]),
    ("two owners, the older one paused, then killed", None,
     ["0 a start", "0 b start", "1 a assigned 0", "20 driver pause a", "6050 b assigned 0", "6060 b record 0 0", "7000 driver kill a",
      "7010 b closed"]),
    ("two owners, the older one put out, and told soon", None,
     ["0 a start", "0 b start", "1 a assigned 0", "20 a record 0 0", "4000 a record 0 1", "6050 b assigned 0", "6060 b record 0 0", "6070 a lost 0",
      "7010 b closed"]),
    ("two owners, the older one paused while a static twin took over", None,
     ["0 a start", "0 b start", "1 a assigned 0", "20 a record 0 0", "2000 driver pause a", "3000 b assigned 0", "3010 b record 0 0",
      "3500 driver resume a", "3510 a closed", "4000 b closed"]),
    ("two owners, the older one goes on and is told much later", "dual",
     ["0 a start", "0 b start", "1 a assigned 0", "20 a record 0 0", "2050 b assigned 0", "2060 b record 0 0", "4000 a record 0 1",
      "8000 a record 0 2", "9000 a lost 0", "9010 b closed"]),
    ("two owners, the older one silent for a session", None,
     ["0 a start", "0 b start", "1 a assigned 0", "20 a record 0 0", "6500 b assigned 0", "6501 b record 0 0", "7000 a lost 0", "7010 b closed"]),
    ("two owners, the older one silent, not long enough", "dual",
     ["0 a start", "0 b start", "1 a assigned 0", "20 a record 0 0", "2500 b assigned 0", "2501 b record 0 0", "3000 a revoked 0", "3010 b closed"]),
    ("two owners, the older one killed", None,
     ["0 a start", "0 b start", "1 a assigned 0", "20 a record 0 0", "30 driver kill a", "40 b assigned 0", "41 b record 0 0"]),
    ("a record after it was revoked", "unowned",
     ["0 a start", "1 a assigned 0", "2 a record 0 0", "3 a revoked 0", "4 a record 0 1"]),
    ("a zombie's commit is accepted", "unowned",
     ["0 a start", "0 b start", "1 a assigned 0", "2 a record 0 0", "3 a answer 0 0", "4 driver pause a", "7000 b assigned 0", "7001 b record 0 0",
      "8000 driver resume a", "8001 a commit 0 1", "8002 a committed 0 1", "8003 a lost 0"]),
    ("a zombie's commit fails", None,
     ["0 a start", "0 b start", "1 a assigned 0", "2 a record 0 0", "3 a answer 0 0", "4 driver pause a", "7000 b assigned 0", "7001 b record 0 0",
      "8000 driver resume a", "8001 a commit 0 1", "8002 a failed 0 1", "8003 a lost 0"]),
    ("a skip inside one ownership, read by another later", "skip",
     ["0 a start", "0 b start", "1 a assigned 0", "2 a record 0 0", "3 a record 0 2", "4 a revoked 0", "9 b assigned 0", "10 b record 0 0",
      "11 b record 0 1", "12 b record 0 2"]),
    ("the new owner begins behind the commit", "skip",
     ["0 a start", "0 b start", "1 a assigned 0", "2 a record 0 0", "3 a answer 0 0", "4 a commit 0 1", "5 a committed 0 1", "6 a record 0 1",
      "7 a revoked 0", "20 b assigned 0", "21 b record 0 2"]),
    ("a commit whose answer nobody heard", None,
     ["0 a start", "0 b start", "1 a assigned 0", "2 a record 0 0", "3 a answer 0 0", "4 a commit 0 1", "5 a committed 0 1", "6 a record 0 1",
      "7 a answer 0 1", "8 a commit 0 2", "9 driver kill a", "20 b assigned 0", "21 b record 0 2", "22 b closed"]),
    ("committed, and read again by the next owner", "again",
     ["0 a start", "0 b start", "1 a assigned 0", "2 a record 0 0", "3 a answer 0 0", "4 a commit 0 1", "5 a committed 0 1",
      "7 a revoked 0", "20 b assigned 0", "21 b record 0 0"]),
    ("uncommitted, and read again: allowed", None,
     ["0 a start", "0 b start", "1 a assigned 0", "2 a record 0 0", "3 a answer 0 0", "7 a revoked 0", "20 b assigned 0", "21 b record 0 0"]),
    ("revoked, confirmed, and read again", "twice",
     ["0 a start", "0 b start", "1 a assigned 0", "2 a record 0 0", "3 a answer 0 0", "4 a commit 0 1", "5 a committed 0 1",
      "7 a revoked 0", "7 b assigned 0", "21 b record 0 0"]),
    ("revoked, the last answer is not confirmed, and read again: allowed", None,
     ["0 a start", "0 b start", "1 a assigned 0", "2 a record 0 0", "3 a answer 0 0", "4 a commit 0 1", "5 a committed 0 1",
      "6 a record 0 1", "6.5 a answer 0 1", "7 a revoked 0", "20 b assigned 0", "21 b record 0 1", "22 b closed"]),
    ("stopped between a commit and its answer, and overtaken: allowed", None,
     ["0 a start", "0 b start", "1 a assigned 0", "2 a record 0 0", "3 a answer 0 0", "4 a commit 0 1", "5 driver pause a",
      "100 b assigned 0", "101 b record 0 1", "102 b answer 0 1", "103 b commit 0 2", "104 b committed 0 2",
      "200 driver resume a", "201 a committed 0 1", "202 a lost 0", "203 b closed"]),
    ("stopped a moment after the driver said so, between a commit and its answer: allowed", None,
     ["0 a start", "0 b start", "1 a assigned 0", "2 a record 0 0", "3 a answer 0 0", "4 driver pause a", "10 a commit 0 1",
      "100 b assigned 0", "101 b record 0 1", "200 driver resume a", "201 a committed 0 1", "202 a lost 0", "203 b closed"]),
    ("stopped before a commit, and overtaken", "backwards",
     ["0 a start", "0 b start", "1 a assigned 0", "2 a record 0 0", "3 a answer 0 0", "5 driver pause a",
      "100 b assigned 0", "101 b record 0 0", "102 b answer 0 0", "103 b commit 0 1", "104 b committed 0 1",
      "105 b record 0 1", "106 b answer 0 1", "107 b commit 0 2", "108 b committed 0 2",
      "200 driver resume a", "201 a commit 0 1", "202 a committed 0 1", "203 a lost 0", "204 b closed"]),
    ("a commit is accepted when it was lost already, and the owner before is dead: allowed", None,
     ["0 b start", "0 a start", "1 b assigned 0", "2 b record 0 0", "3 b answer 0 0", "4 driver kill b", "50 a assigned 0",
      "51 a record 0 0", "52 a answer 0 0", "53 a commit 0 1", "54 a lost 0", "100 a committed 0 1", "101 a assigned 0",
      "102 a record 0 1", "103 a closed"]),
    ("assigned twice", "protocol", ["0 a start", "1 a assigned 0", "2 a assigned 0"]),
    ("revoked what it never had", "protocol", ["0 a start", "1 a assigned 0", "2 a revoked 1"]),
    ("words after closed", "protocol", ["0 a start", "1 a assigned 0", "2 a closed", "3 a record 0 0"]),
]


def self_test():
    failed = 0
    for name, rule, lines in CASES:
        judge = Judge()
        events, driver = history(*lines)
        judge.judge(events, driver)
        rules = {r for r, _ in judge.violations}
        fine = rules == set() if rule is None else rule in rules
        if not fine:
            failed += 1
            print(f"self test: {name}: expected {rule}, got {judge.violations}")
    judge = Judge()
    events, _ = history("0 a start", "1 a assigned 0", "2 a record 0 0", "3 a answer 0 0")
    judge.judge(events, accepted=[{"t": 4_000_000, "c": [["t", 0, 2]], "at": "broker"}])
    if {r for r, _ in judge.violations} != {"ahead"}:
        failed += 1
        print("self test: the coordinator's account")
    print(f"self test: {len(CASES) + 1} histories, {failed} judged wrongly")
    return 1 if failed else 0


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("files", nargs="*")
    parser.add_argument("--driver", action="append", default=[])
    parser.add_argument("--commits", action="append", default=[])
    parser.add_argument("--session", type=float, default=6)
    parser.add_argument("--pause", type=float, default=1)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--self-test", action="store_true")
    options = parser.parse_args()
    if options.self_test:
        return self_test()
    if not options.files:
        parser.error("no files")
    judge = Judge(options.session, options.pause)
    driver = read(options.driver)
    events = [e for e in read(options.files) if e["m"] != "driver"]
    judge.judge(events, driver, read(options.commits))
    if options.json:
        print(json.dumps({"violations": judge.violations, "counts": judge.counts, "rebalances_ms": judge.rebalances,
                          "no_owner_ms": [g[0] for g in judge.gaps], "stayed_ms": [s[0] for s in judge.stayed]}))
    else:
        judge.report()
    return 1 if judge.violations else 0


if __name__ == "__main__":
    sys.exit(main())
