package import DaymillCore
package import DaymillEngine
package import DaymillPipeline

/// One execution of a pipeline for a date: its steps, one after another.
package struct PipelineRun {
    private let project: Project
    private let pipeline: Pipeline
    private let store: Store?
    private let options: RunOptions

    package init(project: Project, pipeline: Pipeline, store: Store?, options: RunOptions) {
        self.project = project
        self.pipeline = pipeline
        self.store = store
        self.options = options
    }

    /// What a correct pipeline asks for and a run refuses, since it is not there yet.
    package static func refusals(of pipeline: Pipeline) -> [DaymillError] {
        []
    }

    /// Carries out every step.
    ///
    /// - Parameter note: told what became of each step, also of the one that fails.
    /// - Throws: the first step's failure; outputs published before it stay.
    package func run(
        _ date: Day, note: (_ step: String, DateOutcome) -> Void = { _, _ in }
    ) throws -> [StepOutcome] {
        store?.refresh()
        return try pipeline.steps.flatMap { step in
            do {
                let made = try run(step, date)
                for outcome in made { note(step.name, .done(outcome)) }
                return made
            } catch let error as DaymillError {
                note(step.name, .failed(error, on: date))
                throw error
            }
        }
    }

    /// Makes the output of one step.
    func run(_ step: Step, _ date: Day) throws -> [StepOutcome] {
        let session = try StepSession.reading(step, of: pipeline, project, store, options) { $0.days(date) }
        return step.split == .day ? try session.makeSplit(date) : [try session.make(date)]
    }

    /// What every step would do.
    package func plan(_ date: Day) throws -> [StepPlan] {
        store?.refresh()
        return try pipeline.steps.map { try session($0, date).plan(date) }
    }

    private func session(_ step: Step, _ date: Day) throws -> StepSession {
        let definition = StepDefinition(step, of: pipeline, project: project)
        return try StepSession(definition, days: definition.days(date), store: store, options: options)
    }
}
