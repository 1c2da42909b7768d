"""What is simulated: workloads and a public trace, each from well served to past saturation."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Case:
    traffic: str  # a workload's name, or "trace"
    speed: float
    engines: int = 8
    replicas: int = 1
    trouble: tuple[str, ...] = ()  # what happens to engines, as `penstock simulate` is told

    def __str__(self):
        fleet = f"{self.traffic} x{self.speed:g}, {self.engines} engines"
        if self.trouble:
            fleet += " with trouble"
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
) for speed in speeds) + (
    # One engine is gone for a minute and comes back cold, another one crawls for a minute.
    Case("chat", 0.7, trouble=("--fail=120:2:60", "--slow=240:5:4:60")),)
REPLICAS = tuple(Case(traffic, speed, engines, replicas)
                 for traffic, speed, engines in (("trace", 3, 16), ("chat", 0.7, 8),
                                                 ("agentic", 1, 8), ("shared_prompts", 2, 8))
                 for replicas in (1, 2, 4, 8))


def wanted(replicas, trace, only):
    """The cases asked for. Errors: ValueError with a sentence, where `only` names what is not
    there or, without a trace, cannot be."""
    every = REPLICAS if replicas else WORKLOADS + TRACE
    there = list(dict.fromkeys(case.traffic for case in every))
    for name in only:
        if name not in there:
            raise ValueError(f"--only {name}: there is no such traffic here, only "
                             f"{', '.join(there)}")
        if name == "trace" and not trace:
            raise ValueError("--only trace: name the trace's file with --trace")
    return [case for case in every
            if (trace or case.traffic != "trace") and (not only or case.traffic in only)]
