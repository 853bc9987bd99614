import DaymillCore
import DaymillEngine
import DaymillPipeline
import DaymillRunner
import DaymillSQL

/// Histories of a step with `split: day`.
///
/// Its outputs are a function of the files that runs have taken in, with the content that they took in last. Where it is
/// not certain which that is (a run was killed; a file has changed, and its partials may have been needed anew) a file has
/// several contents that it may count with, and one choice for all files must explain all outputs.
extension History {
    private var shape: Int { HistoryPipelines.splitShape }
    private var folder: String { HistoryPipelines.shapes[shape].name }

    func splitFailure(_ operations: [HistoryOperation]) -> (at: Int, what: String)? {
        for (i, operation) in operations.enumerated() {
            do {
                try applySplit(operation)
                if operation.changesFiles { try checkSplitStatus() }
                outputs = world.disk.contents(of: "out")
            } catch { return (i, "\(error)") }
        }
        do { try checkSplitEnd() } catch { return (operations.count, "\(error)") }
        return nil
    }

    private func applySplit(_ operation: HistoryOperation) throws {
        switch operation {
        case .run(_, let date, let threads): try split(.run(shape: shape, date: date), threads: threads)
        case .verify(_, let date): try split(.run(shape: shape, date: date))
        case .work(let work): try split(work)
        case .crash(let work, let moment, _): try splitCrash(work, moment)
        case .atOnce(let work, let other, _):
            try split(work)
            try split(other)
        case .edit(_, let text): world.texts[shape] = text
        case .forge, .damage, .runMeanwhile: break
        default: try apply(operation)
        }
    }

    // MARK: What counts

    /// The files that are there, by path.
    private var files: [String: [UInt8]] {
        world.disk.contents(of: folder).filter { $0.key.hasSuffix(".csv") }
    }

    /// Paths of the files that work takes in.
    private func arrivals(_ work: HistoryOperation.Work) throws -> [String] {
        let dates: ClosedRange<Int>
        switch work {
        case .run(_, let date): dates = date...date
        case .backfill(_, let from, let to): dates = from...to
        default: return []
        }
        let window = try world.pipeline(shape).steps[0].window!
        let days = dates.map { window.days(for: HistoryPipelines.shapes[shape].day($0)) }
        return files.keys.filter { path in
            let day = Day(String(path.dropFirst(folder.count + 1).prefix(10)))!
            return days.contains { $0.contains(day) }
        }
    }

    /// Notes what work may have taken in.
    ///
    /// - Parameter isCertain: whether it has.
    private func noteTaken(_ arrivals: [String], isCertain: Bool) {
        for (path, bytes) in files {
            if arrivals.contains(path) {
                counted[path] = isCertain ? [bytes] : counted[path, default: [nil]].union([bytes])
            } else if let old = counted[path] {
                // Its partials may be lost, or not there for this query: then it is read as it is.
                counted[path] = old.union([bytes])
            }
        }
    }

    /// Every choice of contents.
    private func choices() -> [[Answers.File]] {
        let there = files
        var choices: [[Answers.File]] = [[]]
        for (path, contents) in counted.sorted(by: { $0.key < $1.key }) where there[path] != nil {
            guard choices.count * contents.count <= 256 else { return [] }
            choices = choices.flatMap { choice in
                contents.map { bytes in
                    bytes.map { choice + [Answers.File(path: path, day: nil, bytes: world.unpacked[$0] ?? $0)] }
                        ?? choice
                }
            }
        }
        return choices
    }

    /// The days that rows can have.
    private var days: [Day] { (0..<HistoryWorld.days).map { HistoryPipelines.shapes[shape].day($0) } }

    private func expectedSplit(_ day: Day, _ files: [Answers.File]) throws -> [UInt8] {
        let pipeline = try world.pipeline(shape)
        let answer = try world.answer(shape, day, files) {
            let step = pipeline.steps[0]
            return try NaiveAnswer.csv(step, pipeline.source(step.rollup.source)!, day...day, files)!
        }
        return answer
    }

    /// Whether one choice explains all of these outputs; nil for one that is not there.
    private func explains(_ found: [Day: [UInt8]?]) throws -> Bool {
        let choices = choices()
        if choices.isEmpty { return true }
        return try choices.contains { files in
            try found.allSatisfy { day, bytes in
                let expected = try expectedSplit(day, files)
                if orphans.contains(day) && expected.split(separator: 0x0a).count <= 1 { return true }
                guard let bytes else { return expected.split(separator: 0x0a).count <= 1 }
                return bytes == expected
            }
        }
    }

    private func output(_ day: Day) throws -> [UInt8]? {
        world.disk.bytes(try world.output(shape, 0, day))
    }

    // MARK: Work

    private func split(_ work: HistoryOperation.Work, threads: Int = 1) throws {
        let arrivals = try arrivals(work)
        var hasFailed = false
        do {
            if case .run(_, let date) = work {
                try world.run(shape, HistoryPipelines.shapes[shape].day(date), threads: threads)
            } else {
                hasFailed = try world.perform(work).contains { if case .failed = $0 { true } else { false } }
            }
        } catch let error as DaymillError where error.code == .inputMissing { hasFailed = true }
        guard work.shape != nil else { return }
        if case .run = work, try hasFailed != lacksRows(arrivals) {
            throw Broken("\(work) of \(arrivals) \(hasFailed ? "fails" : "succeeds")")
        }
        noteTaken(arrivals, isCertain: true)
        if hasFailed { return }
        if case .repair = work { try checkRepairedSplit() } else { try checkAllSplit("\(work)") }
        try checkSplitIdle(work)
    }

    /// Whether a run fails for lack of rows.
    private func lacksRows(_ arrivals: [String]) throws -> Bool {
        let pipeline = try world.pipeline(shape), files = files
        let own = arrivals.map { path in
            Answers.File(path: path, day: nil, bytes: world.unpacked[files[path]!] ?? files[path]!)
        }
        return try NaiveAnswer.goodRows(pipeline.steps[0], pipeline.sources[0], own) == 0
    }

    private func checkAllSplit(_ about: String) throws {
        let found = try Dictionary(uniqueKeysWithValues: days.map { ($0, try output($0)) })
        if try !explains(found) {
            let texts = found.sorted { $0.key < $1.key }.map { "\($0.key): \(text($0.value))" }
            throw Broken("after \(about) no choice of what was taken in gives \(texts)")
        }
    }

    /// The same again does nothing.
    private func checkSplitIdle(_ work: HistoryOperation.Work) throws {
        let before = world.disk.contents(of: "out")
        for outcome in History.done(try world.perform(work)) where outcome.status != .upToDate || outcome.filesRead > 0
        {
            throw Broken("\(work) has something to do a second time: \(outcome.date) \(outcome.status)")
        }
        if world.disk.contents(of: "out") != before { throw Broken("\(work) changes outputs a second time") }
    }

    private func checkRepairedSplit() throws {
        for output in try world.status(shape).flatMap(\.outputs) {
            if output.state == .fresh || output.state == .neverMade { continue }
            throw Broken("\(output.output) of \(output.date) is \(output.state) after a repair: \(output.reasons)")
        }
        // What had been taken in has been looked at.
        for (path, bytes) in files where counted[path].map({ !$0.contains(nil) }) ?? false { counted[path] = [bytes] }
    }

    private func splitCrash(_ work: HistoryOperation.Work, _ moment: UInt64) throws {
        let arrivals = try arrivals(work)
        guard try die(at: moment, of: work) else { return }
        noteTaken(arrivals, isCertain: false)
        orphans.formUnion(try days.filter { try output($0) != outputs[world.output(shape, 0, $0)] })
    }

    // MARK: Claims

    /// One choice explains whatever is called fresh. Asked on a copy, since asking may note things.
    private func checkSplitStatus() throws {
        let fork = world.disk.fork()
        defer { fork.close() }
        var fresh: [Day: [UInt8]?] = [:]
        for output in try world.status(shape, on: fork).flatMap(\.outputs) where output.state == .fresh {
            let day = Day(output.date)!
            fresh[day] = try self.output(day)
        }
        // A changed file may hold what another held, and so be known without being read.
        let before = counted
        noteTaken([], isCertain: false)
        defer { counted = before }
        if try !explains(fresh) {
            throw Broken("no choice of what was taken in gives what is called fresh: \(fresh.keys.sorted())")
        }
    }

    /// Once all dates have been run, outputs are those of all files; so are those that a new store gives.
    private func checkSplitEnd() throws {
        for _ in 0..<2 {
            for date in 0...HistoryWorld.days { try split(.run(shape: shape, date: date)) }
        }
        // A date whose files have lost their rows fails, and leaves the outputs of other days to a repair.
        try split(.repair(shape: shape))
        let found = try days.map { try output($0) }
        let fork = world.disk.fork()
        defer { fork.close() }
        for path in fork.paths(below: ".daymill") + fork.paths(below: "out") { fork.delete(path) }
        for date in 0...HistoryWorld.days {
            do { try world.run(shape, HistoryPipelines.shapes[shape].day(date), on: fork) } catch is DaymillError {}
        }
        for (day, bytes) in zip(days, found) {
            let full = fork.bytes(try world.output(shape, 0, day))
            let isNothing = full == nil && (orphans.contains(day) || bytes?.split(separator: 0x0a).count ?? 1 <= 1)
            if full != bytes && !isNothing {
                throw Broken("\(day) is \(text(bytes)), and from a new store \(text(full))")
            }
        }
    }
}
