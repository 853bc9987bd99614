"""The weekly aggregate in Polars, lazily: only the columns that the answer needs."""
import os

import peer


def compute(job):
    os.environ["POLARS_MAX_THREADS"] = str(job.threads)
    import polars

    action_type = polars.Enum([action for action, _ in peer.COUNTS]) if "enum" in job.mode else polars.String
    counts = [(polars.col("action") == action).sum().alias(name) for action, name in peer.COUNTS]
    schema = {"email": polars.String, "action": action_type, "dt": polars.String}
    frame = (
        polars.scan_csv(job.files, has_header=False, schema=schema)
        .select("email", "action")
        .group_by("email")
        .agg(counts)
        .sort("email")
    )
    if job.mode == "in-memory":
        return lambda: frame.collect(engine="in-memory").write_csv(job.output)
    return lambda: frame.sink_csv(job.output, engine="streaming")


peer.main(compute)
