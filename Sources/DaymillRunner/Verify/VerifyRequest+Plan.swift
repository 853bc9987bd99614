import DaymillColumns
import DaymillCore
package import DaymillEngine
package import DaymillPipeline

extension VerifyRequest {
    /// What a step's output was made of, provided that it is what it would be made of now.
    ///
    /// - Parameters:
    ///   - plan: what a run for the date would do.
    ///   - receipt: of the output.
    /// - Throws: `.stale` when definition or inputs are not what they were.
    package init(_ plan: StepPlan, _ receipt: Receipt, project: Project) throws {
        let date = plan.date.description, output = plan.outputName
        func stale(_ why: String) -> DaymillError { .stale(output, why, plan.pipeline, date) }
        guard receipt.definition == plan.definition.definition(plan.date).text else { throw stale("the step's definition has changed") }
        guard receipt.output == output else { throw stale("the output's path has changed") }
        let contents = VerifyRequest.contents(receipt)
        let inputs = try plan.files.map { file -> Input in
            guard let content = contents[Array(file.path.utf8)] else { throw stale("\(file.path) has come") }
            guard content.bytes == file.bytes else { throw stale("\(file.path) has changed") }
            return Input(file: file.file, day: file.day, content: content.content)
        }
        let there = Set(inputs.map { Array($0.path.utf8) })
        if let gone = receipt.inputs.first(where: { !there.contains(Array($0.path.utf8)) }) {
            throw stale("\(gone.path) has gone")
        }
        self.init(
            pipeline: plan.pipeline, step: plan.step.name, date: date, rollup: plan.step.rollup, source: plan.source,
            days: plan.days, inputs: inputs, badRows: receipt.inputs.reduce(0) { $0 + $1.badRows }, output: output,
            outputPath: project.path(output), hasHeader: plan.step.header)
    }

    /// By the path's bytes.
    private static func contents(_ receipt: Receipt) -> [[UInt8]: Receipt.Input] {
        Dictionary(receipt.inputs.map { (Array($0.path.utf8), $0) }) { first, _ in first }
    }
}
