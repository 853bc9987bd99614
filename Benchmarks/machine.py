"""Facts about where and with what was measured; nothing that names the machine."""
import datetime
import importlib.metadata
import os
import platform
import re
import subprocess


def facts(daymill):
    return {
        "date": datetime.date.today().isoformat(),
        "cpu": cpu_model(),
        "cores": os.cpu_count(),
        "memory_bytes": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
        "system": system_name(),
        "kernel": platform.release(),
        "versions": {
            "daymill": first_line([daymill, "--version"]),
            "commit": first_line(["git", "rev-parse", "--short", "HEAD"]),
            "swift": swift_version(),
            **{name: package_version(name) for name in ("chdb", "chdb-core", "duckdb", "polars")},
        },
    }


def cpu_model():
    with open("/proc/cpuinfo") as file:
        match = re.search(r"^model name\s*:\s*(.*)$", file.read(), re.MULTILINE)
    return match.group(1).strip() if match else platform.machine()


def system_name():
    with open("/etc/os-release") as file:
        match = re.search(r'^PRETTY_NAME="?(.*?)"?$', file.read(), re.MULTILINE)
    return match.group(1) if match else platform.system()


def swift_version():
    match = re.search(r"Swift version (\S+)", first_line(["swift", "--version"]))
    return match.group(1) if match else "?"


def package_version(name):
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


def first_line(command):
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=30, cwd=os.path.dirname(__file__))
        return ((done.stdout or done.stderr).splitlines() or ["?"])[0]
    except OSError:
        return "?"


def libraries(program):
    """The shared libraries that a program needs, with their sizes; libc's own family is left out."""
    listed = subprocess.run(["ldd", program], capture_output=True, text=True).stdout
    paths = re.findall(r"=> (/\S+)", listed)
    own = [path for path in paths if not re.match(r"lib(c|m|pthread|dl|rt|util)\.so", os.path.basename(path))]
    return {os.path.basename(path): os.stat(path).st_size for path in own}
