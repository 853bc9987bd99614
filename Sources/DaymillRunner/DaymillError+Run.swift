import DaymillCore
import DaymillPipeline

/// Failures of runs, worded in one place.
extension DaymillError {
    /// Days of the window without a file.
    static func missing(_ days: [Day], _ source: Source, _ project: Project) -> DaymillError {
        let paths = source.files.map { project.path($0.render(for: days[0])) }.joined(separator: " or ")
        let what =
            days.count == 1
            ? "no file for \(days[0]): \(paths) is not there"
            : "no files for \(days.count) days (\(list(days))): the first would be \(paths)"
        return DaymillError(
            .inputMissing, at: source.place, "source '\(source.name)' has \(what)",
            hint:
                "bring the data, run another date, or set 'missing: empty' if a day without a file is a day without rows"
        )
    }

    /// Hours of the window's days without a file.
    static func missing(_ hours: [PathHour], _ source: Source, _ project: Project) -> DaymillError {
        let paths = source.files.map { project.path($0.render(for: hours[0])) }.joined(separator: " or ")
        let what =
            hours.count == 1
            ? "no file for the hour \(hours[0]): \(paths) is not there"
            : "no files for \(hours.count) hours (\(list(hours))): the first would be \(paths)"
        return DaymillError(
            .inputMissing, at: source.place, "source '\(source.name)' has \(what)",
            hint: "bring the data, run another date, or set 'missing: empty' if an hour without a file is an hour "
                + "without rows")
    }

    /// An hour that midnight falls into.
    static func hourOfTwoDays(_ hour: PathHour, _ source: Source) -> DaymillError {
        DaymillError(
            .pipelineInvalid, at: source.place,
            "the hour \(hour) of '\(source.timezone)' in the paths of source '\(source.name)' lies in two days of the "
                + "pipeline",
            hint: "name the 'event_time' by which each row finds its day")
    }

    private static func list(_ days: [some CustomStringConvertible]) -> String {
        let shown = days.prefix(7).map(\.description).joined(separator: ", ")
        return days.count > 7 ? shown + ", ..." : shown
    }

    /// A source with no file at all.
    static func noFiles(_ source: Source, _ project: Project) -> DaymillError {
        let paths = source.files.map { project.path($0.text) }.joined(separator: " or ")
        return DaymillError(
            .inputMissing, at: source.place, "source '\(source.name)' has no files: nothing matches \(paths)",
            hint: "check the path; it starts in the project's folder")
    }

    /// A date whose files hold no rows.
    static func noRecords(_ date: Day, _ files: Int, _ source: Source) -> DaymillError {
        DaymillError(
            .inputMissing, at: source.place,
            "the \(files == 1 ? "file" : "\(files) files") of \(date) of source '\(source.name)' \(files == 1 ? "has" : "have") no records",
            hint: "find out why, or set 'missing: empty' if a date without records is nothing unusual")
    }

    static func splitNeedsStore(_ step: Step) -> DaymillError {
        DaymillError(
            .usage, at: step.place, "step '\(step.name)' has 'split: day' and remembers the files it took in",
            hint: "run it without --no-store")
    }
}
