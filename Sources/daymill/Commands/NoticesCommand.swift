import ArgumentParser
import DaymillCore
import DaymillNotify
import DaymillPipeline
import DaymillRunner
import DaymillState
import Foundation

/// `daymill notices`.
struct NoticesCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "notices", abstract: "List what people were told, the newest first, and what waits to be sent.")

    @OptionGroup var projectOptions: ProjectOptions

    @Option(name: [.customShort("n"), .long], help: "At most so many.")
    var limit = 20

    @Flag(help: "Send what is due now, as 'serve' does.")
    var send = false

    @Flag(help: "Print one JSON object.")
    var json = false

    func run() throws {
        let project = try projectOptions.project(for: nil)
        guard let history = try RunHistory.open(projectOptions) else { return try Output.line("no notices yet") }
        if send {
            try Outbox(
                project: project, state: history, courier: Courier(), clock: .system,
                environment: ProcessInfo.processInfo.environment
            ).send()
        }
        let notices = try history.notices(limit: limit)
        if json { return try Output.line(try Output.json(["notices": notices.map(Shown.init)])) }
        guard !notices.isEmpty else { return try Output.line("no notices yet") }
        for notice in notices {
            let times = notice.attempts > 1 ? " after \(notice.attempts) sendings" : ""
            let answer = notice.answer.isEmpty ? "" : ": \(notice.answer)"
            try Output.line(
                "\(Words.time(notice.created))  \(notice.channel)  \(notice.state.rawValue)\(times)  \(notice.subject)\(answer)"
            )
        }
    }
}

extension NoticesCommand {
    /// A notice for programs.
    private struct Shown: Encodable {
        var id: String
        var pipeline: String
        var run: String?
        var kind: String
        var channel: String
        var subject: String
        var text: String
        var fields: [[String]]
        var state: NoticeRecord.State
        var attempts: Int
        /// When it is sent next; nil where it is not sent any more.
        var next: String?
        var created: String
        var ended: String?
        var answer: String

        init(_ notice: NoticeRecord) {
            (id, pipeline, run, kind) = (notice.id, notice.pipeline, notice.run, notice.kind)
            (channel, subject, text, fields) = (notice.channel, notice.subject, notice.text, notice.fields)
            (state, attempts, answer) = (notice.state, notice.attempts, notice.answer)
            (created, ended) = (Words.exactTime(notice.created), notice.ended.map(Words.exactTime))
            next = notice.ended == nil ? Words.exactTime(notice.next) : nil
        }
    }
}

/// `daymill notify`.
struct NotifyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "notify", abstract: "Try a channel.", subcommands: [Test.self])

    /// `daymill notify test`.
    struct Test: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "test", abstract: "Send a message over a channel of daymill.yaml, now.")

        @Argument(help: "The name of the channel.")
        var channel: String

        @OptionGroup var projectOptions: ProjectOptions

        func run() throws {
            let project = try projectOptions.project(for: nil)
            let way = try Channels.channel(channel, of: project, ProcessInfo.processInfo.environment)
            let now = WallClock.system.nowMicroseconds
            let message = Message(
                id: "test/\(channel)/\(now)", subject: "A message of daymill to try '\(channel)'",
                text: "If you read this, the channel '\(channel)' works.", createdMicroseconds: now)
            switch Courier().deliver(message, over: way) {
            case .delivered(let answer): try Output.line("\(channel): delivered, \(answer)")
            case .refused(let text), .failed(let text, _):
                throw DaymillError(.stepFailed, "\(channel): not delivered: \(text)")
            case .uncertain(let text):
                throw DaymillError(.stepFailed, "\(channel): it may have arrived or not: \(text)")
            }
        }
    }
}
