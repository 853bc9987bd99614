"""The rollup over JSON Lines in each peer: requests, reads and bytes of every user, from four of twelve values.

    python peers/jsonl.py --engine duckdb --output out.csv --mode default --threads 2 2024-09-09.jsonl ...
"""
import os
import sys

import peer


def chdb(job):
    import chdb  # deferred: `peer` times it apart

    folder = os.path.dirname(job.files[0])
    names = ",".join(os.path.basename(path) for path in job.files)
    parallel_parsing = 1 if job.mode == "parallel-parsing" else 0
    query = f"""
        INSERT INTO FUNCTION file('{job.output}', 'CSVWithNames')
        SELECT user.email AS email, count(*) AS requests, countIf(action = 'READ') AS reads, sum(bytes) AS bytes
        FROM file('{folder}/{{{names}}}', 'JSONEachRow',
                  'user Tuple(email String), action String, status Int64, bytes Int64')
        WHERE status < 500
        GROUP BY email ORDER BY email
        SETTINGS max_threads = {job.threads}, max_insert_threads = {job.threads}, engine_file_truncate_on_insert = 1,
                 input_format_parallel_parsing = {parallel_parsing}, input_format_skip_unknown_fields = 1,
                 input_format_json_ignore_unknown_keys_in_named_tuple = 1"""
    return lambda: chdb.query(query)


def duckdb(job):
    import duckdb

    connection = duckdb.connect(config={"threads": job.threads, "preserve_insertion_order": "false"})
    columns = "{'user': 'STRUCT(email VARCHAR)', 'action': 'VARCHAR', 'status': 'BIGINT', 'bytes': 'BIGINT'}"
    query = f"""
        COPY (
            SELECT "user".email AS email, count(*) AS requests, count(*) FILTER (WHERE action = 'READ') AS reads,
                   sum(bytes) AS bytes
            FROM read_json({job.files!r}, format = 'newline_delimited', columns = {columns})
            WHERE status < 500
            GROUP BY 1 ORDER BY 1
        ) TO '{job.output}' (HEADER, DELIMITER ',')"""
    return lambda: connection.execute(query)


def polars(job):
    os.environ["POLARS_MAX_THREADS"] = str(job.threads)
    import polars as pl

    schema = {
        "user": pl.Struct({"email": pl.String}), "action": pl.String, "status": pl.Int64, "bytes": pl.Int64,
    }
    frame = (
        pl.scan_ndjson(job.files, schema=schema)
        .filter(pl.col("status") < 500)
        .select(pl.col("user").struct.field("email"), "action", "bytes")
        .group_by("email")
        .agg(pl.len().alias("requests"), (pl.col("action") == "READ").sum().alias("reads"), pl.col("bytes").sum())
        .sort("email")
    )
    if job.mode == "in-memory":
        return lambda: frame.collect(engine="in-memory").write_csv(job.output)
    return lambda: frame.sink_csv(job.output, engine="streaming")


engine = sys.argv.pop(sys.argv.index("--engine") + 1)
sys.argv.remove("--engine")
peer.main({"chdb": chdb, "duckdb": duckdb, "polars": polars}[engine])
