"""The peers' parameters, swept one by one, and together where one decides what another does. Every
parameter that `penstock simulate --help` tells of a peer is here."""

# Policy -> what is set beside its defaults, in the form of `penstock simulate --policy`.
PARAMETERS = {
    "least_request": (),
    "consistent_hash": ("key_blocks=1/4/16", "points=40/640"),
    "sglang_cache_aware": ("threshold=0.1/0.6/0.9", "abs=8:rel=1.1/1.5/3", "abs=16/32",
                           "threshold=0.1/0.6:abs=8", "tree_tokens=1048576",
                           "smallest_tree=1"),
    "gaie": ("prefix=1/6/12", "queue=1/6", "kv=0/1/6", "prefix=6:kv=0", "prefix=1:queue=6:kv=0",
             "index_scale=1/16"),
    "llmd_sticky": ("threshold=0.5/0.95", "max_penalty_ms=0/500/2000",
                    "threshold=0.5/0.95:max_penalty_ms=0", "peak=5000/20000"),
    "dynamo": ("overlap_credit=0.5/2", "prefill_scale=0.5/2",
               "overlap_credit=0.5/2:prefill_scale=0.5/2"),
    "aibrix_prefix": ("imbalance=4/16", "deviations=0/0.5/2", "imbalance=4/16:deviations=0/2",
                      "index_tokens=1048576"),
    "vllm_stack_prefix": ("min_match=256/1024/4096",),
}


def policies():
    """For `--policy`: ours first, each peer as it comes, then with all its settings."""
    specs = ["prefix_load"]
    for policy, settings in PARAMETERS.items():
        specs += [policy, *(f"{policy}:{setting}" for setting in settings)]
    return ",".join(specs)
