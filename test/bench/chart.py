"""The chart of the bench as SVG: a dot per work for the ratio of CPU per message, and lines of cost per message against
partitions and brokers. Logarithmic scales; the colours follow the light or dark mode of the reader's screen.
"""
import html
import math

WIDTH = 960
LEFT, RIGHT = 430, 40  # margins around the dots; the left one holds the names
ROW = 19
STYLE = """
  svg { font: 12px system-ui, sans-serif; }
  .ground { fill: #ffffff; } .text { fill: #1f2328; } .dim { fill: #59636e; } .grid { stroke: #d1d9e0; }
  .even { stroke: #59636e; } .ours { fill: #0969da; } .missed { fill: #cf222e; } .target { stroke: #bc4c00; }
  .line-ours { stroke: #0969da; } .line-theirs { stroke: #8250df; } .theirs { fill: #8250df; }
  @media (prefers-color-scheme: dark) {
    .ground { fill: #0d1117; } .text { fill: #f0f6fc; } .dim { fill: #9198a1; } .grid { stroke: #3d444d; }
    .even { stroke: #9198a1; } .ours { fill: #4493f8; } .missed { fill: #f85149; } .target { stroke: #f0883e; }
    .line-ours { stroke: #4493f8; } .line-theirs { stroke: #ab7df8; } .theirs { fill: #ab7df8; }
  }
"""


class Scale:
    """From a logarithmic interval to pixels."""

    def __init__(self, low, high, begin, end):
        self.low, self.high, self.begin, self.end = low, high, begin, end

    def __call__(self, value):
        value = min(max(value, self.low), self.high)
        part = math.log(value / self.low) / math.log(self.high / self.low)
        return self.begin + part * (self.end - self.begin)

    def ticks(self):
        """1, 2 and 5 of each power of ten within."""
        for power in range(math.floor(math.log10(self.low)), math.ceil(math.log10(self.high)) + 1):
            for digit in (1, 2, 5):
                value = digit * 10.0 ** power
                if self.low * 0.999 <= value <= self.high * 1.001:
                    yield value


def text(x, y, what, kind="text", anchor="start", turned=False):
    turn = f' transform="rotate(-90 {x:.1f} {y:.1f})"' if turned else ""
    return f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"{turn}>{html.escape(what)}</text>'


def line(x1, y1, x2, y2, kind, width=1.0):
    return f'<line class="{kind}" x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke-width="{width}"/>'


def dot(x, y, kind, radius=4):
    return f'<circle class="{kind}" cx="{x:.1f}" cy="{y:.1f}" r="{radius}"/>'


def ratios(whole):
    """(name, ratio, target or None) of each dot."""
    for entry in whole["works"]:
        if entry["group"] != "main" or "rounds" not in entry:
            continue
        if entry["mode"] == "latency":
            figure = "p50 µs"
            name = entry["name"] + ": p50"
        else:
            figure = "CPU ms" if entry["mode"] == "idle" else "CPU µs"
            name = entry["name"].split(" (theirs")[0]
        target = entry["targets"].get(figure)
        yield name, entry["figures"][figure]["ratio"], target[1] if target else None


def dots(whole, top):
    """The first chart, and the height at which it ends."""
    rows = list(ratios(whole))
    if not rows:
        return [], top
    low = max(min(0.05, *(ratio for _, ratio, _ in rows)) * 0.9, 0.02)  # values beyond are drawn at the edge
    high = max(2.0, *(ratio for _, ratio, _ in rows if math.isfinite(ratio))) * 1.1
    across = Scale(low, high, LEFT, WIDTH - RIGHT)
    first, bottom = top + 62, top + 62 + ROW * len(rows)
    parts = [text(20, top + 16, "Ratio of cost per message, uvkafka / librdkafka: left of 1 is better")]
    parts.append(dot(26, top + 34, "ours") + text(36, top + 38, "target met, or none", "dim"))
    parts.append(dot(180, top + 34, "missed") + text(190, top + 38, "target missed", "dim"))
    parts.append(line(300, top + 28, 300, top + 40, "target", 3) + text(308, top + 38, "target", "dim"))
    for value in across.ticks():
        x = across(value)
        parts.append(line(x, first - 12, x, bottom - 8, "even" if value == 1 else "grid"))
        parts.append(text(x, bottom + 8, f"{value:g}", "dim", "middle"))
    for i, (name, ratio, target) in enumerate(rows):
        y = first + ROW * i
        parts.append(text(LEFT - 12, y + 4, name, anchor="end"))
        if target is not None:
            parts.append(line(across(target), y - 7, across(target), y + 7, "target", 3))
        bad = target is not None and ratio > target
        x = across(ratio)
        parts.append(dot(x, y, "missed" if bad else "ours"))
        parts.append(text(x + 8, y + 4, f"{ratio:.2f}", "dim"))
    parts.append(text((LEFT + WIDTH - RIGHT) / 2, bottom + 26, "ratio of CPU per message (latency: of the time), "
                      "logarithmic", "dim", "middle"))
    return parts, bottom + 50


def lines(whole, group, title, below, left, top, width=400, height=190):
    """Cost per message of both clients, over the number that `at` counts."""
    entries = sorted((e for e in whole["works"] if e["group"] == group and "rounds" in e), key=lambda e: e["at"])
    if len(entries) < 2:
        return []
    values = [e["figures"]["CPU µs"][side] for e in entries for side in ("ours", "theirs")]
    across = Scale(entries[0]["at"], entries[-1]["at"], left + 50, left + width - 50)
    up = Scale(min(values) * 0.7, max(values) * 1.4, top + height - 40, top + 24)
    parts = [text(left + 50, top + 12, title)]
    for value in up.ticks():
        parts.append(line(left + 50, up(value), left + width - 50, up(value), "grid"))
        parts.append(text(left + 44, up(value) + 4, f"{value:g}", "dim", "end"))
    for entry in entries:
        parts.append(text(across(entry["at"]), top + height - 22, f"{entry['at']:,}", "dim", "middle"))
    parts.append(text(left + width / 2, top + height - 6, below, "dim", "middle"))
    parts.append(text(left + 10, top + height / 2 - 8, "CPU µs per message", "dim", "middle", turned=True))
    for side, name in (("ours", "uvkafka"), ("theirs", "librdkafka")):
        points = [(across(e["at"]), up(e["figures"]["CPU µs"][side])) for e in entries]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        parts.append(f'<polyline class="line-{side}" points="{path}" fill="none" stroke-width="2"/>')
        parts += [dot(x, y, side, 3) for x, y in points]
        parts.append(text(points[-1][0] + 6, points[-1][1] + 4, name, side))
    few = next((e for e in entries if e["at"] == 12), None)
    grown = [of for of in whole["growth"] if of["group"] == group]
    if few and grown:
        y = up(few["figures"]["CPU µs"]["ours"] * grown[0]["target"])
        x = across(grown[0]["many"])
        parts.append(line(x - 12, y, x + 12, y, "target", 3))
    return parts


def draw(whole):
    parts, end = dots(whole, 10)
    charts = [("produce", "produce 100 B, the client chooses partitions", "partitions"),
              ("produce in turn", "produce 100 B, each to the next partition", "partitions"),
              ("consume", "consume 100 B, each acked", "partitions"),
              ("produce in turn, brokers", "produce 100 B, each to the next partition", "brokers (dev broker)"),
              ("consume, brokers", "consume 100 B, each acked", "brokers (dev broker)")]
    shown = 0
    for group, title, below in charts:
        found = lines(whole, group, title, below, 20 + 460 * (shown % 2), end + 210 * (shown // 2))
        parts += found
        shown += bool(found)
    height = end + 210 * ((shown + 1) // 2) + 10
    return (f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" '
            f'viewBox="0 0 {WIDTH} {height}">\n<style>{STYLE}</style>\n'
            f'<rect class="ground" width="{WIDTH}" height="{height}"/>\n' + "\n".join(parts) + "\n</svg>\n")
