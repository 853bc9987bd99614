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
        case .count(let partial), .distinct(let partial): list.counts(range, partial, into: vector)
        case .average(let partial, let present, let scale):
            list.averages(range, partial, present: present, scale: scale, into: vector)
        case .extreme(let partial, let present): list.extremes(range, partial, present: present, into: vector)
        case .extremeBy(let partial): fillBy(vector, range, partial, aggregate)
        case .moment(let sum, let squares, let present, let scale):
            list.moments(
                range, sum: sum, squares: squares, present: present, scale: scale, MomentResult(aggregate.function),
                into: vector)
        case .pairs(let position, let scale): try fillFromPairs(vector, range, position, scale, aggregate)
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

    /// min_by, max_by: the second part of an encoding.
    private func fillBy(_ vector: Vector, _ range: Range<Int>, _ partial: Int, _ aggregate: Rollup.Aggregate) {
        let forms = [aggregate.by!.type, aggregate.type].map { vectorForm(of: $0) }
        let texts = Vector(.text, capacity: range.count), by = Vector(forms[0], capacity: range.count)
        list.encodings(range, partial, into: texts)
        KeyCodec(forms, allowsBareText: false).decode(texts: texts, into: [by, vector], arena: arena)
    }

    private func fillFromPairs(
        _ vector: Vector, _ range: Range<Int>, _ position: Int, _ scale: Int, _ aggregate: Rollup.Aggregate
    ) throws {
        let pairs = result.pairs[position]!, stretch = result.plan.aggregates.pairs[position].partial
        let fraction = aggregate.fraction ?? 0, descending = aggregate.descending
        switch aggregate.function {
        case .percentileDisc:
            pairs.discretePercentiles(
                list, range, stretch: stretch, fraction, descending: descending, into: vector, arena: arena)
        case .percentileCont:
            pairs.continuousPercentiles(
                list, range, stretch: stretch, fraction, descending: descending, scale: scale, into: vector)
        case .mode: pairs.modes(list, range, stretch: stretch, descending: descending, into: vector, arena: arena)
        case .approxPercentile: pairs.bucketPercentiles(list, range, stretch: stretch, fraction, into: vector)
        case .approxCountDistinct: pairs.estimates(list, range, stretch: stretch, into: vector)
        case .avg: pairs.distinctAverages(list, range, stretch: stretch, scale: scale, into: vector)
        default:
            guard pairs.distinctSums(list, range, stretch: stretch, into: vector) else { throw ResultReader.tooLarge }
        }
    }

    private static var tooLarge: DaymillError {
        DaymillError(
            .evaluation, "a sum does not fit a decimal of 38 digits", hint: "sum fewer digits, or cast to double first")
    }
}

extension MomentResult {
    fileprivate init(_ function: AggregateFunction) {
        self.init(
            isSample: function == .stddevSamp || function == .varSamp,
            isRoot: function == .stddevSamp || function == .stddevPop)
    }
}
