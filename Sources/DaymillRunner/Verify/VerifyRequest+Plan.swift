import DaymillColumns
import DaymillConnect
import DaymillCore
import DaymillEngine
import DaymillPipeline

extension VerifyRequest {
    /// What a step's output was made of, provided that it is what it would be made of now.
    ///
    /// - Parameters:
    ///   - inputs: the files that are there.
    ///   - receipt: of the output.
    /// - Throws: `.stale` when definition or inputs are not what they were.
    init(_ definition: StepDefinition, _ date: Day, _ inputs: StepInputs, _ receipt: Receipt) throws {
        let output = definition.outputName(date)
        func stale(_ why: String) -> DaymillError { .stale(output, why, definition.pipeline, date.description) }
        guard receipt.definition == definition.definition(date).text else {
            throw stale("the step's definition has changed")
        }
        guard receipt.output == output else { throw stale("the output's path has changed") }
        let known = Dictionary(receipt.inputs.map { (PathBytes($0.path), $0) }) { first, _ in first }
        // A run of a step that is split by day takes in the files of one date; what has not been taken in does not count.
        let isSplit = definition.step.split == .day
        let files = try inputs.positions(definition.days(date)).compactMap { i -> Input? in
            let file = inputs.files[i]
            guard let then = known[PathBytes(file.path)] else {
                if isSplit { return nil }
                throw stale("\(file.path) has come")
            }
            guard then.bytes == file.bytes else { throw stale("\(file.path) has changed") }
            return Input(file: file.file, day: file.day, content: then.content)
        }
        let there = Set(files.map { PathBytes($0.path) })
        if let gone = receipt.inputs.first(where: { !there.contains(PathBytes($0.path)) }) {
            throw stale("\(gone.path) has gone")
        }
        self.init(
            pipeline: definition.pipeline, step: definition.step.name, date: date.description,
            rollup: definition.step.rollup, source: definition.source, days: definition.days(date), inputs: files,
            badRows: receipt.inputs.reduce(0) { $0 + $1.badRows }, output: output,
            outputPath: definition.output(date), hasHeader: definition.step.header,
            format: definition.step.format)
    }
}
