import DaymillColumns
import DaymillCore
import DaymillHTTP
import DaymillNotify
import DaymillPipeline
import DaymillRunner
import DaymillState
import Foundation

/// The project: history, server, pipelines, connections, channels.
extension Doctor {
    mutating func lookAtHistory() {
        look("history") { doctor in
            let path = RunJournal.path(doctor.project)
            guard try FileDoor.stamp(of: path) != nil else { return .ok("nothing was run yet") }
            if let problem = try StateDatabase(path, clock: .system).damage() {
                throw DaymillError(
                    .storeDamaged, "\(path) is damaged: \(problem)",
                    hint: "move it away: only the history of runs is in it")
            }
            return .ok("\(path) is sound")
        }
        look("server") { doctor in
            let server = ServeLock.server(doctor.project)
            return .ok(server.map { "process \($0) serves this project" } ?? "nothing serves this project")
        }
    }

    /// - Returns: those that are right.
    mutating func lookAtPipelines() -> [Pipeline] {
        var sound: [Pipeline] = []
        for name in Pipeline.names(in: project.root) {
            look("pipeline \(name)") { doctor in
                let pipeline = try Pipeline.load(name, in: doctor.project)
                sound.append(pipeline)
                let missing = Secrets.problems(of: pipeline, doctor.project, doctor.environment)
                if !missing.isEmpty { throw DaymillErrors(missing) }
                return .ok(pipeline.schedule.map { "starts \($0), \(pipeline.timezone)" } ?? "starts by hand")
            }
        }
        return sound
    }

    mutating func lookAtConnections() {
        let connections = Connections(of: project, environment, clock: clock)
        for connection in project.connections {
            look("connection \(connection.name)") { doctor in
                switch connection.kind {
                case .http(let http): try doctor.ask(http, try connections.service(connection.name))
                }
            }
        }
    }

    /// Asks a server for its test path.
    private func ask(_ http: HTTPDefinition, _ service: HTTPService) throws -> Answer {
        let limit = min(http.timeout ?? .seconds(10), .seconds(10)).seconds
        let request = HTTPRequest(
            url: http.test ?? "", timeoutSeconds: limit, connectTimeoutSeconds: limit,
            responseBytesMax: Limits.answerBytesMax, followsRedirects: true)
        let start = ContinuousClock.now
        let status: Int
        do throws(HTTPFailure) { status = try service.send(request, over: CurlTransport()).status } catch {
            switch error {
            case .tooLong(let code, _): status = code
            case .uncertain(let text):
                throw DaymillError(
                    .stepFailed, text, hint: "see how the server fares, or whether it needs more 'timeout'")
            case .invalid(let text), .untrusted(let text), .notSent(let text): throw DaymillError(.stepFailed, text)
            }
        }
        let took = DurationText.human(ContinuousClock.now - start)
        switch status {
        case 200...399: return .ok("answered \(status) in \(took)")
        case 401, 403, 407:
            let isKnown =
                http.login != nil || http.headers.values.contains { if case .secret = $0 { true } else { false } }
            throw DaymillError(
                .stepFailed, "answered \(status)",
                hint: isKnown
                    ? "see whether the secret is still good, and may do this" : "say who we are with 'auth'")
        case 400..<500 where http.test == nil:
            return .ok("answered \(status) in \(took); 'test' names a path that is answered better")
        case 400..<500:
            throw DaymillError(.stepFailed, "answered \(status)", hint: "see whether 'url' and 'test' are right")
        default: throw DaymillError(.stepFailed, "answered \(status)", hint: "the server has troubles of its own")
        }
    }

    mutating func lookAtChannels(sends: Bool) {
        for channel in project.channels {
            look("channel \(channel.name)") { doctor in try doctor.look(at: channel.name, sends: sends) }
        }
    }

    private func look(at name: String, sends: Bool) throws -> Answer {
        let channel = try Channels.channel(name, of: project, environment)
        guard sends else { return .ok("its secrets are there; --send tries it") }
        let now = clock.nowMicroseconds
        let message = Message(
            id: "doctor/\(name)/\(now)", subject: "A message of daymill doctor",
            text: "If you read this, the channel '\(name)' works.", createdMicroseconds: now)
        switch Courier().deliver(message, over: channel) {
        case .delivered(let answer): return .ok("delivered, \(answer)")
        case .refused(let text), .failed(let text, _): throw DaymillError(.stepFailed, "not delivered: \(text)")
        case .uncertain(let text): throw DaymillError(.stepFailed, "it may have arrived or not: \(text)")
        }
    }
}
