package import DaymillCore
import Dispatch
import HummingbirdCore
import Logging
import NIOCore
import NIOPosix
import Synchronization

/// The HTTP server of `daymill serve`: numbers, health, status, and triggers.
///
///     GET  /metrics             numbers for Prometheus
///     GET  /healthz             ok, while the process lives
///     GET  /readyz              ready, or 503 and why not
///     GET  /status              JSON
///     POST /trigger/PIPELINE    starts a run
///
/// It has one thread for its connections; questions are answered on threads of Swift's tasks.
package final class WebServer: Sendable {
    private let host: String
    private let port: Int
    private let responder: WebResponder
    private let open = OpenConnections()
    private let state = Mutex(State.fresh)

    /// From `fresh` to `running` by `start`, from anywhere to `stopped` by `stop`.
    private enum State {
        case fresh
        case running(Running)
        case stopped
    }

    /// What there is while it runs.
    private struct Running {
        var group: MultiThreadedEventLoopGroup
        var server: Server<HTTP1Channel>
        /// Left when the server has ended.
        var end: DispatchGroup
    }

    /// - Parameters:
    ///   - host: An IP address, or `localhost`. On a loopback address, only callers of this machine are talked to.
    ///   - port: 0 lets the system choose.
    /// - Throws: `.usage` for what is no address or port.
    package init(
        host: String, port: Int, questions: WebQuestions, limits: WebLimits = WebLimits(), clock: WallClock = .system
    ) throws {
        let host = host == "localhost" ? "127.0.0.1" : host
        guard WebCaller.isAddress(host) else { throw DaymillError.badAddress(host) }
        guard (0...65_535).contains(port) else { throw DaymillError.badPort(port) }
        self.host = host
        self.port = port
        responder = WebResponder(
            questions: questions, limits: limits, clock: clock, isLoopback: WebCaller.isLoopback(host))
    }

    /// Starts to listen, and returns when connections are accepted. Blocks its thread, which must not be one of
    /// Swift's tasks. To be called once.
    ///
    /// - Returns: the port.
    /// - Throws: `.io` when the system does not let it.
    package func start() throws -> Int {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let bound = group.next().makePromise(of: Int.self)
        let running = run(group, bound)
        do {
            let port = try bound.futureResult.wait()
            state.withLock { $0 = .running(running) }
            return port
        } catch {
            running.end.wait()
            try? group.syncShutdownGracefully()
            throw DaymillError.cannotListen(host, port, error)
        }
    }

    /// Accepts no more connections, lets requests at work end for a while, and closes all connections. Blocks its
    /// thread for at most two seconds; may be called more than once, and before `start`.
    package func stop() {
        let last = state.withLock { state in
            defer { state = .stopped }
            return state
        }
        guard case .running(let running) = last else { return }
        askToEnd(running)
        let grace = DispatchTimeInterval.milliseconds(responder.limits.graceMilliseconds)
        if running.end.wait(timeout: .now() + grace) == .timedOut {
            open.close()
            // A trigger that goes on and on keeps its thread; the process is about to end.
            guard running.end.wait(timeout: .now() + .milliseconds(400)) == .success else { return }
        }
        try? running.group.syncShutdownGracefully()
    }

    // MARK: Running

    private func run(_ group: MultiThreadedEventLoopGroup, _ bound: EventLoopPromise<Int>) -> Running {
        let server = server(group, bound)
        let end = DispatchGroup()
        end.enter()
        // A task of its own: who starts the server is a plain thread, and the work goes on when `start` has returned.
        Task {
            do { try await server.run() } catch { bound.fail(error) }
            end.leave()
        }
        return Running(group: group, server: server, end: end)
    }

    private func askToEnd(_ running: Running) {
        running.end.enter()
        // A task of its own: who stops the server is a plain thread, and waits with a time-out.
        Task {
            try? await running.server.shutdownGracefully()
            running.end.leave()
        }
    }

    private func server(
        _ group: MultiThreadedEventLoopGroup, _ bound: EventLoopPromise<Int>
    ) -> Server<HTTP1Channel> {
        let silent = Logger(label: "daymill.web") { _ in SwiftLogNoOpLogHandler() }
        let connections = MaximumAvailableConnections(responder.limits.connectionsMax, logger: silent)
        return Server(
            childChannelSetup: HTTP1Channel(responder: respond, configuration: connectionSetting),
            configuration: ServerConfiguration(
                address: .hostname(host, port: port), availableConnectionsDelegate: connections),
            onServerRunning: { bound.succeed($0.localAddress?.port ?? 0) }, eventLoopGroup: group, logger: silent)
    }

    private var connectionSetting: HTTP1Channel.Configuration {
        let (limits, clock, open) = (responder.limits, responder.clock, open)
        return HTTP1Channel.Configuration(
            additionalChannelHandlers: [ConnectionGuard(limits, clock, open)],
            idleTimeout: .milliseconds(limits.idleMilliseconds),
            httpDecoderConfiguration: .init(
                maxHeaderFieldSize: limits.headerBytesMax, maxHeaderListSize: limits.headerBytesMax,
                maxHeaderFieldCount: limits.headersMax))
    }

    private var respond: HTTPChannelHandler.Responder {
        { [responder] request, writer, _ in try await responder.respond(to: request, writer) }
    }
}
