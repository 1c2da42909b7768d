"""Engines and a proxy before them, each a process of its own on a port that it chose itself."""

import json
import pathlib
import time
import urllib.request

READY_SECONDS = 20

CONFIG = """\
[server]
workers = 1

[[listener]]
address = "127.0.0.1:0"

[admin]
address = "127.0.0.1:0"

[log]
access_file = "/dev/null"

[[pool]]
name = "default"
engine = "vllm"
backends = [{backends}]

[pool.balance]
policy = "{policy}"
"""


class Fleet:
    """Fresh engines and a fresh proxy; `children` ends them."""

    def __init__(self, children, chosen, policy, room):
        self._children, self._chosen = children, chosen
        self._room = pathlib.Path(room) / policy
        self._room.mkdir()
        self.engines = [self._start(f"engine-{number}", self.engine_command())
                        for number in range(chosen.engines)]
        urls = [self._word(engine, "engine", -1) for engine in self.engines]
        config = self._room / "penstock.toml"
        config.write_text(CONFIG.format(
            policy=policy, backends=", ".join(f'{{ url = "{url}" }}' for url in urls)))
        self.proxy = self._start("proxy", [chosen.penstock, "run", "--config", str(config)])
        self.address = self._address(self.proxy, "listening")
        self.admin = self._address(self.proxy, "admin pages")
        self._await_backends()

    def engine_command(self):
        chosen = self._chosen
        return [chosen.penstock, "engine", "--listen", "127.0.0.1:0",
                "--prefill-rate", str(chosen.prefill_rate),
                "--decode-step-ms", str(chosen.decode_step_ms),
                "--decode-growth", str(chosen.decode_growth),
                "--max-running", str(chosen.max_running),
                "--kv-blocks", str(chosen.kv_tokens // 16)]

    def _start(self, name, command):
        log = self._room / name
        with open(log, "wb") as out:
            process = self._children.start(command, None, stdout=out, stderr=out)
        return process, log

    def _word(self, program, first, index):
        """Of the line that begins with `first`, once it is there."""
        line = self._line(program, first, lambda line: line.split()[:1] == [first])
        return line.split()[index]

    def _address(self, program, message):
        """Of the log's line with this message."""
        words = f'"message":"{message}"'
        line = self._line(program, message, lambda line: line.startswith("{") and words in line)
        return json.loads(line)["address"].removeprefix("http://")

    def _line(self, program, what, wanted):
        process, log = program
        until = time.monotonic() + READY_SECONDS
        while time.monotonic() < until and process.poll() is None:
            for line in log.read_text(errors="replace").splitlines():
                if wanted(line):
                    return line
            time.sleep(0.02)
        raise RuntimeError(f"no line '{what}' from {log.name}:\n{log.read_text()[-1000:]}")

    def _await_backends(self):
        until = time.monotonic() + READY_SECONDS
        while time.monotonic() < until:
            with urllib.request.urlopen(f"http://{self.admin}/backends", timeout=5) as page:
                found = json.load(page)
            backends = found["backends"] if isinstance(found, dict) else found
            if sum(each["health"] == "healthy" for each in backends) == self._chosen.engines:
                return
            time.sleep(0.05)
        raise RuntimeError(f"the engines are not healthy within {READY_SECONDS} s")

    def end(self):
        self._children.end([self.proxy[0]] + [engine[0] for engine in self.engines])
