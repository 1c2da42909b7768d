"""What is simulated: workloads and a public trace, each from well served to past saturation."""

import dataclasses

# The first is ours, the one that the others are compared with.
POLICIES = ("prefix_load", "round_robin", "random", "least_request", "power_of_two",
            "consistent_hash", "sglang_cache_aware", "gaie", "llmd_sticky", "dynamo",
            "aibrix_prefix", "vllm_stack_prefix")


@dataclasses.dataclass(frozen=True)
class Case:
    traffic: str  # a workload's name, or "trace"
    speed: float
    engines: int = 8
    replicas: int = 1

    def __str__(self):
        fleet = f"{self.traffic} x{self.speed:g}, {self.engines} engines"
        return fleet if self.replicas == 1 else f"{fleet}, {self.replicas} proxies"


TRACE = tuple(Case("trace", speed, engines) for engines, speed in
              ((8, 1.5), (8, 2), (8, 2.5), (16, 3), (16, 4), (16, 5), (32, 8), (32, 9), (64, 18)))
WORKLOADS = tuple(Case(name, speed) for name, speeds in (
    ("shared_prompts", (1, 2, 3)),
    ("chat", (0.7, 0.85, 1)),
    ("agentic", (1, 1.4, 1.8)),
    ("rag", (0.7, 0.85, 1)),
    ("bursts", (1, 1.5)),
    ("hot_prefix", (1, 1.5, 2.5)),
    ("lora", (1, 1.5)),
    ("diurnal", (0.9, 1.2)),
) for speed in speeds)
REPLICAS = tuple(Case(traffic, speed, engines, replicas)
                 for traffic, speed, engines in (("trace", 3, 16), ("chat", 0.7, 8),
                                                 ("agentic", 1, 8), ("shared_prompts", 2, 8))
                 for replicas in (1, 2, 4, 8))
