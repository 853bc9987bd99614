package import DaymillCore
package import DaymillEngine
package import DaymillPipeline

/// Verifies outputs of a pipeline and notes the verdicts.
package struct VerifyRun {
    private let project: Project
    private let pipeline: Pipeline
    private let store: Store
    private let options: VerifyOptions

    package init(project: Project, pipeline: Pipeline, store: Store, options: VerifyOptions) {
        self.project = project
        self.pipeline = pipeline
        self.store = store
        self.options = options
    }

    /// Computes a step's output for a date again and compares. Notes when that was and by which engine, where it is
    /// equal; where it is not, what was noted before is forgotten.
    ///
    /// - Throws: `.notFound` when there is no output or no receipt, `.stale` when inputs or definition are not what they
    ///   were; what reading, computing and noting throw.
    package func verify(_ step: Step, _ date: Day) throws -> Verification {
        let definition = StepDefinition(step, of: pipeline, project: project)
        guard let receipt = try store.receipt(pipeline.name, step.name, definition.key(date)) else {
            throw DaymillError.neverMade(definition.outputName(date), pipeline.name, date.description)
        }
        let days = definition.days(date)
        let inputs = try StepInputs(definition, try StepInputs.list(definition, days: days), days: days, catalog: nil)
        let request = try VerifyRequest(definition, date, inputs, receipt)
        let found = try OutputVerifier(request, options).verify()
        try note(found, definition.key(date))
        return found
    }

    private func note(_ found: Verification, _ key: OutputRecord.Key) throws {
        guard var record = try store.catalog.outputs(of: found.pipeline, found.step)[key] else { return }
        record.verified = found.verdict == .equal ? store.now : nil
        record.verifiedBy = found.verdict == .equal ? found.engine : ""
        try store.note(outputs: [record], found.pipeline, found.step)
    }
}
