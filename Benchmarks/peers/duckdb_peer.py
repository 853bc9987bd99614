"""The weekly aggregate in DuckDB."""
import peer


def compute(job):
    import duckdb

    connection = duckdb.connect(config={"threads": job.threads, "preserve_insertion_order": "false"})
    counts = ", ".join(f"count(*) FILTER (WHERE action = '{action}') AS {name}" for action, name in peer.COUNTS)
    # The time stays text, so that it need not be parsed; nothing is guessed from the files.
    query = f"""
        COPY (
            SELECT email, {counts}
            FROM read_csv({job.files!r}, header = false, auto_detect = false, delim = ',', quote = '"', escape = '"',
                          columns = {{'email': 'VARCHAR', 'action': 'VARCHAR', 'dt': 'VARCHAR'}})
            GROUP BY email ORDER BY email
        ) TO '{job.output}' (HEADER, DELIMITER ',')"""
    return lambda: connection.execute(query)


peer.main(compute)
