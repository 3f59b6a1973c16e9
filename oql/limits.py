"""How much one run may use. Every limit of the language is declared here and nowhere else."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of a run; the defaults are those of the free tier."""

    steps: int = field(default=10_000_000, metadata={"doc": "steps a program may run"})
    computing_s: float = field(default=10.0, metadata={"doc": "seconds a program may compute"})
    wall_s: float = field(
        default=30.0,
        metadata={"doc": "seconds a program may take in all, waiting included"},
    )
    job_s: float = field(default=3_600.0, metadata={"doc": "seconds a job may run at a stretch, pauses not counted"})
    transaction_s: float = field(default=10.0, metadata={"doc": "seconds a TRANSACTION may take"})
    memory_bytes: int = field(default=64 * 2**20, metadata={"doc": "bytes that the values of a program may hold"})
    output_bytes: int = field(default=8 * 2**20, metadata={"doc": "bytes that a program may emit"})
    depth: int = field(default=1_000, metadata={"doc": "blocks that may stand inside each other"})
    outbound_calls: int = field(default=50, metadata={"doc": "calls that may leave the machine"})
    execution_calls: int = field(default=1_000, metadata={"doc": "the same of an execution of a chain"})
    rows: int = field(default=100_000, metadata={"doc": "rows one read may return"})
    read_bytes: int = field(default=64 * 2**20, metadata={"doc": "bytes one read may return"})
    session_s: float = field(default=30 * 86_400.0, metadata={"doc": "seconds that a session of an end user lasts"})
    trace_entries: int = field(default=1_000, metadata={"doc": "steps shown one by one in the trace"})
    program_bytes: int = field(default=256 * 2**10, metadata={"doc": "bytes a program text may have"})


DEFAULT = Limits()
