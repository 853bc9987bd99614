package import DaymillRunner
import DaymillTestKit

/// One thing that happens to a project. What it names is found when it happens, so that any operations can be left out of
/// a history and the rest still means something.
package enum HistoryOperation: Sendable, Hashable {
    /// A file of a shape's source, by its day and number there.
    package struct Slot: Sendable, Hashable {
        package var shape: Int
        package var day: Int
        package var number: Int

        package init(shape: Int, day: Int, number: Int) {
            self.shape = shape
            self.day = day
            self.number = number
        }
    }

    package enum Manner: String, Sendable, Hashable, CaseIterable {
        /// Under another name first, then renamed.
        case renamed
        /// Into the file that is there.
        case inPlace
        /// Renamed, and packed.
        case packed
    }

    /// What the program can be told to do.
    package enum Work: Sendable, Hashable {
        case run(shape: Int, date: Int)
        case backfill(shape: Int, from: Int, to: Int)
        case repair(shape: Int)
        /// `daymill store collect`.
        case collect
        /// All catalog files are written anew.
        case compact

        var shape: Int? {
            switch self {
            case .run(let shape, _), .backfill(let shape, _, _), .repair(let shape): shape
            case .collect, .compact: nil
            }
        }
    }

    /// New content, whatever was there. The content follows from the seed.
    case write(Slot, content: UInt64, Manner)
    /// The same bytes under another name, the old one kept or not.
    case redeliver(Slot, to: Slot, keeps: Bool)
    /// Unpacked if packed, packed if not.
    case repack(Slot)
    /// Another time; nil: now.
    case touch(Slot, backdated: Bool)
    /// One byte becomes another, in the file that is there: its size and inode stay, and on demand its time.
    case alter(Slot, UInt64, keepsTime: Bool)
    /// More rows at its end.
    case grow(Slot, content: UInt64)
    /// Its end is lost.
    case truncate(Slot, UInt64)
    case delete(Slot)
    /// What it held before it was deleted or changed last.
    case restore(Slot)
    /// The pipeline file is edited.
    case edit(shape: Int, text: Int)
    case run(shape: Int, date: Int, threads: Int)
    /// From now on windows are put together in this way.
    case merge(WindowOperator)
    /// From now on runs audit the store.
    case auditing
    /// A run, then `daymill verify`.
    case verify(shape: Int, date: Int)
    /// A stored segment is exchanged for one that is well-formed and wrong; runs use it; then the store is audited.
    case forge(shape: Int, UInt64)
    case work(Work)
    /// Work dies at one of its steps; with a loss of power also what was not synced may be lost.
    case crash(Work, moment: UInt64, losesPower: Bool)
    /// Two things are done at the same time, in turns that follow from the seed.
    case atOnce(Work, Work, seed: UInt64)
    /// A run during which a file is changed.
    case runMeanwhile(shape: Int, date: Int, moment: UInt64, Slot, content: UInt64)
    /// A file below `.daymill` loses a bit or its end, or vanishes.
    case damage(UInt64)
    /// Somebody edits or deletes an output.
    case spoilOutput(UInt64)
    /// Time goes by, in milliseconds.
    case wait(Int)

    /// The shape that it is about, where it is about one.
    var shape: Int? {
        switch self {
        case .write(let slot, _, _), .redeliver(let slot, _, _), .repack(let slot), .touch(let slot, _),
            .alter(let slot, _, _), .grow(let slot, _), .truncate(let slot, _), .delete(let slot), .restore(let slot):
            slot.shape
        case .edit(let shape, _), .run(let shape, _, _), .verify(let shape, _), .forge(let shape, _),
            .runMeanwhile(let shape, _, _, _, _):
            shape
        case .work(let work), .crash(let work, _, _), .atOnce(let work, _, _): work.shape
        case .merge, .auditing, .damage, .spoilOutput, .wait: nil
        }
    }

    /// Whether it may change any file, so that there is something to check after it.
    var changesFiles: Bool {
        switch self {
        case .wait, .merge, .auditing: false
        default: true
        }
    }

    /// What there is, as the beginning of its description.
    package static let names = [
        "write", "redeliver", "repack", "touch", "alter", "grow", "truncate", "delete", "restore", "edit", "run",
        "merge", "auditing", "verify", "forge", "work",
        "crash", "atOnce", "runMeanwhile", "damage", "spoilOutput", "wait",
    ]
}

/// Makes histories from a seed.
package struct HistoryGenerator {
    private var random: SeededGenerator
    private var shapes: [Int]

    package init(seed: UInt64) {
        random = SeededGenerator(seed: seed)
        // Most histories are about one source or two: then things meet.
        let all = Array(HistoryPipelines.shapes.indices.dropLast())
        shapes =
            random.once(in: 9)
            ? [HistoryPipelines.splitShape]
            : random.once(in: 6) ? all : random.once(in: 3) ? [random.pick(all), random.pick(all)] : [random.pick(all)]
    }

    /// Files first, then anything.
    package mutating func history() -> [HistoryOperation] {
        var operations: [HistoryOperation] = []
        // Spans of days need files on several.
        let isLong = shapes.allSatisfy { HistoryPipelines.shapes[$0].stride > 1 }
        for _ in 0..<random.number(isLong ? 4...8 : 1...4) {
            operations.append(.write(slot(), content: random.next() % 4096, .renamed))
        }
        operations.append(.wait(random.pick([0, 5000])))
        if random.once(in: 2) { operations.append(.merge(random.pick(WindowOperator.allCases))) }
        if random.once(in: 8) { operations.append(.auditing) }
        for _ in 0..<random.number(6...18) {
            operations.append(operation())
            if random.once(in: 2) {
                operations.append(.wait(random.pick([0, 1, 4, 900, 1999, 2001, 60_000, 86_400_000])))
            }
        }
        return operations
    }

    private mutating func slot() -> HistoryOperation.Slot {
        .init(shape: random.pick(shapes), day: random.below(HistoryWorld.days), number: random.below(3))
    }

    private mutating func date() -> Int { random.number(1...HistoryWorld.days) }

    private mutating func work(_ shape: Int) -> HistoryOperation.Work {
        switch random.below(12) {
        case 0..<4: return .run(shape: shape, date: date())
        case 4..<6:
            let from = date()
            return .backfill(shape: shape, from: from, to: min(HistoryWorld.days, from + random.below(4)))
        case 6..<10: return .repair(shape: shape)
        case 10: return .collect
        default: return .compact
        }
    }

    private mutating func content() -> UInt64 { random.next() % 4096 }

    private mutating func operation() -> HistoryOperation {
        let slot = slot(), shape = random.pick(shapes)
        switch random.below(47) {
        case 0..<5: return .write(slot, content: content(), random.pick(HistoryOperation.Manner.allCases))
        case 5, 6: return .redeliver(slot, to: self.slot(), keeps: random.once(in: 2))
        case 7: return .repack(slot)
        case 8: return .touch(slot, backdated: random.once(in: 2))
        case 9, 10: return .grow(slot, content: content())
        case 11: return .truncate(slot, random.next())
        case 12, 13: return .delete(slot)
        case 14: return .restore(slot)
        case 15, 16: return .edit(shape: shape, text: random.below(4))
        case 17..<27: return .run(shape: shape, date: date(), threads: random.once(in: 6) ? 3 : 1)
        case 27..<30: return .work(work(shape))
        case 30..<34: return .crash(work(shape), moment: random.next(), losesPower: random.once(in: 2))
        case 34: return .atOnce(.run(shape: shape, date: date()), work(random.pick(shapes)), seed: random.next())
        case 35:
            return .runMeanwhile(shape: shape, date: date(), moment: random.next(), slot, content: content())
        case 36, 37: return .damage(random.next())
        case 41..<44: return .alter(slot, random.next(), keepsTime: random.once(in: 3))
        case 44: return .forge(shape: shape, random.next())
        case 45, 46: return .verify(shape: shape, date: date())
        case 40: return .merge(random.pick(WindowOperator.allCases))
        case 38: return .spoilOutput(random.next())
        default: return .run(shape: shape, date: date(), threads: 1)
        }
    }
}
