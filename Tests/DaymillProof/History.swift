import DaymillCore
import DaymillEngine
import DaymillPipeline
import DaymillRunner
import DaymillTestKit

/// A history that takes place, with a check after each operation.
package final class History {
    private let world: HistoryWorld
    /// What the outputs held after the last operation.
    private var outputs: [String: [UInt8]] = [:]
    /// Runs that were tried.
    private var tried: Set<Run> = []
    /// What files held before they changed last.
    private var before: [String: [UInt8]] = [:]

    private struct Run: Hashable {
        var shape: Int
        var date: Day
    }

    private init(answers: Answers) { world = HistoryWorld(answers: answers) }

    /// Lets a history happen.
    ///
    /// - Returns: what went wrong, after which operation; nil when all was right.
    package static func failure(_ operations: [HistoryOperation], _ answers: Answers) -> (at: Int, what: String)? {
        let history = History(answers: answers)
        for (i, operation) in operations.enumerated() {
            do {
                try history.apply(operation)
                try history.checkClaims()
                history.outputs = history.world.disk.contents(of: "out")
            } catch { return (i, "\(error)") }
        }
        do { try history.checkEnd() } catch { return (operations.count, "\(error)") }
        return nil
    }

    // MARK: What must hold

    /// Whatever claims to be fresh is what would be computed now.
    private func checkClaims() throws {
        for run in tried.sorted(by: { ($0.shape, $0.date) < ($1.shape, $1.date) }) {
            guard let plans = try? world.plan(run.shape, run.date) else { continue }
            for (i, plan) in plans.enumerated() where plan.isFresh == true {
                let answer = try world.expected(run.shape, run.date)
                let path = try world.output(run.shape, i, run.date)
                let found = world.disk.bytes(path)
                guard i < answer.outputs.count, found == answer.outputs[i] else {
                    throw Broken("\(path) claims to be fresh, and is \(text(found)) instead of \(answer)")
                }
            }
        }
    }

    /// The bytes of an output are those of before or what they should be now, never anything else.
    private func checkNothingElse(_ runs: [Run]) throws {
        var allowed: [String: [UInt8]] = [:]
        for run in runs {
            let answer = try world.expected(run.shape, run.date)
            for (i, bytes) in answer.outputs.enumerated() {
                allowed[try world.output(run.shape, i, run.date)] = bytes
            }
        }
        for (path, bytes) in world.disk.contents(of: "out") where !path.hasSuffix(".tmp") {
            guard bytes == outputs[path] || bytes == allowed[path] else {
                throw Broken("\(path) is neither what it was nor what it should be: \(text(bytes))")
            }
        }
    }

    /// A run that nobody disturbs makes what it should, or fails as it should.
    private func runWell(_ run: Run, threads: Int = 1) throws {
        tried.insert(run)
        let answer = try world.expected(run.shape, run.date)
        do {
            try world.run(run.shape, run.date, threads: threads)
            if answer.fails { throw Broken("the run succeeds and should fail") }
        } catch let error as DaymillError {
            if !answer.fails { throw Broken("the run fails: \(error)") }
        }
        try checkNothingElse([run])
        for (i, bytes) in answer.outputs.enumerated() {
            let path = try world.output(run.shape, i, run.date)
            let found = world.disk.bytes(path)
            if found != bytes { throw Broken("\(path) is \(text(found)) instead of \(text(bytes))") }
        }
        if !answer.fails { try checkIdle(run) }
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

    /// In the end everything can be made right, and nothing is left lying about.
    private func checkEnd() throws {
        for run in tried.sorted(by: { ($0.shape, $0.date) < ($1.shape, $1.date) }) {
            outputs = world.disk.contents(of: "out")
            try runWell(run)
        }
        if let left = world.disk.paths(below: ".daymill").first(where: {
            $0.hasSuffix(".tmp") && !$0.contains("/quarantine/")
        }) {
            throw Broken("\(left) is left over")
        }
    }

    private func text(_ bytes: [UInt8]?) -> String {
        bytes.map { String(decoding: $0, as: UTF8.self).debugDescription } ?? "missing"
    }

    // MARK: What happens

    private func apply(_ operation: HistoryOperation) throws {
        let disk = world.disk
        switch operation {
        case .write(let slot, let content, let manner): write(slot, HistoryContent.bytes(content, slot), manner)
        case .redeliver(let from, let to, let keeps):
            guard let bytes = disk.bytes(path(from)), from.shape == to.shape, from != to else { return }
            remember(path(to))
            if keeps { disk.put(path(to), bytes) } else { disk.move(path(from), to: path(to)) }
        case .repack(let slot):
            guard let bytes = disk.bytes(path(slot)) else { return }
            let plain = world.unpacked[bytes]
            write(slot, plain ?? bytes, plain == nil ? .packed : .renamed)
        case .touch(let slot, let backdated): disk.touch(path(slot), modified: backdated ? 1_000_000_000 : nil)
        case .grow(let slot, let content):
            guard let bytes = disk.bytes(path(slot)), world.unpacked[bytes] == nil else { return }
            disk.overwrite(path(slot), bytes + HistoryContent.bytes(content, slot))
        case .truncate(let slot, let seed):
            guard let bytes = disk.bytes(path(slot)), world.unpacked[bytes] == nil else { return }
            disk.overwrite(path(slot), Array(bytes.prefix(Int(seed % UInt64(bytes.count + 1)))))
        case .delete(let slot):
            remember(path(slot))
            disk.delete(path(slot))
        case .restore(let slot): if let bytes = before[path(slot)] { disk.put(path(slot), bytes) }
        case .edit(let shape, let text): world.texts[shape] = text
        case .run(let shape, let date, let threads): try runWell(run(shape, date), threads: threads)
        case .range(let shape, let from, let to):
            for date in from...to {
                outputs = disk.contents(of: "out")
                try runWell(run(shape, date))
            }
        case .collect: try collect()
        case .compact: if store.exists { try store.compact() }
        case .crash(let shape, let date, let moment, let losesPower):
            try crash(run(shape, date), moment, losesPower: losesPower)
        case .twoRuns(let shape, let date, let otherShape, let otherDate, let seed):
            try twoRuns([run(shape, date), run(otherShape, otherDate)], seed)
        case .runMeanwhile(let shape, let date, let moment, let slot, let content):
            try runMeanwhile(run(shape, date), moment, slot, content)
        case .damage(let seed): damage(seed, below: ".daymill")
        case .spoilOutput(let seed):
            // Later than it was published: within one tick of the clock of files nobody could tell (docs/LIMITS.md).
            disk.advance(nanoseconds: 4_000_000)
            damage(seed, below: "out")
        case .wait(let milliseconds): disk.advance(nanoseconds: Int64(milliseconds) * 1_000_000)
        }
    }

    private func run(_ shape: Int, _ date: Int) -> Run { Run(shape: shape, date: HistoryWorld.day(date)) }

    private func path(_ slot: HistoryOperation.Slot) -> String {
        let shape = HistoryPipelines.shapes[slot.shape]
        return switch shape.naming {
        case .manyOfDay: "\(shape.name)/\(HistoryWorld.day(slot.day))-\(slot.number).csv"
        case .oneOfDay: "\(shape.name)/\(HistoryWorld.day(slot.day)).csv"
        case .free: "\(shape.name)/\(slot.day)\(slot.number).csv"
        }
    }

    private func remember(_ path: String) { before[path] = world.disk.bytes(path) ?? before[path] }

    private func write(_ slot: HistoryOperation.Slot, _ bytes: [UInt8], _ manner: HistoryOperation.Manner) {
        remember(path(slot))
        switch manner {
        case .renamed: world.disk.put(path(slot), bytes)
        case .inPlace: world.disk.overwrite(path(slot), bytes)
        case .packed:
            let packed = Gzip.packed(bytes)
            world.unpacked[packed] = bytes
            world.disk.put(path(slot), packed)
        }
    }

    private var store: Store { Store(folder: world.project().storeFolder, clock: world.disk.clock) }

    private func collect() throws {
        let definitions = try HistoryPipelines.shapes.indices.flatMap { shape in
            let pipeline = try world.pipeline(shape)
            return pipeline.steps.map { StepDefinition($0, of: pipeline, project: world.project()) }
        }
        guard store.exists else { return }
        _ = try StoreCollection.run(store, StoreUses(definitions), isTrial: false)
    }

    // MARK: What disturbs

    private func crash(_ run: Run, _ moment: UInt64, losesPower: Bool) throws {
        tried.insert(run)
        let fork = world.disk.fork()
        let (_, steps) = fork.countSteps { _ = try? world.run(run.shape, run.date, on: fork) }
        fork.close()
        guard steps > 0 else { return }
        try world.disk.dying(atStep: 1 + Int(moment % UInt64(steps))) {
            do { try world.run(run.shape, run.date) } catch is DaymillError {}
        }
        if losesPower {
            var random = SeededGenerator(seed: moment)
            world.disk.losePower(data: nil, names: nil, &random)
            try checkNothingElseAfterPowerLoss(run)
        } else {
            try checkNothingElse([run])
        }
    }

    /// Losing the name of an output is allowed; so is an older one coming back.
    private func checkNothingElseAfterPowerLoss(_ run: Run) throws { try checkNothingElse([run]) }

    private func twoRuns(_ runs: [Run], _ seed: UInt64) throws {
        for run in runs { tried.insert(run) }
        let answers = try runs.map { try world.expected($0.shape, $0.date) }
        let failures = Failures(runs.count)
        let shared = SharedWorld(world)
        Baton.run(
            on: self.world.disk, seed: seed,
            runs.indices.map { i in
                let (shape, date) = (runs[i].shape, runs[i].date)
                return {
                    do { try shared.world.run(shape, date) } catch { failures.set(i, error) }
                }
            })
        try checkNothingElse(runs)
        for (i, run) in runs.enumerated() {
            if answers[i].fails != (failures[i] != nil) {
                throw Broken(
                    "at the same time as another the run of \(run) ends with \(failures[i].map { "\($0)" } ?? "success")"
                )
            }
            for (step, bytes) in answers[i].outputs.enumerated() {
                let path = try self.world.output(run.shape, step, run.date)
                let found = self.world.disk.bytes(path)
                if found != bytes { throw Broken("\(path) is \(text(found)) instead of \(text(bytes))") }
            }
        }
    }

    private func runMeanwhile(
        _ run: Run, _ moment: UInt64, _ slot: HistoryOperation.Slot, _ content: UInt64
    ) throws {
        tried.insert(run)
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
            if again.value == due { disk.put(path, bytes) }
        }
        defer { disk.setGate(nil) }
        do { try world.run(run.shape, run.date) } catch is DaymillError {}
        disk.setGate(nil)
        if again.value < due { disk.put(path, bytes) }
        let new = try world.expected(run.shape, run.date)
        for (step, found) in try steps(run).enumerated() {
            guard found != nil, found != outputs[try world.output(run.shape, step, run.date)] else { continue }
            let isOld = step < old.outputs.count && old.outputs[step] == found
            let isNew = step < new.outputs.count && new.outputs[step] == found
            if !isOld && !isNew {
                throw Broken(
                    "\(try world.output(run.shape, step, run.date)) is \(text(found)), neither \(old) nor \(new)")
            }
        }
    }

    private func steps(_ run: Run) throws -> [[UInt8]?] {
        try world.pipeline(run.shape).steps.indices.map { world.disk.bytes(try world.output(run.shape, $0, run.date)) }
    }

    /// One bit is flipped, or the end is lost, or all of the file.
    private func damage(_ seed: UInt64, below folder: String) {
        var random = SeededGenerator(seed: seed)
        let paths = world.disk.paths(below: folder)
        guard !paths.isEmpty else { return }
        let path = random.pick(paths)
        var bytes = world.disk.bytes(path)!
        switch random.below(6) {
        case 0: return world.disk.delete(path)
        case 1: bytes.removeLast(random.below(bytes.count + 1))
        default: if !bytes.isEmpty { bytes[random.below(bytes.count)] ^= 1 << random.below(8) }
        }
        world.disk.overwrite(path, bytes)
        outputs = world.disk.contents(of: "out")
    }
}
