import DaymillCore

/// Failures of verifying, worded in one place.
extension DaymillError {
    static func neverMade(_ output: String, _ pipeline: String, _ date: String) -> DaymillError {
        DaymillError(
            .notFound, "the store knows nothing of \(output): it was never made here",
            hint: "make it first: daymill run \(pipeline) \(date)")
    }

    static func outputGone(_ output: String, _ pipeline: String, _ date: String) -> DaymillError {
        DaymillError(
            .notFound, "\(output) was made, and is not there any more",
            hint: "make it again: daymill run \(pipeline) \(date)")
    }

    static func stale(_ output: String, _ why: String, _ pipeline: String, _ date: String) -> DaymillError {
        DaymillError(
            .stale, "\(output) cannot be verified: \(why) since it was made",
            hint: "make it again: daymill run \(pipeline) \(date)")
    }

    static func inputChanged(_ path: String, _ request: VerifyRequest) -> DaymillError {
        stale(request.output, "\(path) has changed", request.pipeline, request.date)
    }

    static var noDuckDB: DaymillError {
        DaymillError(
            .usage, "there is no DuckDB program: 'duckdb' is not on the PATH, and DAYMILL_DUCKDB does not name it",
            hint: "install DuckDB 1.5 or newer, or use '--engine naive'")
    }

    static func duckDBFailed(_ what: String) -> DaymillError {
        DaymillError(
            .unsupported, "DuckDB could not compute this again: \(what)", hint: "use '--engine naive'")
    }

    static func duckDBTooSlow(_ timeout: Duration) -> DaymillError {
        DaymillError(
            .limit, "DuckDB did not finish within \(timeout.components.seconds) seconds", hint: "use '--engine naive'")
    }
}
