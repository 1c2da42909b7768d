"""Which llama-server gets a request: the one that holds its prompt, of those that serve its model."""

from collections import Counter

from harness import timing, wire
from harness.cases import equal, holds
from harness.llama_server import MODEL, SLOT_TOKENS

EXPLAIN = [("X-Penstock-Explain", "1")]
TOKENS = 2000  # of a prompt, each letter of which is a token of the synthetic model
LONG = SLOT_TOKENS - 500


def prompt(seed):
    """Shares nothing with another seed's."""
    return " ".join(f"{seed}-{number:03}" for number in range(1000))[:TOKENS]


def two_servers(world, **balance):
    servers = [world.llama_server(), world.llama_server()]
    proxy = world.llama_proxy(*servers, server={"explain": True},
                              balance={"block_size": "256B", **balance})
    return servers, proxy


def ask(proxy, text):
    """(explanation, answer) of one request."""
    response = proxy.chat(text, EXPLAIN, max_tokens=1)
    equal(response.status, 200, f"status of {response.body!r}")
    parts = response.field("X-Penstock-Explain").split("; ")
    return dict(part.split("=", 1) for part in parts), response.json()


def cached_tokens(answer):
    return answer["usage"]["prompt_tokens_details"]["cached_tokens"]


def waiting_at(proxy, server):
    sample = next(each["sample"] for each in proxy.backends() if each["url"] == server.url)
    return sample and sample["requests_waiting"]


def test_a_conversation_returns_to_the_server_that_holds_it(world):
    _, proxy = two_servers(world)
    for seed in ("red", "green", "blue", "grey"):
        first, answer = ask(proxy, prompt(seed))
        holds(cached_tokens(answer) < 100, f"{seed} is not new to the server: {answer}")
        for turn in range(3):
            why, answer = ask(proxy, prompt(seed) + f" turn {turn}")

            equal((why["backend"], why["reason"]), (first["backend"], "prefix"), f"{seed}: {why}")
            cached = cached_tokens(answer)
            holds(cached > TOKENS - 100, f"the server held {cached} tokens of {seed} only")


def test_different_prompts_are_spread(world):
    servers, proxy = two_servers(world)

    used = Counter(ask(proxy, prompt(f"seed{number}"))[0]["backend"] for number in range(12))

    equal(set(used), {server.url for server in servers}, f"backends used: {used}")


def test_a_busy_server_is_passed_over_although_others_made_it_busy(world):
    (busy, idle), proxy = two_servers(world, policy="least_load", stale_after="60s")
    others = world.llama_proxy(busy)
    clients = [others.connect() for _ in range(4)]
    for number, client in enumerate(clients):
        client.send(wire.post_chat(f"Go on, {number}.", stream=True, max_tokens=LONG))
    timing.eventually(lambda: waiting_at(proxy, busy) == 2, "the queue to be seen")

    used = {ask(proxy, f"question {number}")[0]["backend"] for number in range(6)}

    equal(used, {idle.url})


def test_a_model_is_known_by_the_name_the_server_gives_it(world):
    _, proxy = two_servers(world)

    equal([each["id"] for each in proxy.get("/v1/models").json()["data"]], [MODEL])


def test_an_unknown_model_is_refused_before_the_server(world):
    """It would answer: llama-server takes any name for its own."""
    servers, proxy = two_servers(world)

    response = proxy.chat(model="unknown-model", max_tokens=1)

    equal((response.status, response.error_code()), (404, "model_not_found"))
    equal([server.metric("n_decode_total") for server in servers], [0, 0], "work")


def test_a_pool_may_pass_names_that_the_server_ignores(world):
    proxy = world.llama_proxy(world.llama_server(), pool={"unknown_model": "pass"})

    response = proxy.chat(model="unknown-model", max_tokens=1)

    equal((response.status, response.json()["model"]), (200, MODEL))
