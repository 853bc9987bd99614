"""The weekly aggregate in chdb (ClickHouse inside a Python process)."""
import os

import peer


def compute(job):
    import chdb  # deferred: `peer` times it apart

    folder = os.path.dirname(job.files[0])
    names = ",".join(os.path.basename(path) for path in job.files)
    counts = ", ".join(f"countIf(action = '{action}') AS {name}" for action, name in peer.COUNTS)
    parallel_parsing = 1 if job.mode == "parallel-parsing" else 0
    query = f"""
        INSERT INTO FUNCTION file('{job.output}', 'CSVWithNames')
        SELECT email, {counts}
        FROM file('{folder}/{{{names}}}', 'CSV', 'email String, action String, dt String')
        GROUP BY email ORDER BY email
        SETTINGS max_threads = {job.threads}, max_insert_threads = {job.threads},
                 input_format_parallel_parsing = {parallel_parsing}, engine_file_truncate_on_insert = 1"""
    return lambda: chdb.query(query)


peer.main(compute)
