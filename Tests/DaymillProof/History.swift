import DaymillCore
import DaymillEngine
import DaymillPipeline
import DaymillRunner
import DaymillTestKit

/// A history that takes place, with a check after each operation.
package final class History {
    let world: HistoryWorld
    /// What the outputs held after the last operation.
    var outputs: [String: [UInt8]] = [:]
    /// Runs that were tried.
    var tried: Set<Run> = []
    /// Steps whose output was published, by a run that nobody disturbed.
    var published: Set<Published> = []
    /// What outputs were made of when they were published last, by path, where nothing has disturbed them since.
    var publications: [String: Publication] = [:]
    /// What files of a split step may count with; see `History+Split`.
    var counted: [String: Set<[UInt8]?>] = [:]
    /// Days whose output a dying run may have published without noting it, so that nobody knows of it.
    var orphans: Set<Day> = []
    /// Operations so far.
    private(set) var count = 0
    /// Whether the store may have lost what it knew: damage, or power that failed.
    var mayHaveForgotten = false
    /// What outputs held before processes died whose changes may not be durable.
    var beforeCrash: [String: [UInt8]] = [:]
    /// What files held before they changed last.
    private var before: [String: [UInt8]] = [:]

    struct Run: Hashable, Comparable {
        var shape: Int
        var date: Day

        static func < (a: Run, b: Run) -> Bool { (a.shape, a.date) < (b.shape, b.date) }
    }

    struct Published: Hashable {
        var run: Run
        var step: Int
        /// Of its output, which a param may be part of.
        var path: String
    }

    private init(answers: Answers) { world = HistoryWorld(answers: answers) }

    /// Lets a history happen.
    ///
    /// - Returns: what went wrong, after which operation; nil when all was right.
    package static func failure(_ operations: [HistoryOperation], _ answers: Answers) -> (at: Int, what: String)? {
        let history = History(answers: answers)
        if operations.contains(where: { $0.shape == HistoryPipelines.splitShape }) {
            return history.splitFailure(operations)
        }
        for (i, operation) in operations.enumerated() {
            do {
                try history.apply(operation)
                if operation.changesFiles {
                    try history.checkPlans()
                    try history.checkStatus()
                }
                if i % 5 == 0 { try history.checkNoneExtra() }
                history.count = i + 1
                history.outputs = history.world.disk.contents(of: "out")
            } catch { return (i, "\(error)") }
        }
        do { try history.checkEnd() } catch { return (operations.count, "\(error)") }
        return nil
    }

    func text(_ bytes: [UInt8]?) -> String {
        bytes.map { String(decoding: $0, as: UTF8.self).debugDescription } ?? "missing"
    }

    // MARK: What happens

    func apply(_ operation: HistoryOperation) throws {
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
        case .alter(let slot, let seed, let keepsTime): disk.alter(path(slot), seed, keepsTime: keepsTime)
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
        case .edit(let shape, let text): try edit(shape, text)
        case .run(let shape, let date, let threads): try runWell(run(shape, date), threads: threads)
        case .merge(let way): world.windowOperator = way
        case .auditing: world.audits = true
        case .verify(let shape, let date): try verify(run(shape, date))
        case .forge(let shape, let seed): try forge(shape, seed)
        case .work(let work): try workWell(work)
        case .crash(let work, let moment, let losesPower): try crash(work, moment, losesPower: losesPower)
        case .atOnce(let work, let other, let seed): try atOnce([work, other], seed)
        case .runMeanwhile(let shape, let date, let moment, let slot, let content):
            try runMeanwhile(run(shape, date), moment, slot, content)
        case .damage(let seed):
            mayHaveForgotten = true
            publications = [:]
            damage(seed, below: ".daymill")
        case .spoilOutput(let seed):
            // Later than it was published: within one tick of the clock of files nobody could tell (docs/LIMITS.md).
            disk.advance(nanoseconds: 4_000_000)
            if let path = damage(seed, below: "out") { publications[path] = nil }
        case .wait(let milliseconds): disk.advance(nanoseconds: Int64(milliseconds) * 1_000_000)
        }
    }

    func run(_ shape: Int, _ date: Int) -> Run {
        Run(shape: shape, date: HistoryPipelines.shapes[shape].day(date))
    }

    func path(_ slot: HistoryOperation.Slot) -> String {
        let shape = HistoryPipelines.shapes[slot.shape]
        return switch shape.naming {
        case .manyOfDay: "\(shape.name)/\(shape.day(slot.day))-\(slot.number).csv"
        case .oneOfDay: "\(shape.name)/\(shape.day(slot.day)).csv"
        case .hours: "\(shape.name)/\(shape.day(slot.day))-\(17 + slot.number).csv"
        case .free: "\(shape.name)/\(slot.day)\(slot.number).csv"
        }
    }

    func remember(_ path: String) { before[path] = world.disk.bytes(path) ?? before[path] }

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

    /// Texts 0 and 1 of a pipeline mean the same, so nothing becomes stale by changing one into the other.
    private func edit(_ shape: Int, _ text: Int) throws {
        let meansTheSame = text < 2 && world.texts[shape] < 2
        let before = meansTheSame ? try fresh(shape) : []
        world.texts[shape] = text
        guard meansTheSame else { return }
        let after = try fresh(shape)
        if before != after { throw Broken("an edit of white space changes what is fresh: \(before), then \(after)") }
    }

    /// One bit is flipped, or the end is lost, or all of the file.
    @discardableResult
    private func damage(_ seed: UInt64, below folder: String) -> String? {
        var random = SeededGenerator(seed: seed)
        let paths = world.disk.paths(below: folder)
        guard !paths.isEmpty else { return nil }
        let path = random.pick(paths)
        var bytes = world.disk.bytes(path)!
        switch random.below(6) {
        case 0:
            world.disk.delete(path)
            return path
        case 1: bytes.removeLast(random.below(bytes.count + 1))
        default: if !bytes.isEmpty { bytes[random.below(bytes.count)] ^= 1 << random.below(8) }
        }
        world.disk.overwrite(path, bytes)
        return path
    }
}
