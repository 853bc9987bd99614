import DaymillCore
import DaymillNotify
import DaymillPipeline
import DaymillRunner
import DaymillState
import DaymillWeb
import Foundation

/// Answers what is asked of a server over HTTP.
struct WebDesk {
    private let loop: ServeLoop
    private let board: ServeBoard
    private let mail: Mailbox<ServeLoop.Letter>
    private let project: Project
    private let state: StateDatabase

    init(_ loop: ServeLoop, _ project: Project, _ state: StateDatabase) {
        (self.loop, board, mail) = (loop, loop.board, loop.mail)
        (self.project, self.state) = (project, state)
    }

    func server(port: Int) throws -> WebServer {
        let (board, mail, project, state) = (board, mail, project, state)
        return try WebServer(
            host: "127.0.0.1", port: port,
            questions: WebQuestions(
                metrics: { board.metrics }, isReady: { board.whyNotReady },
                trigger: { WebDesk.answer($0, board, mail, project, state) }, status: { board.status }))
    }

    /// Queues a run that somebody wants. Whether a pipeline is there is told to those only who have its token.
    private static func answer(
        _ trigger: WebTrigger, _ board: ServeBoard, _ mail: Mailbox<ServeLoop.Letter>, _ project: Project,
        _ state: StateDatabase
    ) -> WebAnswer {
        if let reason = board.whyNotReady { return .busy(reason) }
        let environment = ProcessInfo.processInfo.environment
        guard let pipeline = board.pipeline(trigger.pipeline), let secret = pipeline.triggers.httpToken,
            let token = try? Secrets.reveal(secret, project, environment),
            let given = trigger.token, isSame(given, token)
        else { return .forbidden }
        do {
            let today = pipeline.timezone.today(.system)
            let date = try trigger.date.map { try Day.parse($0, today: today) } ?? today
            let applied = try pipeline.applying(trigger.params)
            try GraphCommand.checkParams(applied)
            guard let key = trigger.idempotencyKey else {
                let run = try state.queue(
                    pipeline.name, date: date.description, params: trigger.params, cause: "http")
                mail.put(.queued(run))
                return .accepted(run: run.id)
            }
            let (run, isNew) = try state.queueOnce(
                pipeline.name, date: date.description, params: trigger.params, cause: "http, key \(key)")
            guard isNew else { return .duplicate(run: run.id) }
            mail.put(.queued(run))
            return .accepted(run: run.id)
        } catch let problem as TextProblem {
            return .refused("date: \(problem.message)")
        } catch {
            return .refused(Failure(error).errors.map(\.description).joined(separator: "; "))
        }
    }

    /// Compares in a time that does not tell how much of it is right.
    private static func isSame(_ a: String, _ b: String) -> Bool {
        let (a, b) = (Array(a.utf8), Array(b.utf8))
        guard a.count == b.count else { return false }
        return zip(a, b).reduce(0) { $0 | ($1.0 ^ $1.1) } == 0
    }
}
