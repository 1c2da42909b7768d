"""The requests: exported by the simulator, hurried, and told as prompts."""

import dataclasses
import json
import random
import string
import subprocess

BYTES_PER_TOKEN = 4  # as `penstock engine` counts
LETTERS = (string.ascii_letters + string.digits + " .").encode()


@dataclasses.dataclass(frozen=True)
class Request:
    at: float  # seconds from the beginning
    prompt_tokens: int
    output_tokens: int
    block_tokens: int
    blocks: tuple
    session: int
    number: int

    def body(self):
        """A completion whose prompt has exactly these tokens, and equal text where ids are equal."""
        text = b"".join(filling(f"block {block}", self.block_tokens) for block in self.blocks)
        rest = self.prompt_tokens - len(self.blocks) * self.block_tokens
        prompt = text + filling(f"end of {self.number}", rest)
        return json.dumps({"model": "demo-model", "prompt": prompt.decode(), "stream": True,
                           "stream_options": {"include_usage": True},
                           "max_tokens": self.output_tokens,
                           "session_id": str(self.session)}).encode()


def filling(seed, tokens):
    return bytes(random.Random(seed).choices(LETTERS, k=tokens * BYTES_PER_TOKEN))


def export(penstock, path, chosen):
    """Requests of the workload, as far apart as `hurry` can make up for."""
    speed = chosen.rate / chosen.hurry / (4 * chosen.engines)  # "chat" has 4 a second and engine
    subprocess.run([penstock, "simulate", "--workload", "chat", "--engines", str(chosen.engines),
                    "--speed", f"{speed:.6f}", "--requests", str(chosen.requests),
                    "--seed", str(chosen.seed), "--export", str(path)],
                   check=True, stdout=subprocess.DEVNULL, timeout=60)


def hurry(source, target, factor):
    """Time and answers are so many times shorter; prompts stay. The file is then what is replayed
    and what is simulated."""
    requests = []
    with open(source, encoding="utf-8") as lines, open(target, "w", encoding="utf-8") as out:
        for number, text in enumerate(lines):
            line = json.loads(text)
            line["timestamp"] = round(line["timestamp"] / factor, 3)
            line["output_length"] = max(1, round(line["output_length"] / factor))
            line.pop("answer_ids", None)  # the live engine does not know what its answer will be to
            out.write(json.dumps(line) + "\n")
            requests.append(Request(
                at=line["timestamp"] / 1000, prompt_tokens=line["input_length"],
                output_tokens=line["output_length"], block_tokens=line["block_tokens"],
                blocks=tuple(line["block_ids"]), session=line.get("session", 0), number=number))
    return requests
