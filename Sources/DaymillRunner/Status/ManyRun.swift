import DaymillColumns
package import DaymillCore
package import DaymillEngine
package import DaymillPipeline

/// What became of a date.
package enum DateOutcome: Sendable {
    case done(StepOutcome)
    case failed(DaymillError, on: Day)

    /// Whether something in the store turned out to be wrong, so that other outputs may have become stale.
    package var foundDamage: Bool { if case .done(let outcome) = self { outcome.rebuilt > 0 } else { false } }
}

/// Makes many outputs in one go: those of a range of dates, or those that are not what they should be.
package struct ManyRun {
    private let project: Project
    private let store: Store
    private let options: RunOptions
    /// Told of each date of each step, with how many of how many are done.
    private let progress: (_ done: Int, _ of: Int) -> Void
    /// Told what became of each date of each step, as soon as it is known.
    private let note: (_ step: String, DateOutcome) -> Void

    package init(
        project: Project, store: Store, options: RunOptions,
        progress: @escaping (_ done: Int, _ of: Int) -> Void = { _, _ in },
        note: @escaping (_ step: String, DateOutcome) -> Void = { _, _ in }
    ) {
        self.note = note
        self.project = project
        self.store = store
        self.options = options
        self.progress = progress
    }

    /// Makes the outputs of some dates. What is fresh already is passed over, so an interrupted run goes on where it was.
    ///
    /// - Returns: what became of each date, step by step. A date without its input files fails, and the others go on.
    /// - Throws: whatever else goes wrong; what was published before stays.
    package func backfill(_ pipeline: Pipeline, _ dates: [Day]) throws -> [DateOutcome] {
        guard !dates.isEmpty else { return [] }
        store.refresh()
        var outcomes: [DateOutcome] = []
        for step in pipeline.steps {
            let session = try StepSession.reading(step, of: pipeline, project, store, options) { $0.span(dates) }
            outcomes += try make(dates, session)
        }
        return outcomes
    }

    /// Makes anew what is stale or missing, and nothing else. Files that were not read are read first: what does not
    /// change a group makes nothing stale. Where something in the store turned out to be damaged on the way, it looks
    /// again: outputs that were looked at before may come of it too.
    ///
    /// - Throws: as `backfill`.
    package func repair(_ pipeline: Pipeline) throws -> [DateOutcome] {
        try ManyRun.untilSound { try repairOnce(pipeline) }
    }

    /// Does some work again, at most three times, where it found damage on the way.
    ///
    /// - Returns: what became of all dates of all times.
    package static func untilSound(_ body: () throws -> [DateOutcome]) rethrows -> [DateOutcome] {
        var outcomes: [DateOutcome] = []
        for _ in 0..<4 {
            let made = try body()
            outcomes += made
            guard made.contains(where: \.foundDamage) else { break }
        }
        return outcomes
    }

    private func repairOnce(_ pipeline: Pipeline) throws -> [DateOutcome] {
        store.refresh()
        let statuses = StatusRun(project: project, store: store, options: options)
        var outcomes: [DateOutcome] = []
        for step in pipeline.steps {
            let session = try statuses.session(step, of: pipeline, isSettled: true)
            session.companions = try Companions(of: step, in: pipeline, project: project, store: store) { _ in nil }
            let today = pipeline.timezone.today(options.clock)
            func wanted() throws -> [Day] {
                try session.status(dates: nil, today: today).outputs.filter(\.needsRepair).compactMap { Day($0.date) }
            }
            guard try !wanted().isEmpty else { continue }
            if step.split == .day {
                outcomes += noted(try session.repairSplit().map { .done($0) }, session)
                continue
            }
            if session.inputs.hasEventTime { try session.readNew(Array(session.inputs.files.indices), store) }
            outcomes += try make(try wanted(), session)
        }
        return outcomes
    }

    /// Every date of a pipeline whose inputs are there.
    package func possibleDates(_ pipeline: Pipeline) throws -> [Day] {
        store.refresh()
        let statuses = StatusRun(project: project, store: store, options: options)
        let today = pipeline.timezone.today(options.clock)
        var dates: Set<Day> = []
        for step in pipeline.steps {
            dates.formUnion(try statuses.session(step, of: pipeline).possibleDates(nil, today))
        }
        return dates.sorted()
    }

    private func noted(_ outcomes: [DateOutcome], _ session: StepSession) -> [DateOutcome] {
        for outcome in outcomes { note(session.definition.step.name, outcome) }
        return outcomes
    }

    private func make(_ dates: [Day], _ session: StepSession) throws -> [DateOutcome] {
        var outcomes: [DateOutcome] = []
        if session.definition.step.split == .day {
            for (i, date) in dates.enumerated() {
                do {
                    outcomes += noted(try session.makeSplit(date).map { .done($0) }, session)
                } catch let error as DaymillError where error.code == .inputMissing {
                    outcomes += noted([.failed(error, on: date)], session)
                }
                progress(i + 1, dates.count)
            }
            return outcomes
        }
        try session.makeAll(dates) { outcome in
            outcomes += noted([outcome], session)
            progress(outcomes.count, dates.count)
        }
        return outcomes
    }
}
