package import DaymillColumns
package import DaymillCore
package import DaymillEngine

/// Whether an output is what it should be.
///
/// An output is a function of the groups of its days, and these of the contents of files. So there are two ids of what it
/// was made of, and either will do: equal contents are known without reading anything, equal groups without merging
/// anything. A file that changed in a way that changes no group makes nothing stale.
extension StepSession {
    /// What is known of an output without reading a file.
    package struct OutputState {
        /// nil: some file would have to be read to tell.
        package var isFresh: Bool?
        /// What was published last; nil when nothing was.
        package var record: OutputRecord?
        /// The file as it is now; nil when it is not there.
        package var stamp: FileStamp?

        /// Whether the file is there as it was published.
        package var isIntact: Bool { record != nil && stamp == record?.stamp }
    }

    /// What is known of days.
    var days: DayTable {
        if let dayTable, dayTable.version == inputs.version { return dayTable }
        let merged = (try? store?.catalog.segments(of: definition.dayState)) ?? [:]
        let table = DayTable(inputs, definition, segments, merged)
        dayTable = table
        return table
    }

    package func outputState(_ date: Day) throws -> OutputState {
        let stamp = try FileDoor.stamp(of: definition.output(date))
        guard let record = outputs[definition.key(date)] else { return OutputState(isFresh: false, stamp: stamp) }
        var state = OutputState(isFresh: false, record: record, stamp: stamp)
        let id = definition.definition(date)
        guard state.isIntact, record.definition == id else { return state }
        let window = definition.days(date), inputs = days.inputsID(id, window)
        if inputs == record.inputs {
            state.isFresh = true
        } else if let groups = days.groupsID(id, window) {
            state.isFresh = groups == record.groups && hasAllFiles(date)
        } else {
            state.isFresh = mayTurnOutTheSame ? nil : false
        }
        return state
    }

    /// Whether no file is missing that must be there: a file without rows that is gone changes no group.
    private func hasAllFiles(_ date: Day) -> Bool {
        do { try checkMissing(date, inputs.positions(definition.days(date))) } catch { return false }
        return true
    }

    /// Whether a file that has not been read may hold nothing that counts: with an event time, or where files whose
    /// names are new may be known ones.
    private var mayTurnOutTheSame: Bool {
        self.inputs.hasEventTime || self.inputs.files.contains { $0.action == .identify }
    }

    /// The published output of a date, if its file is as it was and its definition still the same.
    func intactOutput(_ date: Day) throws -> OutputRecord? {
        guard let record = outputs[definition.key(date)], record.definition == definition.definition(date),
            try FileDoor.stamp(of: definition.output(date)) == record.stamp
        else { return nil }
        return record
    }

    /// Identity of the output made from the files as they are; nil while a content is not known.
    func inputsID(_ date: Day) -> ContentID? { days.inputsID(definition.definition(date), definition.days(date)) }

    /// Identity of the output made from the days' groups. All are known.
    func groupsID(_ date: Day) -> ContentID { days.groupsID(definition.definition(date), definition.days(date))! }
}
