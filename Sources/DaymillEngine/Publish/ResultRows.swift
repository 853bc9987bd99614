import DaymillColumns
import DaymillCore
import DaymillSQL

/// Reads groups in batches as vectors of keys, aggregates and outputs. One per thread.
final class ResultReader {
    private let result: WindowResult
    private let list: GroupList
    private let program: ExpressionProgram
    private let codec: KeyCodec
    private let keys: [Vector]
    private let aggregates: [Vector]
    private let scratch = KeyBatch(capacity: WindowResult.batch)
    private let arena = TextArena()

    init(_ result: WindowResult, _ list: GroupList, _ expressions: [Expression]) {
        self.result = result
        self.list = list
        program = ExpressionProgram(expressions, batchCapacity: WindowResult.batch)
        codec = result.codec
        let rollup = result.plan.rollup
        keys = rollup.keys.map { Vector(vectorForm(of: $0.type), capacity: WindowResult.batch) }
        aggregates = rollup.aggregates.map { Vector(vectorForm(of: $0.type), capacity: WindowResult.batch) }
    }

    /// The expressions over a range of groups (at most a batch), each in turn handed to `use`.
    func read(_ range: Range<Int>) throws -> [Vector] {
        arena.reset()
        list.keys(range, codec: codec, into: keys, scratch: scratch, arena: arena)
        for i in aggregates.indices { try fill(aggregates[i], range, i) }
        program.begin(EvaluationInput(columns: [], keys: keys, aggregates: aggregates, count: range.count))
        do { return try (0..<program.count).map { try program.evaluate($0) } } catch let failure as EvaluationFailure {
            throw failure.error
        }
    }

    private func fill(_ vector: Vector, _ range: Range<Int>, _ i: Int) throws {
        let aggregate = result.plan.rollup.aggregates[i]
        switch result.plan.aggregates.results[i] {
        case .count(let partial), .distinct(let partial, _): list.counts(range, partial, into: vector)
        case .average(let partial, let present, let scale):
            list.averages(range, partial, present: present, scale: scale, into: vector)
        case .extreme(let partial, let present): list.extremes(range, partial, present: present, into: vector)
        case .sum(let partial, let present):
            switch aggregate.argument!.type {
            case .double: list.sumsDouble(range, partial, present: present, into: vector)
            case .decimal:
                guard list.sumsInt128(range, partial, present: present, into: vector) else {
                    throw ResultReader.tooLarge
                }
            default: list.sumsInt64(range, partial, present: present, into: vector)
            }
        }
    }

    private static var tooLarge: DaymillError {
        DaymillError(
            .evaluation, "a sum does not fit a decimal of 38 digits", hint: "sum fewer digits, or cast to double first")
    }
}
