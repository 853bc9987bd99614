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

    private static func list(_ days: [Day]) -> String {
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
}
