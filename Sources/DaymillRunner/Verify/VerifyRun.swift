package import DaymillCore
package import DaymillEngine
package import DaymillPipeline

/// Verifies outputs of a pipeline and notes the verdict.
package struct VerifyRun {
    private let project: Project
    private let pipeline: Pipeline
    private let store: Store
    private let options: VerifyOptions
    private let record: (VerifyRecord) throws -> Void

    /// - Parameter record: notes a verdict.
    package init(
        project: Project, pipeline: Pipeline, store: Store, options: VerifyOptions,
        record: @escaping (VerifyRecord) throws -> Void = { _ in }
    ) {
        self.project = project
        self.pipeline = pipeline
        self.store = store
        self.options = options
        self.record = record
    }

    /// Computes a step's output for a date again and compares.
    ///
    /// - Throws: `.notFound` when there is no output or no receipt, `.stale` when inputs or definition are not what they
    ///   were; what reading, computing and recording throw.
    package func verify(_ step: Step, _ date: Day) throws -> Verification {
        guard let receipt = try store.receipt(pipeline.name, step.name, date.description) else {
            throw DaymillError.neverMade(step.to.render(for: date), pipeline.name, date.description)
        }
        let definition = StepDefinition(step, of: pipeline, project: project)
        let session = try StepSession(
            definition, days: definition.days(date), store: store, options: RunOptions(threads: options.threads))
        let plan = try session.plan(date)
        let request = try VerifyRequest(plan, receipt, project: project)
        let found = try OutputVerifier(request, options).verify()
        let record = found.record(at: store.now)
        try self.record(record)
        if var output = session.outputs[definition.key(date)], record.verdict == .equal {
            (output.verified, output.verifiedBy) = (record.verified, record.verifiedBy)
            try store.note(outputs: [output], pipeline.name, step.name)
        }
        return found
    }
}
