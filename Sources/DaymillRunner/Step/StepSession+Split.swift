import DaymillColumns
package import DaymillCore
import DaymillEngine
import DaymillPipeline

/// Steps with `split: day`: a run takes in the files of its date's folders, and makes the output of every day that their
/// rows fall on.
///
/// The output of a day is a function of all files taken in so far that are still there: a file of another date, taken in
/// by an earlier run, keeps its rows in it; one that no run has taken in yet is not looked at.
extension StepSession {
    /// Takes in the files of a date and makes the outputs of days that are not what they should be.
    ///
    /// - Returns: an outcome for each output; at least one.
    /// - Throws: `.inputMissing` when the date has no files, or these have no rows.
    package func makeSplit(_ date: Day) throws -> [StepOutcome] {
        let start = ContinuousClock.now
        begin(date)
        guard let store else { throw DaymillError.splitNeedsStore(definition.step) }
        let arrivals = positions(arriving: date)
        try checkArrivals(date, arrivals)
        outcome.files = arrivals.count
        try takeIn(arrivals, store)
        try noteDeleted(date, store)
        try checkRows(date, arrivals)
        let outcomes = try makeDays(store)
        guard outcomes.isEmpty else { return outcomes }
        outcome.status = .upToDate
        outcome.seconds = (ContinuousClock.now - start).seconds
        return [outcome]
    }

    /// Takes in anew the files that have changed since they were taken in, whatever their dates, and makes the outputs of
    /// days that are not what they should be.
    package func repairSplit() throws -> [StepOutcome] {
        guard let store else { throw DaymillError.splitNeedsStore(definition.step) }
        begin(Day(daysSinceEpoch: 0))
        let changed = inputs.files.indices.filter { i in
            inputs.files[i].lastContent != nil && inputs.files[i].action != .reuse
        }
        try takeIn(changed, store)
        return try makeDays(store)
    }

    /// Reads files of which there may be news, and those that were taken in and whose partials are not there: the store
    /// has lost them, or keeps them for another definition. They are read as they are now.
    private func takeIn(_ positions: [Int], _ store: Store) throws {
        try identify(positions, store)
        try readNew(positions, store)
        let lost = try lost(store)
        if !lost.isEmpty { try readNew(lost, store) }
        noteChanges(positions)
    }

    /// Positions of files that were taken in and whose partials are not there.
    private func lost(_ store: Store) throws -> [Int] {
        try takenIn.filter { i in
            let id = definition.fileSegment(inputs.content(i, definition, segments)!)
            return try segments[id] == nil || !store.hasSegment(id)
        }
    }

    private func makeDays(_ store: Store) throws -> [StepOutcome] {
        let taking = outcome
        var outcomes: [StepOutcome] = []
        for day in splitDays() where try outputState(day).isFresh != true {
            outcomes.append(try makeDay(day, store, outcomes.isEmpty ? taking : nil))
        }
        return outcomes
    }

    /// Makes the output of a day from what has been taken in.
    ///
    /// - Parameter taking: what taking files in has cost, to be told with the first output.
    private func makeDay(_ day: Day, _ store: Store, _ taking: StepOutcome? = nil) throws -> StepOutcome {
        let start = ContinuousClock.now
        begin(day)
        let wanted = takenIn
        try mendingDamage(wanted, store) { try makeStale(day, wanted, reading: try lost(store), store) }
        outcome.adopt(taking, files: wanted.count)
        outcome.seconds = (taking?.seconds ?? 0) + (ContinuousClock.now - start).seconds
        return outcome
    }

    /// Days that have rows, or had when their outputs were made.
    func splitDays() -> [Day] {
        let published = outputs.keys.compactMap { key in
            Day(iso: key.date).flatMap { definition.key($0) == key ? $0 : nil }
        }
        return Set(days.rows.compactMap(\.day) + published).sorted()
    }

    /// Positions of the files of a date's folders.
    func positions(arriving date: Day) -> [Int] {
        let days = definition.arrivals(date)
        return inputs.files.indices.filter { i in inputs.files[i].day.map { days.contains($0) } ?? false }
    }

    /// Positions of the files that runs have taken in.
    var takenIn: [Int] {
        inputs.files.indices.filter { inputs.content($0, definition, segments) != nil }
    }

    private func checkArrivals(_ date: Day, _ arrivals: [Int]) throws {
        guard arrivals.isEmpty, definition.source.missing == .fail else { return }
        let days = definition.arrivals(date)
        let first = max(days.lowerBound, definition.source.start ?? days.lowerBound)
        throw DaymillError.missing(
            first <= days.upperBound ? Array(first...days.upperBound) : [date], definition.source, definition.project)
    }

    private func checkRows(_ date: Day, _ arrivals: [Int]) throws {
        guard definition.source.missing == .fail else { return }
        let rows = arrivals.reduce(0) { sum, i in
            sum + (inputs.files[i].content.flatMap { segments[definition.fileSegment($0)]?.rows } ?? 0)
        }
        if rows == 0 { throw DaymillError.noRecords(date, arrivals.count, definition.source) }
    }
}

extension StepOutcome {
    /// Takes over what reading has cost; nil: nothing.
    fileprivate mutating func adopt(_ other: StepOutcome?, files count: Int) {
        (filesReused, bytesReused, rowsReused, badRows, files) = (0, 0, 0, 0, count)
        guard let other else { return }
        (changes, quarantine, timings) = (other.changes, other.quarantine, other.timings + timings)
        (filesRead, bytesRead, rowsRead) = (other.filesRead, other.bytesRead, other.rowsRead)
        (filesReused, bytesReused, rowsReused) = (other.filesReused, other.bytesReused, other.rowsReused)
        (badRows, segmentBytesWritten) = (other.badRows, other.segmentBytesWritten)
    }
}
