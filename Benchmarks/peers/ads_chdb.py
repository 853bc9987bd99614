"""Impressions by campaign and hour in chdb (ClickHouse inside a Python process)."""
import os

import peer

# The time as text spares reading it; its hour then is a number made of two characters.
TEXT = ("String", "toUInt8(substring(impression_datetime, 12, 2))")
TIME = ("DateTime", "toHour(impression_datetime)")


def compute(job):
    import chdb  # deferred: `peer` times it apart

    folder = os.path.dirname(job.files[0])
    names = ",".join(os.path.basename(path) for path in job.files)
    time_type, hour = TEXT if job.mode == "any-text" else TIME
    columns = (
        f"impression_id String, impression_datetime {time_type}, campaign_id UInt32, country String, device String")
    source = f"file('{folder}/{{{names}}}', 'CSVWithNames', '{columns}')"
    once = f"SELECT impression_datetime, any(campaign_id) AS campaign_id FROM {source} GROUP BY impression_id, impression_datetime"
    if job.mode == "limit-by":
        once = f"SELECT impression_datetime, campaign_id FROM {source} LIMIT 1 BY impression_id, impression_datetime"
    query = f"""
        INSERT INTO FUNCTION file('{job.output}', 'CSVWithNames')
        SELECT campaign_id, {hour} AS hour, count() AS impressions
        FROM ({once})
        GROUP BY campaign_id, hour ORDER BY campaign_id, hour
        SETTINGS max_threads = {job.threads}, max_insert_threads = {job.threads}, input_format_with_names_use_header = 0,
                 engine_file_truncate_on_insert = 1"""
    return lambda: chdb.query(query)


peer.main(compute)
