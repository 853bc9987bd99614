package import DaymillCore
package import DaymillNotify
package import DaymillPipeline
package import DaymillState
import Foundation

/// Sends what waits in the outbox, each message once.
///
/// That a message is being sent is noted before; what became of it afterwards. Whoever dies in between leaves one of which nobody
/// knows whether it arrived, and it is marked so and not sent again.
package struct Outbox {
    private let project: Project
    private let state: StateDatabase
    private let courier: Courier
    private let clock: WallClock
    private let environment: [String: String]

    package init(
        project: Project, state: StateDatabase, courier: Courier, clock: WallClock, environment: [String: String]
    ) {
        (self.project, self.state, self.courier) = (project, state, courier)
        (self.clock, self.environment) = (clock, environment)
    }

    /// More messages than these to one channel at once become one that lists them.
    package static let digestFrom = 4
    /// After so many sendings that surely did not arrive a message is given up; with these pauses that is a day and a third.
    package static let attemptsMax = 20

    /// Sends what is due.
    ///
    /// - Returns: how many messages were settled.
    @discardableResult
    package func send() throws -> Int {
        try state.noteUncertain { number in
            ProcessIdentity(of: number) != nil && number != ProcessIdentity.current.number
        }
        let due = try state.takeNotices()
        var count = 0
        for (name, notices) in Dictionary(grouping: due, by: \.channel).sorted(by: { $0.key < $1.key }) {
            let groups = notices.count >= Outbox.digestFrom ? [notices] : notices.map { [$0] }
            for group in groups { count += try send(group, over: name) ? group.count : 0 }
        }
        return count
    }

    private func send(_ notices: [NoticeRecord], over name: String) throws -> Bool {
        let delivery: Delivery
        do {
            let channel = try Channels.channel(name, of: project, environment)
            delivery = courier.deliver(Outbox.message(notices), over: channel)
        } catch let error as DaymillError {
            // Somebody may set the variable, or bring the channel back.
            delivery = .failed("\(error)", retryAfterSeconds: nil)
        }
        let ids = notices.map(\.id)
        switch delivery {
        case .delivered(let answer): try state.settle(ids, .sent, answer: answer)
        case .refused(let answer): try state.settle(ids, .failed, answer: answer)
        case .uncertain(let answer): try state.settle(ids, .uncertain, answer: answer)
        case .failed(let answer, let after):
            for notice in notices {
                let attempt = notice.attempts + 1
                guard attempt < Outbox.attemptsMax else {
                    try state.settle([notice.id], .failed, answer: "given up after \(attempt) sendings: \(answer)")
                    continue
                }
                let pause = max(after ?? 0, Outbox.pause(afterAttempt: attempt))
                try state.settle(
                    [notice.id], .waiting, answer: answer, next: clock.nowMicroseconds + Int64(pause * 1e6))
            }
            return false
        }
        return true
    }

    /// Seconds: 10, 20, 40 and so on, at most three hours.
    static func pause(afterAttempt attempt: Int) -> Double { min(10_800, 10 * Double(1 << min(attempt - 1, 20))) }

    /// One message, or one that lists several.
    static func message(_ notices: [NoticeRecord]) -> Message {
        guard let first = notices.first, notices.count > 1 else {
            let notice = notices[0]
            return Message(
                id: notice.id, subject: notice.subject, text: notice.text,
                fields: notice.fields.map { (name: $0.first ?? "", value: $0.last ?? "") },
                createdMicroseconds: notice.created)
        }
        let kinds = Dictionary(grouping: notices, by: \.kind).sorted { $0.key < $1.key }
            .map { "\($0.value.count) \($0.key)" }.joined(separator: ", ")
        let lines = notices.prefix(100).map { "- \($0.subject)" }
        let rest = notices.count > 100 ? ["- and \(notices.count - 100) more"] : []
        return Message(
            id: "digest/\(first.id)/\(notices.count)", subject: "\(notices.count) notices: \(kinds)",
            text: (lines + rest).joined(separator: "\n") + "\n\nAll of them: daymill notices",
            createdMicroseconds: first.created)
    }
}

/// Channels with their secrets.
package enum Channels {
    /// A channel of a project, ready to be used.
    ///
    /// - Throws: `.notFound` when there is none of that name or a secret is not there.
    package static func channel(
        _ name: String, of project: Project, _ environment: [String: String]
    ) throws -> Channel {
        guard let definition = project.channels.first(where: { $0.name == name }) else {
            let names = project.channels.map(\.name)
            throw DaymillError(
                .notFound, "there is no channel '\(name)'",
                hint: nearestWord(to: name, in: names).map { "did you mean '\($0)'?" }
                    ?? (names.isEmpty
                        ? "add it to 'channels' of daymill.yaml" : "the channels are \(names.joined(separator: ", "))"))
        }
        func secret(_ text: SecretText) throws -> Secret { Secret(try Secrets.reveal(text, project, environment)) }
        switch definition.kind {
        case .email(let email):
            let security: EmailChannel.Security =
                switch email.security {
                case .none: .none
                case .starttls: .startTLS
                case .tls: .tls
                }
            return .email(
                EmailChannel(
                    host: email.host, port: email.port, security: security, user: email.user,
                    password: try email.password.map(secret), from: email.from, to: email.to,
                    certificates: email.certificates.map(project.path)))
        case .telegram(let token, let chat, let base):
            return .telegram(
                TelegramChannel(token: try secret(token), chat: chat, base: base ?? "https://api.telegram.org"))
        case .webhook(let url, let headers):
            let all = try headers.sorted { $0.key < $1.key }.map { (name: $0.key, value: try secret($0.value)) }
            return .webhook(WebhookChannel(url: try secret(url), headers: all))
        case .slack(let url): return .slack(SlackChannel(url: try secret(url)))
        }
    }
}
