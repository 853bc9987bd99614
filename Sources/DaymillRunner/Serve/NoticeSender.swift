import DaymillCore
import DaymillPipeline
import DaymillProcess
import DaymillState

/// Has notices sent by a process of its own, so that the server stays small and never waits for a mail server.
struct NoticeSender {
    private let setting: ServeLoop.Setting
    private var process: ChildProcess?
    /// After one has failed none is started for a while.
    private var pause = ServePause()

    init(_ setting: ServeLoop.Setting) { self.setting = setting }

    /// Can be read once the process has ended; -1 while there is none.
    var descriptor: Int32 { process?.descriptorOfEnd ?? -1 }

    /// Lets what is due be sent.
    ///
    /// - Parameter next: when a notice is due next, in microseconds since 1970.
    /// - Returns: when to come again; nil: when the process has ended, or something new is to be sent.
    mutating func send(_ next: Int64?) -> Int64? {
        let now = setting.clock.nowMicroseconds
        if process == nil, pause.end(now) == nil, let next, next <= now { start(now) }
        return process == nil ? next.map { max($0, pause.end(now) ?? $0) } : nil
    }

    private mutating func start(_ now: Int64) {
        let command = ChildCommand(
            program: setting.program,
            arguments: ["notices", "--send", "--limit", "1", "--project", setting.project.root],
            environment: setting.environment, log: nil, diesWithUs: false)
        process = try? ChildProcess(command)
        if process == nil { pause.begin(Self.pauseLength, now: now) }
    }

    /// The process has ended.
    mutating func ended() throws {
        if let ending = process?.wait(timeout: nil), ending.code != 0 {
            pause.begin(Self.pauseLength, now: setting.clock.nowMicroseconds)
        }
        process = nil
        try noteUncertain()
    }

    /// Notes what processes that are gone were sending, runs among them: nobody knows whether it arrived.
    func noteUncertain() throws { try setting.state.noteUncertain { ProcessIdentity(of: $0) != nil } }

    private static let pauseLength: Int64 = 30_000_000
}
