import DaymillCore
import DaymillSQL

/// The clocks of a source: which zone its paths and times are written in, and what that means for its days.
extension PipelineReader {
    /// Completes a source by its zone, and checks that each of its rows has one day of the pipeline.
    mutating func readClocks(of source: inout Source, _ fields: [String: FileReader.Field]) {
        source.timezone = file.parsed(fields["timezone"], "a time zone", TimeZoneName.parse) ?? timezone
        source.dayZone = timezone
        source.zonedColumns = Self.zonedColumns(fields["columns"], source.columns)
        let hasHours = source.files.contains(where: \.hasHours)
        guard source.timezone != timezone || hasHours || !source.zonedColumns.isEmpty else { return }
        let place = (fields["timezone"] ?? fields["files"])?.value.place ?? source.place
        do {
            source.clocks = ClockShift(from: try source.timezone.rules(), to: try timezone.rules())
        } catch {
            file.report(error, at: place)
        }
        checkDayPaths(of: source, at: place)
        checkHourPaths(of: source, fields["files"])
        checkEventDate(of: source, fields["event_time"])
    }

    /// A path's date is a day of the source's zone. It is no day of the pipeline's, unless their clocks are the same.
    private mutating func checkDayPaths(of source: Source, at place: SourcePlace) {
        guard source.hasOtherClock, source.eventTime == nil, source.hasDays, !source.files.contains(where: \.hasHours)
        else { return }
        file.report(
            "each file of source '\(source.name)' holds a day of '\(source.timezone)', which is parts of two days of "
                + "the pipeline's '\(timezone)'",
            hint:
                "name the 'event_time' by which each row finds its day, or give the pipeline 'timezone: \(source.timezone)'",
            at: place)
    }

    private mutating func checkHourPaths(of source: Source, _ field: FileReader.Field?) {
        guard let field, let clocks = source.clocks, source.eventTime == nil else { return }
        let hours = source.files.filter(\.hasHours)
        guard let first = hours.first else { return }
        if let day = source.files.first(where: { !$0.hasHours }) {
            file.report(
                "\(field.title) has paths with hours ('\(first)') and without ('\(day)')",
                hint: "make a source of each, or name the 'event_time'", at: field.value.place)
        } else if !clocks.keepsHoursWhole(from: source.start ?? Day(daysSinceEpoch: 0)) {
            file.report(
                "an hour of '\(source.timezone)' in the paths of source '\(source.name)' can lie in two days of the "
                    + "pipeline's '\(timezone)', since these clocks do not differ by whole hours",
                hint: "name the 'event_time' by which each row finds its day", at: field.value.place)
        }
    }

    /// A date of another zone says nothing of the hour.
    private mutating func checkEventDate(of source: Source, _ field: FileReader.Field?) {
        guard let field, source.hasOtherClock, let eventTime = source.eventTime,
            source.columns[eventTime].type == .date
        else { return }
        file.report(
            "\(field.title) is a date of '\(source.timezone)', which is no day of the pipeline's '\(timezone)'",
            hint: "name a timestamp, or give both one time zone", at: field.value.place)
    }

    /// Positions of the columns whose type is a timestamp with a zone: `dt: timestamptz`, `dt: { type: timestamptz }`.
    private static func zonedColumns(_ field: FileReader.Field?, _ columns: [Column]) -> [Int] {
        guard let field, case .mapping(let entries) = field.value.content else { return [] }
        let zoned = entries.filter { entry in
            guard case .mapping(let keys) = entry.value.content else { return isZonedTimestamp(entry.value.text ?? "") }
            return keys.contains { $0.key.text == "type" && isZonedTimestamp($0.value.text ?? "") }
        }.compactMap(\.key.text)
        return columns.indices.filter { zoned.contains(columns[$0].name) && columns[$0].type == .timestamp }
    }

    /// Whether a type's name means a timestamp whose text may say how far its clock is ahead of UTC. To SQL it is a
    /// timestamp, of the pipeline's clock.
    static func isZonedTimestamp(_ text: String) -> Bool {
        let words = text.lowercased().split(whereSeparator: \.isWhitespace).joined(separator: " ")
        return ["timestamptz", "timestamp with time zone", "datetimetz"].contains(words)
    }
}

extension Source {
    /// Whether its clock ever differs from the pipeline's.
    public var hasOtherClock: Bool { clocks.map { $0.from != $0.to } ?? false }

    /// Positions of timestamps that are moved from the source's clock to the pipeline's: those with a zone, and the event
    /// time where the clocks differ.
    public var movedColumns: [Int] {
        guard let eventTime, hasOtherClock, columns[eventTime].type == .timestamp else { return zonedColumns }
        return Set(zonedColumns + [eventTime]).sorted()
    }
}
