"""Impressions by campaign and hour in DuckDB."""
import peer


def compute(job):
    import duckdb

    connection = duckdb.connect(config={"threads": job.threads, "preserve_insertion_order": "false"})
    # The time as text spares reading it; its hour then is a number made of two characters.
    is_text = job.mode.endswith("text")
    time_type = "VARCHAR" if is_text else "TIMESTAMP"
    hour = "impression_datetime[12:13]::INTEGER" if is_text else "hour(impression_datetime)"
    source = f"""read_csv({job.files!r}, header = true, auto_detect = false, delim = ',', quote = '"', escape = '"',
        columns = {{'impression_id': 'VARCHAR', 'impression_datetime': '{time_type}', 'campaign_id': 'INTEGER',
                    'country': 'VARCHAR', 'device': 'VARCHAR'}})"""
    once = f"""SELECT impression_datetime, any_value(campaign_id) AS campaign_id FROM {source}
               GROUP BY impression_id, impression_datetime"""
    if job.mode == "distinct-on":
        once = f"SELECT DISTINCT ON (impression_id, impression_datetime) impression_datetime, campaign_id FROM {source}"
    query = f"""
        COPY (
            SELECT campaign_id, {hour} AS hour, count(*) AS impressions
            FROM ({once}) GROUP BY ALL ORDER BY ALL
        ) TO '{job.output}' (HEADER, DELIMITER ',')"""
    return lambda: connection.execute(query)


peer.main(compute)
