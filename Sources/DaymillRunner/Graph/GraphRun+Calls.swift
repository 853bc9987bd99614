import DaymillCore
import DaymillHTTP
import DaymillPipeline
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
        let limit = min(work.timeout, attempt.node.control.timeout ?? work.timeout)
        let request = HTTPRequest(
            method: work.method, url: attempt.text(work.url, spelt: work.url.isOneValue ? { $0 } : GraphRun.inURL),
            headers: work.headers.map { ($0.name, attempt.text($0.value)) },
            body: work.body.map { Array(attempt.text($0, spelt: work.isJSON ? JSONAnswer.inside : { $0 }).utf8) },
            timeoutSeconds: limit.seconds,
            connectTimeoutSeconds: min(limit.seconds, 30), responseBytesMax: Limits.answerBytesMax,
            followsRedirects: true)
        attempt.say("\(work.method) \(work.url.text)")
        do {
            let response = try CurlTransport(stop: stop).send(request)
            attempt.say("\(response.status), \(ByteCount(response.body.count))")
            return result(response, work, attempt)
        } catch {
            if flag.isSet.load(ordering: .relaxed) { return .stopped }
            let reason = GraphRun.words(error)
            attempt.say(reason)
            return .failure(.stepFailed, reason)
        }
    }

    private func result(_ response: HTTPResponse, _ work: CallWork, _ attempt: Attempt) -> AttemptResult {
        var facts = ["status": "\(response.status)", "bytes": "\(response.body.count)"]
        guard work.expected.contains(where: { $0.contains(response.status) }) else {
            let said = String(response.text.prefix(200)).split(whereSeparator: \.isNewline).joined(separator: " ")
            return .failure(
                .stepFailed, "it answered \(response.status)" + (said.isEmpty ? "" : ": \(said)"), facts: facts)
        }
        guard !work.captures.isEmpty else { return .succeeded(facts: facts) }
        guard let json = JSONAnswer(response.body) else {
            return .failure(.stepFailed, "its answer is no JSON, and facts are captured from it", facts: facts)
        }
        for capture in work.captures {
            guard let found = json.value(at: capture.path) else {
                return .failure(.stepFailed, "its answer has nothing at '\(capture.path)'", facts: facts)
            }
            guard let text = found.text else { continue }
            guard FactValues.isValue(text, of: capture.fact) else {
                return .failure(
                    .stepFailed,
                    "'\(capture.path)' of its answer is '\(text.prefix(80))', which is no \(capture.fact.type)",
                    facts: facts)
            }
            facts[capture.fact.name] = text
        }
        return .succeeded(facts: facts)
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
