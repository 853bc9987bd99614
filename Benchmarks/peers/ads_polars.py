"""Impressions by campaign and hour in Polars, lazily: only the columns that the answer needs."""
import os

import peer


def compute(job):
    os.environ["POLARS_MAX_THREADS"] = str(job.threads)
    import polars

    types = {"IMPRESSION_ID": polars.String, "IMPRESSION_DATETIME": polars.String, "CAMPAIGN_ID": polars.Int32}
    schema = types | {"COUNTRY": polars.String, "DEVICE": polars.String}
    # The time stays text, which spares reading it; its hour is a number made of two characters.
    hour = polars.col("impression_datetime").str.slice(11, 2).cast(polars.Int8).alias("hour")
    frame = (
        polars.scan_csv(job.files, has_header=True, schema=schema)
        .select(polars.col(name).alias(name.lower()) for name in types)
        .unique(subset=["impression_id", "impression_datetime"], keep="any")
        .group_by("campaign_id", hour)
        .agg(polars.len().alias("impressions"))
        .sort("campaign_id", "hour")
    )
    if job.mode == "in-memory":
        return lambda: frame.collect(engine="in-memory").write_csv(job.output)
    return lambda: frame.sink_csv(job.output, engine="streaming")


peer.main(compute)
