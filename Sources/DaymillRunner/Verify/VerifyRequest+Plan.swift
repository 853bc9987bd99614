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
        let present = Set(inputs.files.map { PathBytes($0.path) })
        var moved = receipt.inputs.filter { !present.contains(PathBytes($0.path)) }
        // A run of a step that is split by day takes in the files of one date; what has not been taken in does not count.
        let isSplit = definition.step.split == .day
        let files = try inputs.positions(definition.days(date)).compactMap { i -> Input? in
            let file = inputs.files[i]
            guard let then = known[PathBytes(file.path)] else {
                if isSplit { return nil }
                if let place = try moved.firstIndex(where: { try $0.isHeld(by: file) }) {
                    return Input(file: file.file, day: file.day, content: moved.remove(at: place).content)
                }
                throw stale("\(file.path) has come")
            }
            guard then.bytes == file.bytes else { throw stale("\(file.path) has changed") }
            return Input(file: file.file, day: file.day, content: then.content)
        }
        if let gone = moved.first { throw stale("\(gone.path) has gone") }
        self.init(
            pipeline: definition.pipeline, step: definition.step.name, date: date.description,
            rollup: definition.step.rollup, source: definition.source, days: definition.days(date), inputs: files,
            badRows: receipt.inputs.reduce(0) { $0 + $1.badRows }, output: output,
            outputPath: definition.output(date), hasHeader: definition.step.header,
            format: definition.step.format)
    }
}

extension Receipt.Input {
    /// Whether a file holds it under another name: what an output is made of does not depend on names, but on days.
    fileprivate func isHeld(by file: StepPlan.File) throws -> Bool {
        guard bytes == file.bytes, day == file.day?.description else { return false }
        return try file.file.contentID(threads: 1).text == content
    }
}
