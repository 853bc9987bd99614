import DaymillCore
import DaymillPipeline
import DaymillProcess

/// Has notices sent by a process of its own, so that the server stays small and never waits for a mail server.
struct NoticeSender {
    private let setting: ServeLoop.Setting
    private var process: ChildProcess?
    /// Where one has failed, none is started before, in microseconds since 1970.
    private var pauseEnds: Int64 = 0

    init(_ setting: ServeLoop.Setting) { self.setting = setting }

    /// Can be read once the process has ended; -1 while there is none.
    var descriptor: Int32 { process?.descriptorOfEnd ?? -1 }

    /// Lets what is due be sent.
    ///
    /// - Parameter next: when a notice is due next, in microseconds since 1970.
    /// - Returns: when to come again; nil: when the process has ended, or something new is to be sent.
    mutating func send(_ next: Int64?) -> Int64? {
        let now = setting.clock.nowMicroseconds
        if process == nil, pauseEnds <= now, let next, next <= now { start(now) }
        return process == nil ? next.map { max($0, pauseEnds) } : nil
    }

    private mutating func start(_ now: Int64) {
        let command = ChildCommand(
            program: setting.program,
            arguments: ["notices", "--send", "--limit", "1", "--project", setting.project.root],
            environment: setting.environment, log: nil, diesWithUs: false)
        process = try? ChildProcess(command)
        if process == nil { pause(now) }
    }

    /// The process has ended.
    mutating func ended() {
        if let ending = process?.wait(timeout: nil), ending.code != 0 { pause(setting.clock.nowMicroseconds) }
        process = nil
    }

    private mutating func pause(_ now: Int64) { pauseEnds = now + 30_000_000 }
}
