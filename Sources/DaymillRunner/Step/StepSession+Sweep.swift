import DaymillColumns
package import DaymillCore
import DaymillEngine
import DaymillPipeline

/// Many dates at once.
extension StepSession {
    /// Makes the outputs of many dates what they should be: files are read once, and one merge gives all windows. The
    /// session must have been made for all days of these dates.
    ///
    /// Each output is published and recorded as soon as it is there. So what was done stays done, and a second call goes on
    /// where the first one ended.
    ///
    /// - Parameters:
    ///   - dates: in any order; those without their files and those that are up to date come first, the others ascend.
    ///   - done: called after each date. What it throws ends the work.
    /// - Throws: as `make`, but for `.inputMissing`.
    package func makeAll(_ dates: [Day], done: (DateOutcome) throws -> Void) throws {
        let dates = Set(dates).sorted()
        guard let store, dates.count > 1, [.automatic, .sweep, .rollForward].contains(options.windowOperator) else {
            for date in dates { try done(try makeOrFail(date)) }
            return
        }
        try withoutActuallyEscaping(done) { done in
            let sweep = DateSweep(self, store, done)
            do { try sweep.run(dates) } catch let error as DaymillError where error.code == .storeDamaged {
                // One by one: each finds out what is damaged and has it made anew.
                for date in dates where !sweep.finished.contains(date) { try done(try makeOrFail(date)) }
            }
        }
    }

    private func makeOrFail(_ date: Day) throws -> DateOutcome {
        do { return .done(try make(date)) } catch let error as DaymillError where error.code == .inputMissing {
            return .failed(error, on: date)
        }
    }
}

/// The work of `makeAll`.
private final class DateSweep {
    private let session: StepSession
    private let store: Store
    private let done: (DateOutcome) throws -> Void
    /// Dates whose outputs are what they should be.
    private(set) var finished: Set<Day> = []
    /// What reading cost, until the first output takes it over.
    private var reading: StepOutcome?
    /// What a roll over many dates has found wrong before it ended, until the next output takes it over.
    private var found: (rebuilt: Int, audited: [StepOutcome.Audited]) = (0, [])
    /// Whether windows may roll over many dates at once.
    private var rollsMany = true

    /// An output that has to be made.
    private struct Stale {
        var date: Day
        var wanted: [Int]
        var days: [WindowDay]
        var groups: ContentID
    }

    init(_ session: StepSession, _ store: Store, _ done: @escaping (DateOutcome) throws -> Void) {
        self.session = session
        self.store = store
        self.done = done
    }

    func run(_ dates: [Day]) throws {
        let open = try look(dates)
        guard let first = open.first else { return }
        session.begin(first.date)
        try session.settling { try session.readNew(Set(open.flatMap(\.wanted)).sorted(), store) }
        session.read = []
        reading = session.outcome
        try publish(try open.compactMap { try stale($0.date, $0.wanted) })
    }

    /// Finds out which outputs are not up to date.
    private func look(_ dates: [Day]) throws -> [(date: Day, wanted: [Int])] {
        let all = try dates.map { (date: $0, wanted: session.inputs.positions(session.definition.days($0))) }
            .filter { try isThere($0.date, $0.wanted) }
        try session.identify(Set(all.flatMap(\.wanted)).sorted(), store)
        return try all.filter { date, wanted in
            let state = try session.outputState(date)
            guard state.isFresh == true else { return true }
            begin(date, wanted)
            try session.noteFresh(state, date, wanted, store)
            try finish(date, wanted)
            return false
        }
    }

    private func isThere(_ date: Day, _ wanted: [Int]) throws -> Bool {
        do { try session.checkMissing(date, wanted) } catch let error as DaymillError where error.code == .inputMissing
        {
            finished.insert(date)
            try done(.failed(error, on: date))
            return false
        }
        return true
    }

    /// Nil when the groups of all days turn out to be those that the output was made of.
    private func stale(_ date: Day, _ wanted: [Int]) throws -> Stale? {
        let days = try session.windowDays(date, store)
        let groups = session.groupsID(date)
        guard let record = try session.intactOutput(date), record.groups == groups else {
            return Stale(date: date, wanted: wanted, days: days, groups: groups)
        }
        begin(date, wanted)
        try session.renew(record, date, wanted, store)
        try finish(date, wanted)
        return nil
    }

    private func publish(_ stale: [Stale]) throws {
        guard isWorthSweeping(stale) else {
            for item in stale { try publish(item) { try session.merge(item.days, item.date, store) } }
            return
        }
        try sweep(Array(stale.dropFirst(try roll(stale))))
    }

    /// Makes dates one after another as long as each window comes out of the last one while that is read once; then there
    /// is no cheaper way.
    ///
    /// - Returns: how many were made.
    private func roll(_ stale: [Stale]) throws -> Int {
        guard let first = stale.first, session.rollsInOnePass, let days = StepSession.WindowDays(first.days),
            session.mayBeKept(days)
        else { return 0 }
        var made = 0
        while made < stale.count {
            let many = rollsMany ? try rollMany(stale[made...]) : 0
            if many > 0 {
                made += many
                continue
            }
            let item = stale[made]
            try publish(item) { try session.merge(item.days, item.date, store) }
            made += 1
            let isRolled = session.outcome.window == WindowOperator.rollForward.rawValue
            guard try isRolled || session.mustRoll || (made == 1 && session.isKept(days, store)) else { break }
        }
        return made
    }

    /// Makes some dates out of one window that is kept, where it can.
    ///
    /// - Returns: how many were made. None where something stands in the way: a date by itself finds out what.
    private func rollMany(_ stale: ArraySlice<Stale>) throws -> Int {
        let wanted = stale.prefix(StepSession.rolledOutputs).compactMap { item in
            StepSession.WindowDays(item.days).map { (date: item.date, days: $0) }
        }
        let before = reading
        begin(stale[stale.startIndex].date, stale[stale.startIndex].wanted)
        let start = ContinuousClock.now
        let rolled: StepSession.Rolled?
        do { rolled = try session.timed("merge") { try session.rollMany(wanted, store) } } catch is NotSubtractable {
            // It would be met again and again.
            (rolled, rollsMany) = (nil, false)
        } catch let wrong as StepSession.WrongWindow {
            try session.drop(wrong, stale[stale.startIndex].date, store)
            rolled = nil
        } catch let error as DaymillError where error.code == .storeDamaged {
            rolled = nil
        } catch let error as DaymillError where error.code == .io {
            // Perhaps the disk has no room for so many at once.
            (rolled, rollsMany) = (nil, false)
        }
        guard let rolled else {
            found.rebuilt += session.outcome.rebuilt - (before?.rebuilt ?? 0)
            found.audited += session.outcome.audited.dropFirst(before?.audited.count ?? 0)
            reading = before
            return 0
        }
        for (i, (item, output)) in zip(stale, rolled.outputs).enumerated() {
            if i > 0 { begin(item.date, item.wanted) }
            session.outcome.window = WindowOperator.rollForward.rawValue
            if i + 1 == rolled.outputs.count { session.outcome.audited += rolled.audited }
            try publish(.written(output), item, since: i == 0 ? start : .now)
        }
        return rolled.outputs.count
    }

    private func sweep(_ stale: [Stale]) throws {
        guard stale.count > 1 else {
            for item in stale { try publish(item) { try session.merge(item.days, item.date, store) } }
            return
        }
        let windows = stale.map { window($0.date) }
        let inputs = try inputs(stale)
        let sweep = session.sweep(store), threads = session.options.threads
        let bytes = try sweep.estimate(inputs, windows: windows, threads: threads)
        var seen: WindowSweep.Seen?
        for batch in WindowSweep.batches(bytes, limit: session.options.sweepBytes) {
            let own = Array(windows[batch])
            session.options.report(.phase(step: session.definition.step.name, "merging \(own.count) windows"))
            let days = own[0].lowerBound...own[own.count - 1].upperBound
            let needed = inputs.filter { $0.term.day.map { days.contains($0) } ?? true }
            let start = ContinuousClock.now
            let swept = try sweep.run(needed, windows: own, seen: seen, threads: threads)
            let seconds = (ContinuousClock.now - start).seconds
            for (i, item) in stale[batch].enumerated() {
                try publish(item, sweep: i == 0 ? seconds : 0) {
                    .groups(try session.timed("merge") { try session.result(try swept.inputs(i)) }, keeping: nil)
                }
            }
            if batch.upperBound < windows.count {
                seen = try sweep.lastSeen(seen, needed, upTo: days.upperBound, threads: threads)
            }
        }
    }

    /// Whether days are in several windows, so that merging them once is less work.
    private func isWorthSweeping(_ stale: [Stale]) -> Bool {
        if session.mustRoll { return session.rollsInOnePass }
        let days = stale.flatMap(\.days)
        guard days.allSatisfy({ $0.day != nil }) else { return false }
        return session.options.windowOperator != .automatic || days.count >= 3 * Set(days.map(\.day)).count
    }

    /// The segments of all days, each once.
    private func inputs(_ stale: [Stale]) throws -> [SegmentMerge.Input] {
        var byDay: [Day: WindowDay] = [:]
        for day in stale.flatMap(\.days) { if let date = day.day { byDay[date] = day } }
        return try byDay.sorted { $0.key < $1.key }.flatMap { try session.inputs($0.value, store) }
    }

    private func window(_ date: Day) -> ClosedRange<Int32> {
        session.definition.days(date).map { $0.lowerBound.daysSinceEpoch...$0.upperBound.daysSinceEpoch }
            ?? Int32.min...Int32.max
    }

    private func publish(
        _ item: Stale, sweep seconds: Double? = nil, _ merge: () throws -> StepSession.MergedWindow
    ) throws {
        try WorkStop.check()
        begin(item.date, item.wanted)
        if let seconds {
            session.outcome.window = WindowOperator.sweep.rawValue
            session.outcome.timings.append(.init(part: "sweep", seconds: seconds))
        }
        let start = ContinuousClock.now
        try publish(try merge(), item, since: start, adding: seconds ?? 0)
    }

    private func publish(
        _ window: StepSession.MergedWindow, _ item: Stale, since start: ContinuousClock.Instant, adding: Double = 0
    ) throws {
        defer { session.dropUnkeptWindow() }
        let written = try session.publish(window, item.date, store)
        try session.keepPublishedWindow(store)
        try session.writeReceipt(store, written, item.date, item.wanted, item.groups)
        session.outcome.seconds = (ContinuousClock.now - start).seconds + adding
        try finish(item.date, item.wanted)
    }

    /// Begins the outcome of a date. The first one has what reading the files of all dates took.
    private func begin(_ date: Day, _ wanted: [Int]) {
        session.begin(date)
        if let reading {
            let own = session.outcome
            session.outcome = reading
            (session.outcome.date, session.outcome.days, session.outcome.output) = (own.date, own.days, own.output)
            self.reading = nil
        } else {
            session.noteReuse(wanted, except: [])
        }
        session.outcome.files = wanted.count
        session.outcome.rebuilt += found.rebuilt
        session.outcome.audited += found.audited
        found = (0, [])
    }

    private func finish(_ date: Day, _ wanted: [Int]) throws {
        session.noteChanges(wanted)
        try session.noteDeleted(date, store)
        finished.insert(date)
        try done(.done(session.outcome))
    }
}
