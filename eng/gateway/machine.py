"""What a reader needs to know of the machine and the programs. No names and no paths."""

import os
import platform
import re
import statistics
import subprocess
import time


def sync_latency(folder, times=300):
    """Milliseconds of a 4 KiB append with fdatasync: median and 99th percentile."""
    path = os.path.join(folder, "sync-test")
    took = []
    with open(path, "wb", buffering=0) as f:
        for _ in range(times):
            started = time.perf_counter()
            f.write(bytes(4096))
            os.fdatasync(f.fileno())
            took.append((time.perf_counter() - started) * 1e3)
    os.remove(path)
    took.sort()
    return statistics.median(took), took[int(times * 0.99)]


def output(*command):
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=30)
        return (done.stdout + done.stderr).strip()
    except (OSError, subprocess.TimeoutExpired):
        return ""


def machine_facts(folder):
    """Lines of a list: the machine, and its disk."""
    with open("/proc/cpuinfo") as f:
        cpu = re.search(r"model name\s*: (.*)", f.read())
    with open("/proc/meminfo") as f:
        memory = int(f.readline().split()[1]) / (1 << 20)
    filesystem = output("findmnt", "-n", "-o", "FSTYPE", "-T", folder)
    median, p99 = sync_latency(folder)
    return [
        f"{cpu.group(1) if cpu else platform.machine()}, {os.cpu_count()} cores, {memory:.0f} GiB of memory, Linux {platform.release()}",
        f"disk: {filesystem or 'unknown'}; 4 KiB appended with fdatasync: median {median:.2f} ms, 99th percentile {p99:.2f} ms",
    ]


def program_facts(stash):
    """Our version, and that of .NET."""
    dotnet = re.findall(r"Microsoft\.AspNetCore\.App (\S+)", output("dotnet", "--list-runtimes"))
    version = output(stash, "version").splitlines() or ["?"]
    return f"{version[0]} on .NET {dotnet[-1] if dotnet else '?'}"


def facts(folder, stash, pushgateway):
    """Lines of a list."""
    version = re.search(r"version (\S+)", output(pushgateway, "--version"))
    go = re.search(r"go version:\s*(\S+)", output(pushgateway, "--version"))
    wrk = re.search(r"wrk (\S+)", output("wrk", "-v"))
    return [
        *machine_facts(folder),
        f"{program_facts(stash)}; Pushgateway {version.group(1) if version else '?'} ({go.group(1) if go else '?'}); wrk {wrk.group(1) if wrk else '?'}",
    ]
