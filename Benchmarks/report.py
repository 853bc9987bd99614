"""Results as Markdown that reads well in a terminal too."""
import json
import os
import time


def save(results, folder):
    """Writes JSON and Markdown, and says where."""
    os.makedirs(folder, exist_ok=True)
    stem = os.path.join(folder, time.strftime("%Y-%m-%d-%H%M%S"))
    text = markdown(results)
    for path, content in ((stem + ".json", json.dumps(results, indent=2)), (stem + ".md", text)):
        with open(path, "w") as file:
            file.write(content + "\n")
    return text, stem + ".md"


def markdown(results):
    parts = [_machine(results["machine"])]
    parts += [_scenario(one) for one in results["scenarios"].values()]
    targets = [target | {"scenario": name} for name, one in results["scenarios"].items() for target in one["targets"]]
    parts.append("## What was to be reached\n\n" + _targets(targets))
    return "\n\n".join(parts)


def _machine(facts):
    versions = ", ".join(f"{name} {version}" for name, version in facts["versions"].items() if version)
    return (
        f"# Benchmark of {facts['date']}\n\n"
        f"{facts['cpu']}, {facts['cores']} cores, {facts['memory_bytes'] / 2**30:.0f} GiB; "
        f"{facts['system']}, Linux {facts['kernel']}; {versions}.\n"
        f"Two threads each, files in the page cache, {facts['rounds']} rounds in turn after a warm-up."
    )


def _heading(title):
    return title[0].upper() + title[1:]


def _scenario(one):
    if "facts" in one:
        return f"## {_heading(one['title'])}\n\n" + _start(one["facts"])
    heading = f"## {_heading(one['title'])}\n\n{one['setting']}.\n\n"
    ours = next((row for row in one["contestants"] if "wall_seconds" in row), None)
    rows = [_contestant(row, ours) for row in one["contestants"]]
    titles = ["", "way", "wall, median", "best", "of it the query", "CPU", "peak memory", "wall ratio", "memory ratio"]
    return heading + table(titles, rows)


def _contestant(row, ours):
    if "wall_seconds" not in row:
        return [row["name"], f"failed: {row['error']}"] + [""] * 7
    inner = row["query_seconds"]
    return [
        row["name"],
        row["mode"],
        f"{row['wall_seconds']:.3f} s",
        f"{row['wall_seconds_best']:.3f} s",
        f"{inner:.3f} s" if inner is not None else "",
        f"{row['cpu_seconds']:.3f} s",
        f"{row['peak_bytes'] / 2**20:.0f} MiB",
        f"{row['wall_seconds'] / ours['wall_seconds']:.2f}",
        f"{row['peak_bytes'] / ours['peak_bytes']:.2f}",
    ]


def _start(facts):
    first_read = facts["first_read_seconds"]
    rows = [
        ["`daymill --version`", f"{facts['version_seconds'] * 1000:.1f} ms"],
        ["a whole run over ten rows", f"{facts['tiny_run_seconds'] * 1000:.1f} ms"],
        ["start to first byte read, under strace", f"{first_read * 1000:.1f} ms" if first_read else "not timed"],
        ["the program", f"{facts['program_bytes'] / 2**20:.1f} MiB"],
    ]
    rows += [[f"with {name}", f"{size / 2**20:.1f} MiB"] for name, size in facts["library_bytes"].items()]
    return table(["what", "measured"], rows)


def _targets(targets):
    rows = [
        [one["scenario"], one["what"], one["wanted"], one["measured"], "reached" if one["reached"] else "NOT reached"]
        for one in targets
    ]
    return table(["scenario", "what", "wanted", "measured", ""], rows)


def table(titles, rows):
    """A Markdown table with aligned columns."""
    rows = [[str(cell) for cell in row] for row in rows]
    widths = [max(3, *(len(row[column]) for row in [titles, *rows])) for column in range(len(titles))]
    def line(cells):
        return "| " + " | ".join(cell.ljust(width) for cell, width in zip(cells, widths)) + " |"
    return "\n".join([line(titles), "|" + "|".join("-" * (width + 2) for width in widths) + "|", *map(line, rows)])
