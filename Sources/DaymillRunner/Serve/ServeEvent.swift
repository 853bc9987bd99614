package import DaymillCore
package import DaymillState

/// What happens while pipelines are served, for logs.
package enum ServeEvent: Sendable {
    case ready(pipelines: Int, schedules: Int)
    case wrong(pipeline: String, String, isKept: Bool)
    case decided(ServeMachine.Decision)
    case triggered(run: String, pipeline: String, String)
    case started(run: String, pipeline: String)
    case adopted(run: String, pipeline: String)
    case fenced(run: String, pipeline: String)
    case finished(RunRecord)
    case failed(run: String, pipeline: String, String)
    case remark(pipeline: String, String)
    case late(pipeline: String, date: Day, String)
    /// Nothing is decided for so many seconds.
    case troubled(DaymillError, seconds: Int)
    /// What could not be noted can be noted again.
    case recovered
    case ended(left: [String])
}
