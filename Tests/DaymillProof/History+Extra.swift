import DaymillCore
import DaymillEngine
import DaymillPipeline
import DaymillRunner
import DaymillSQL

/// Nothing is made anew, or called stale for good, where no group has changed.
///
/// A file that has come or changed makes outputs stale until it is read. Then early cut-off has its turn: where the rows
/// of every day of an output's window turn out to be those that it was made of, it is fresh as it stands. So a run, a
/// backfill or a repair that publishes an output anew must have a reason that shows in the rows, the pipeline or the
/// output's file.
extension History {
    /// What an output was made of.
    struct Publication {
        /// Texts that mean the same are one.
        var text: Int
        var files: [Answers.File]
    }

    static func done(_ outcomes: [DateOutcome]) -> [StepOutcome] {
        outcomes.compactMap { if case .done(let outcome) = $0 { outcome } else { nil } }
    }

    private func publication(_ shape: Int, _ date: Day) -> Publication {
        Publication(text: max(1, world.texts[shape]), files: world.inputs(shape, date))
    }

    /// Checks and notes what work has published that nobody disturbed.
    func noteMade(_ outcomes: [StepOutcome], _ shape: Int) throws {
        for outcome in outcomes where outcome.status == .made {
            let (path, now) = try checkReason(outcome, shape)
            publications[path] = now
        }
    }

    private func checkReason(_ outcome: StepOutcome, _ shape: Int) throws -> (path: String, now: Publication) {
        let pipeline = try world.pipeline(shape), date = Day(outcome.date)!
        let step = pipeline.steps.firstIndex { $0.name == outcome.step }!
        let path = try world.output(shape, step, date), now = publication(shape, date)
        guard let old = publications[path], old.text == now.text, outputs[path] != nil else { return (path, now) }
        // An audit that finds damage has all outputs of it made anew.
        if world.audits && mayHaveForgotten { return (path, now) }
        if try haveSameRows(pipeline, step, date, old.files, now.files) {
            throw Broken("\(path) is made anew, and no row that counts is another one")
        }
        return (path, now)
    }

    private func haveSameRows(
        _ pipeline: Pipeline, _ step: Int, _ date: Day, _ old: [Answers.File], _ new: [Answers.File]
    ) throws -> Bool {
        if old == new { return true }
        let step = pipeline.steps[step], source = pipeline.source(step.rollup.source)!
        let window = step.window!.days(for: date)
        let present = old + new
        let days = source.eventTime == nil ? Set(present.compactMap(\.day)) : Set(window)
        for day in days where window.contains(day) {
            guard let rows = try NaiveAnswer.rows(step, source, day, old),
                try rows == NaiveAnswer.rows(step, source, day, new)
            else { return false }
        }
        return true
    }

    /// Outputs of runs that were disturbed may be published and not recorded.
    func forget(_ runs: [Run]) {
        for run in runs {
            guard let steps = try? world.pipeline(run.shape).steps else { continue }
            for step in steps { publications[step.to.render(for: run.date)] = nil }
        }
    }

    /// What `status` calls stale is either made anew for a reason, or found to be fresh, as soon as it is looked into.
    func checkNoneExtra() throws {
        for shape in Set(tried.map(\.shape)).sorted() {
            let disk = world.disk.fork()
            defer { disk.close() }
            guard try world.status(shape, on: disk).contains(where: { $0.outputs.contains(where: \.needsRepair) }),
                let outcomes = try? world.perform(.repair(shape: shape), on: disk)
            else { continue }
            for outcome in History.done(outcomes) where outcome.status == .made { _ = try checkReason(outcome, shape) }
            if outcomes.contains(where: { if case .failed = $0 { true } else { false } }) { continue }
            try checkRepaired(shape, on: disk)
        }
    }
}
