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
        /// nil: some content, or some day's groups, would have to be found out first.
        package var isFresh: Bool?
        /// What was published last; nil when nothing was.
        package var record: OutputRecord?
        /// Whether the file is there as it was published.
        package var isIntact = false
    }

    package func outputState(_ date: Day, _ wanted: [Int]) throws -> OutputState {
        guard let record = outputs[definition.key(date)] else { return OutputState(isFresh: false) }
        let stamp = try FileDoor.stamp(of: definition.output(date))
        var state = OutputState(isFresh: false, record: record, isIntact: stamp == record.stamp)
        guard state.isIntact, record.definition == definition.definition(date) else { return state }
        state.isFresh = isFresh(record, date, wanted)
        return state
    }

    private func isFresh(_ record: OutputRecord, _ date: Day, _ wanted: [Int]) -> Bool? {
        let inputs = inputsID(date, wanted)
        if inputs == record.inputs { return true }
        if let days = knownDays(date, wanted) { return groupsID(date, days) == record.groups }
        return inputs == nil || hasEventTimeUnread(wanted) ? nil : false
    }

    /// With an event time, what a file does to an output is known only once it was read.
    private func hasEventTimeUnread(_ wanted: [Int]) -> Bool { inputs.hasEventTime }

    /// The published output of a date, if its file is as it was and its definition still the same.
    func intactOutput(_ date: Day) throws -> OutputRecord? {
        guard let record = outputs[definition.key(date)], record.definition == definition.definition(date),
            try FileDoor.stamp(of: definition.output(date)) == record.stamp
        else { return nil }
        return record
    }

    /// Identity of an output made from these files; nil while a content is not known.
    package func inputsID(_ date: Day, _ wanted: [Int]) -> ContentID? {
        var contents: [(UInt64, ContentID)] = []
        contents.reserveCapacity(wanted.count)
        for i in wanted {
            guard let content = inputs.files[i].content else { return nil }
            contents.append((inputs.files[i].day?.word ?? UInt64.max, content))
        }
        contents.sort { $0.0 != $1.0 ? $0.0 < $1.0 : ContentID.precedes($0.1, $1.1) }
        let definition = definition.definition(date)
        return ContentID.of(words: [definition.high, definition.low] + contents.flatMap { [$0, $1.high, $1.low] })
    }

    /// Identity of an output made from these days.
    func groupsID(_ date: Day, _ days: [WindowDay]) -> ContentID {
        let definition = definition.definition(date)
        var words = [definition.high, definition.low]
        for day in days {
            guard let digest = day.digest else { continue }
            words += [day.day?.word ?? UInt64.max, digest.high, digest.low]
        }
        return ContentID.of(words: words)
    }
}
