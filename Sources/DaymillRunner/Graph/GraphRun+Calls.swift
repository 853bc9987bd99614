import DaymillCore
import DaymillHTTP
import DaymillPipeline
import DaymillSQL
import Foundation
import Synchronization

extension GraphRun {
    /// Calls an address once.
    func call(_ work: CallWork, _ attempt: Attempt) -> AttemptResult {
        let stop = TransferStop(), flag = StopFlag()
        self.stop(attempt.unit) {
            flag.isSet.store(true, ordering: .relaxed)
            stop.stop()
        }
        return call(work, attempt, stop, flag)
    }

    /// Calls an address, until somebody sets the flag and then the stop.
    func call(_ work: CallWork, _ attempt: Attempt, _ stop: TransferStop, _ flag: StopFlag) -> AttemptResult {
        let service: HTTPService?
        do { service = try work.connection.map(connections.service) } catch {
            attempt.say("\(error)")
            return .failure(error)
        }
        let usual = work.timeout ?? work.connection.flatMap(connections.timeout) ?? .seconds(60)
        let limit = min(usual, attempt.node.control.timeout ?? usual)
        let request = HTTPRequest(
            method: work.method, url: attempt.text(work.url, spelt: work.url.isOneValue ? { $0 } : GraphRun.inURL),
            headers: work.headers.map { ($0.name, attempt.text($0.value)) },
            body: work.body.map { Array(attempt.text($0, spelt: work.isJSON ? JSONAnswer.inside : { $0 }).utf8) },
            timeoutSeconds: limit.seconds,
            connectTimeoutSeconds: min(limit.seconds, 30), responseBytesMax: Limits.answerBytesMax,
            followsRedirects: true)
        attempt.say("\(work.method) \(work.place)")
        do throws(HTTPFailure) {
            let transport = CurlTransport(stop: stop)
            let response: HTTPResponse
            if let service {
                response = try service.send(request, over: transport)
            } else {
                response = try transport.send(request)
            }
            attempt.say("\(response.status), \(ByteCount(response.body.count))")
            return result(response, work, attempt) { service?.masked($0) ?? $0 }
        } catch {
            if flag.isSet.load(ordering: .relaxed) { return .stopped }
            let reason = (work.connection.map { "connection '\($0)': " } ?? "") + GraphRun.words(error)
            attempt.say(reason)
            return .failure(.stepFailed, reason)
        }
    }

    /// - Parameter masked: a text without the secrets of its connection, which a server may have said back.
    private func result(
        _ response: HTTPResponse, _ work: CallWork, _ attempt: Attempt, masked: (String) -> String
    ) -> AttemptResult {
        var facts = ["status": "\(response.status)", "bytes": "\(response.body.count)"]
        guard work.expected.contains(where: { $0.contains(response.status) }) else {
            let text = masked(String(response.text.prefix(65_536)))
            let said = String(text.prefix(200)).split(whereSeparator: \.isNewline).joined(separator: " ")
            let problem = RunProblem(
                code: ErrorCode.stepFailed.rawValue,
                message: "it answered \(response.status)" + (said.isEmpty ? "" : ": \(said)"),
                retryAfter: retryAfter(response))
            return .failed(problem, facts: facts)
        }
        guard !work.captures.isEmpty else { return .succeeded(facts: facts) }
        guard let json = JSONAnswer(response.body) else {
            return .failure(.stepFailed, "its answer is no JSON, and facts are captured from it", facts: facts)
        }
        for capture in work.captures {
            guard let found = json.value(at: capture.path) else {
                return .failure(.stepFailed, "its answer has nothing at '\(capture.path)'", facts: facts)
            }
            guard let text = found.text.map(capture.fact.type == .text ? masked : { $0 }) else { continue }
            guard FactValues.isValue(text, of: capture.fact) else {
                return .failure(
                    .stepFailed,
                    "'\(capture.path)' of its answer is '\(masked(text).prefix(80))', which is no \(capture.fact.type)",
                    facts: facts)
            }
            facts[capture.fact.name] = text
        }
        return .succeeded(facts: facts)
    }

    /// How long a server that has too much to do wants to be left alone.
    private func retryAfter(_ response: HTTPResponse) -> Duration? {
        guard response.status == 429 || response.status == 503 else { return nil }
        let now = setting.options.clock.nowMicroseconds
        return RetryAfter.seconds(response.header("Retry-After"), nowMicroseconds: now).map { .seconds($0) }
    }

    /// As it stands in an address, where it can neither end a part nor begin another one.
    private static func inURL(_ text: String) -> String {
        text.addingPercentEncoding(withAllowedCharacters: .alphanumerics.union(CharacterSet(charactersIn: "-._~")))
            ?? ""
    }

    private static func words(_ failure: HTTPFailure) -> String {
        switch failure {
        case .invalid(let text), .untrusted(let text), .notSent(let text): text
        case .uncertain(let text): "\(text); it may have been received"
        case .tooLong: "its answer is longer than \(ByteCount(Limits.answerBytesMax))"
        }
    }
}

/// Whether somebody ended a call.
final class StopFlag: Sendable {
    let isSet = Atomic(false)
}
