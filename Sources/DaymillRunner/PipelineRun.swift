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

    /// Carries out every step.
    ///
    /// - Throws: the first step's failure; outputs published before it stay.
    package func run(_ date: Day) throws -> [StepOutcome] {
        let planner = Planner(project: project, store: store)
        return try pipeline.steps.map { step in
            let plan = try planner.plan(step, of: pipeline, date: date)
            return try StepRun(plan, project: project, store: store, options: options).run()
        }
    }

    /// What every step would do.
    package func plan(_ date: Day) throws -> [StepPlan] {
        let planner = Planner(project: project, store: store)
        return try pipeline.steps.map { try planner.plan($0, of: pipeline, date: date) }
    }
}
