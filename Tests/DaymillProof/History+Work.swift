import DaymillCore
import DaymillEngine
import DaymillPipeline
import DaymillRunner
import DaymillTestKit

/// Work that the program does, disturbed or not, and what must be true after it.
extension History {
    /// A run that nobody disturbs makes what it should, or fails as it should.
    func runWell(_ run: Run, threads: Int = 1) throws {
        tried.insert(run)
        let answer = try world.expected(run.shape, run.date)
        do {
            let outcomes = try world.run(run.shape, run.date, threads: threads)
            try noteMade(outcomes, run.shape)
            if answer.fails { throw Broken("the run of \(run) succeeds and should fail") }
        } catch let error as DaymillError {
            if !answer.fails { throw Broken("the run of \(run) fails: \(error)") }
        }
        try checkNothingElse([run])
        try checkMade(run, answer)
        if !answer.fails { try checkIdle(run) }
    }

    /// The outputs up to that of the first step that fails are there.
    private func checkMade(_ run: Run, _ answer: Answer) throws {
        for (step, bytes) in answer.outputs.enumerated() {
            guard let bytes else { return }
            let path = try world.output(run.shape, step, run.date)
            let found = world.disk.bytes(path)
            if found != bytes { throw Broken("\(path) is \(text(found)) instead of \(text(bytes))") }
            published.insert(Published(run: run, step: step, path: path))
        }
    }

    /// The same again reads nothing and writes nothing.
    private func checkIdle(_ run: Run) throws {
        let outputs = world.disk.contents(of: "out")
        let again = try world.run(run.shape, run.date)
        for outcome in again where outcome.status != .upToDate || outcome.rowsRead > 0 || outcome.filesRead > 0 {
            throw Broken("\(outcome.step) of \(outcome.date) has something to do in a second run: \(outcome.status)")
        }
        if world.disk.contents(of: "out") != outputs { throw Broken("a second run changes outputs") }
    }

    // MARK: More than one date

    /// The runs that work may make outputs of.
    private func runs(_ work: HistoryOperation.Work) -> [Run] {
        switch work {
        case .run(let shape, let date): [run(shape, date)]
        case .backfill(let shape, let from, let to): (from...to).map { run(shape, $0) }
        case .repair(let shape): tried.filter { $0.shape == shape }.sorted()
        case .collect, .compact: []
        }
    }

    private func noteTried(_ work: HistoryOperation.Work) {
        if case .repair = work { return }
        tried.formUnion(runs(work))
    }

    func workWell(_ work: HistoryOperation.Work) throws {
        if case .run(let shape, let date) = work { return try runWell(run(shape, date)) }
        noteTried(work)
        let runs = runs(work)
        let mayFail = try runs.contains { try world.expected($0.shape, $0.date).fails }
        var hasFailed = false
        do {
            let outcomes = try world.perform(work)
            hasFailed = outcomes.contains { if case .failed = $0 { true } else { false } }
            if let shape = runs.first?.shape { try noteMade(History.done(outcomes), shape) }
        } catch let error as DaymillError {
            hasFailed = true
            if !mayFail { throw Broken("\(work) fails: \(error)") }
        }
        try checkNothingElse(runs)
        if hasFailed || mayFail { return }
        switch work {
        case .backfill: for run in runs { try checkMade(run, try world.expected(run.shape, run.date)) }
        case .repair(let shape): try checkRepaired(shape)
        default: break
        }
    }

    /// After a repair nothing is stale, and a second one does nothing.
    func checkRepaired(_ shape: Int, on disk: MemoryDisk? = nil) throws {
        let disk = disk ?? world.disk
        for output in try world.status(shape, on: disk).flatMap(\.outputs) {
            if output.state == .fresh || output.state == .neverMade { continue }
            throw Broken("\(output.output) is \(output.state) after a repair: \(output.reasons)")
        }
        let outputs = disk.contents(of: "out")
        if try !world.perform(.repair(shape: shape), on: disk).isEmpty || disk.contents(of: "out") != outputs {
            throw Broken("a second repair has something to do")
        }
    }

    // MARK: What disturbs

    /// Lets work begin that dies at one of its file operations.
    ///
    /// - Returns: false when it has none.
    func die(at moment: UInt64, of work: HistoryOperation.Work) throws -> Bool {
        let fork = world.disk.fork()
        let (_, steps) = fork.countSteps { _ = try? world.perform(work, on: fork) }
        fork.close()
        guard steps > 0 else { return false }
        try world.disk.dying(atStep: 1 + Int(moment % UInt64(steps))) {
            do { try world.perform(work) } catch is DaymillError {}
        }
        return true
    }

    func crash(_ work: HistoryOperation.Work, _ moment: UInt64, losesPower: Bool) throws {
        noteTried(work)
        forget(runs(work))
        guard try die(at: moment, of: work) else { return }
        if losesPower {
            mayHaveForgotten = true
            publications = [:]
            var random = SeededGenerator(seed: moment)
            world.disk.losePower(data: nil, names: nil, &random)
        }
        try checkNothingElse(runs(work), or: beforeCrash)
        if losesPower { beforeCrash = [:] } else { beforeCrash.merge(outputs) { $1 } }
    }

    func atOnce(_ works: [HistoryOperation.Work], _ seed: UInt64) throws {
        works.forEach(noteTried)
        forget(works.flatMap(runs))
        let failures = Failures(works.count)
        let shared = SharedWorld(world)
        Baton.run(
            on: world.disk, seed: seed,
            works.indices.map { i in
                let work = works[i]
                return { do { try shared.world.perform(work) } catch { failures.set(i, error) } }
            })
        try checkNothingElse(works.flatMap(runs))
        for (i, work) in works.enumerated() {
            let answers = try runs(work).map { try world.expected($0.shape, $0.date) }
            let mayFail = answers.contains(where: \.fails)
            if let failure = failures[i], !mayFail { throw Broken("\(work) fails beside \(works[1 - i]): \(failure)") }
            guard failures[i] == nil, !mayFail else { continue }
            if case .repair = work { continue }
            for (run, answer) in zip(runs(work), answers) { try checkMade(run, answer) }
        }
    }

    func runMeanwhile(_ run: Run, _ moment: UInt64, _ slot: HistoryOperation.Slot, _ content: UInt64) throws {
        tried.insert(run)
        forget([run])
        let old = try world.expected(run.shape, run.date)
        let fork = world.disk.fork()
        let counter = StepCount()
        fork.setGate { counter.add() }
        _ = try? world.run(run.shape, run.date, on: fork)
        fork.close()
        let due = 1 + Int(moment % UInt64(max(1, counter.value)))
        let again = StepCount(), disk = world.disk
        let path = path(slot), bytes = HistoryContent.bytes(content, slot)
        remember(path)
        disk.setGate {
            again.add()
            guard again.value == due else { return }
            if content % 2 == 0 { disk.put(path, bytes) } else { disk.overwrite(path, bytes) }
        }
        defer { disk.setGate(nil) }
        do { try world.run(run.shape, run.date) } catch is DaymillError {}
        disk.setGate(nil)
        if again.value < due { disk.put(path, bytes) }
        try checkOneOf(run, old, try world.expected(run.shape, run.date))
    }

    /// The outputs are what they were, or the answer before or after something changed.
    private func checkOneOf(_ run: Run, _ old: Answer, _ new: Answer) throws {
        for step in old.outputs.indices {
            let path = try world.output(run.shape, step, run.date)
            let found = world.disk.bytes(path)
            let allowed = [outputs[path], old.outputs[step], new.outputs[step]]
            if found != nil && !allowed.contains(found) {
                throw Broken("\(path) is \(text(found)), neither \(old) nor \(new)")
            }
        }
    }
}
