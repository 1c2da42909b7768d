#!/usr/bin/env python3
"""Writes a model that llama.cpp loads in no time: two layers of random weights, 470 KB.

It says nothing of sense, but all that a proxy meets is real: tokens, streams, slots, caches, errors.
The same bytes come out each time.

By hand:  tests/engines/synthetic_model.py model.gguf
"""

import pathlib
import random
import sys

if __name__ == "__main__":
    sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))

from engines import gguf  # noqa: E402  (the path is set just above)

NAME = "synthetic"
SEED = 20260514
LAYERS = 2
WIDTH = 64
HEADS = 4
FEED_FORWARD = 128
CONTEXT = 65536  # tokens it claims to be trained for, so that a generation may be long

# The byte-wise vocabulary that llama.cpp calls SPM: three special tokens, one token per byte, and
# the mark that this tokenizer writes for a space.
SPECIAL = ["<unk>", "<s>", "</s>"]
UNKNOWN, BEGIN, END = range(3)
TOKENS = SPECIAL + [f"<0x{byte:02X}>" for byte in range(256)] + ["\u2581"]
NORMAL_TYPE, UNKNOWN_TYPE, CONTROL_TYPE, BYTE_TYPE = 1, 2, 3, 6  # llama_token_type
TYPES = [UNKNOWN_TYPE, CONTROL_TYPE, CONTROL_TYPE, *[BYTE_TYPE] * 256, NORMAL_TYPE]

# One dimension of every embedding is this constant, so that a weight of the output in that
# dimension is a bias of its token. A text of printable ASCII results, which never ends by itself:
# half a character of UTF-8 would be an error 500.
CONSTANT = 1.0
NEVER = -20.0

CHAT_TEMPLATE = ("{% for message in messages %}<|{{ message['role'] }}|>{{ message['content'] }}\n"
                 "{% endfor %}{% if add_generation_prompt %}<|assistant|>{% endif %}")


def speakable(token):
    """Whether the model may say it."""
    byte = token - len(SPECIAL)
    return ord(" ") < byte <= ord("~")


def pairs():
    return {
        "general.architecture": gguf.string("llama"),
        "general.name": gguf.string(NAME),
        "general.file_type": gguf.uint32(0),  # all of it F32
        "llama.context_length": gguf.uint32(CONTEXT),
        "llama.embedding_length": gguf.uint32(WIDTH),
        "llama.block_count": gguf.uint32(LAYERS),
        "llama.feed_forward_length": gguf.uint32(FEED_FORWARD),
        "llama.attention.head_count": gguf.uint32(HEADS),
        "llama.attention.head_count_kv": gguf.uint32(HEADS),
        "llama.attention.layer_norm_rms_epsilon": gguf.float32(1e-5),
        "llama.rope.dimension_count": gguf.uint32(WIDTH // HEADS),
        "llama.vocab_size": gguf.uint32(len(TOKENS)),
        "tokenizer.ggml.model": gguf.string("llama"),
        "tokenizer.ggml.tokens": gguf.many([gguf.string(token) for token in TOKENS]),
        "tokenizer.ggml.scores": gguf.many([gguf.float32(0.0)] * len(TOKENS)),
        "tokenizer.ggml.token_type": gguf.many([gguf.int32(each) for each in TYPES]),
        "tokenizer.ggml.unknown_token_id": gguf.uint32(UNKNOWN),
        "tokenizer.ggml.bos_token_id": gguf.uint32(BEGIN),
        "tokenizer.ggml.eos_token_id": gguf.uint32(END),
        "tokenizer.ggml.add_bos_token": gguf.boolean(True),
        "tokenizer.chat_template": gguf.string(CHAT_TEMPLATE),
    }


def tensors():
    chance = random.Random(SEED)

    def matrix(inputs, outputs):
        scale = inputs ** -0.5
        return (inputs, outputs), [chance.uniform(-scale, scale) for _ in range(inputs * outputs)]

    def vocabulary_matrix(first_of):
        """One row per token, whose first element is told."""
        shape, values = matrix(WIDTH, len(TOKENS))
        values[::WIDTH] = [first_of(token) for token in range(len(TOKENS))]
        return shape, values

    def norm():
        return (WIDTH,), [1.0] * WIDTH

    found = {"token_embd.weight": vocabulary_matrix(lambda token: CONSTANT),
             "output_norm.weight": norm(),
             "output.weight": vocabulary_matrix(lambda token: 0.0 if speakable(token) else NEVER)}
    for layer in range(LAYERS):
        block = f"blk.{layer}"
        found[f"{block}.attn_norm.weight"] = norm()
        for part in ("attn_q", "attn_k", "attn_v", "attn_output"):
            found[f"{block}.{part}.weight"] = matrix(WIDTH, WIDTH)
        found[f"{block}.ffn_norm.weight"] = norm()
        found[f"{block}.ffn_gate.weight"] = matrix(WIDTH, FEED_FORWARD)
        found[f"{block}.ffn_up.weight"] = matrix(WIDTH, FEED_FORWARD)
        found[f"{block}.ffn_down.weight"] = matrix(FEED_FORWARD, WIDTH)
    return found


def write(path):
    """Writes the model to `path`."""
    pathlib.Path(path).write_bytes(gguf.document(pairs(), tensors()))


if __name__ == "__main__":
    write(sys.argv[1])
