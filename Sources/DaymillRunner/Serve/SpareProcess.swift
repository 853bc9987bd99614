import DaymillCore
import DaymillPipeline
import DaymillProcess

/// A process that was started a moment before a schedule's next start, and waits to be told which run it is: a new process takes
/// longer to begin than all that follows until the first step.
struct SpareProcess {
    /// How long before the start, in microseconds.
    static let lead: Int64 = 500_000

    private let setting: ServeLoop.Setting
    private var child: ChildProcess?
    /// What it is for.
    private var pipeline = "", start: Int64 = 0

    init(_ setting: ServeLoop.Setting) { self.setting = setting }

    /// When one is to be started for a moment, in microseconds since 1970; nil: it is there, or there is no time for it.
    func moment(before start: Int64?) -> Int64? {
        guard let start, child == nil, start - SpareProcess.lead > setting.clock.nowMicroseconds else { return nil }
        return start - SpareProcess.lead
    }

    /// Starts one where the moment has come, and ends one that was for another moment: a file was edited, a pipeline paused, the
    /// clock set. Without one the run's process starts when it is its turn.
    mutating func prepare(for pipeline: String, start: Int64) {
        let now = setting.clock.nowMicroseconds
        if (self.pipeline, self.start) != (pipeline, start) { drop() }
        guard child == nil, start - SpareProcess.lead <= now, now < start else { return }
        let command = ChildCommand(
            program: setting.program,
            arguments: ["work", "--stand-by", pipeline, "--project", setting.project.root],
            environment: setting.environment, log: nil, diesWithUs: false, listens: true)
        child = try? ChildProcess(command)
        (self.pipeline, self.start) = (pipeline, start)
    }

    /// The process, which then has the run; nil: none was there for this pipeline.
    mutating func take(_ run: String, of pipeline: String) -> ChildProcess? {
        guard let spare = child, self.pipeline == pipeline, spare.tell(run) else { return nil }
        child = nil
        return spare
    }

    /// Ends one that nobody needed.
    mutating func drop() {
        guard let spare = child else { return }
        // It has done nothing that would have to end in order.
        killGroup(spare.number)
        _ = spare.wait(timeout: nil)
        child = nil
    }
}
