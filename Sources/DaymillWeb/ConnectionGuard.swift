import DaymillCore
import HTTPTypes
import NIOCore
import NIOHTTPTypes

/// Watches one connection for what the HTTP library lets pass: requests that trickle, answers that nobody fetches,
/// bodies without an end, and bodies that end early.
///
/// It stands between the parts of HTTP and the code that answers, on the connection's own thread.
final class ConnectionGuard: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    /// A request whose end never came.
    struct Unfinished: Error {}

    private let limits: WebLimits
    private let clock: WallClock
    private let open: OpenConnections
    /// Whether the head of a request has come, and its end has not.
    private var isReading = false
    /// Of the body of the request that comes.
    private var bodyBytes = 0
    /// Requests whose answer is not written.
    private var unanswered = 0
    /// Whether the answer that is written is the last one.
    private var isLast = false
    private var hasEnded = false
    private var readDeadline: Scheduled<Void>?
    private var writeDeadline: Scheduled<Void>?

    init(_ limits: WebLimits, _ clock: WallClock, _ open: OpenConnections) {
        self.limits = limits
        self.clock = clock
        self.open = open
    }

    func handlerAdded(context: ChannelHandlerContext) { open.add(context.channel) }

    func handlerRemoved(context: ChannelHandlerContext) {
        open.remove(context.channel)
        readDeadline?.cancel()
        writeDeadline?.cancel()
    }

    // MARK: What comes

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        // After the last answer, nothing more is a request.
        let isHeard = !hasEnded
        switch unwrapInboundIn(data) {
        case .head(let head): begin(head, context)
        case .body(let bytes): count(bytes.readableBytes, context)
        case .end: end(context)
        }
        if isHeard { context.fireChannelRead(data) }
    }

    private func begin(_ head: HTTPRequest, _ context: ChannelHandlerContext) {
        isReading = true
        bodyBytes = 0
        readDeadline = deadline(context)
        if unanswered == 0, isWaitingForLeave(head) {
            context.writeAndFlush(wrapOutboundOut(.head(HTTPResponse(status: .continue))), promise: nil)
        }
        unanswered += 1
    }

    /// Some clients ask before they send a body; one that is too large is answered at once.
    private func isWaitingForLeave(_ head: HTTPRequest) -> Bool {
        let announced = head.headerFields[.contentLength].flatMap { Int($0) } ?? 0
        return head.headerFields[.expect]?.lowercased() == "100-continue" && announced <= limits.bodyBytesMax
    }

    private func count(_ bytes: Int, _ context: ChannelHandlerContext) {
        bodyBytes += bytes
        if bodyBytes > limits.bodyBytesMax + limits.discardedBytesMax { context.close(promise: nil) }
    }

    private func end(_ context: ChannelHandlerContext) {
        isReading = false
        readDeadline?.cancel()
        if hasEnded { context.close(promise: nil) }
    }

    /// Whatever closed the connection: half a body must not be taken for a whole one.
    func channelInactive(context: ChannelHandlerContext) {
        breakOff(context)
        context.fireChannelInactive()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event as? ChannelEvent == .inputClosed { breakOff(context) }
        context.fireUserInboundEventTriggered(event)
    }

    /// What is read is no HTTP; nothing after it can be read.
    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        isReading = false
        readDeadline?.cancel()
        context.fireErrorCaught(error)
    }

    private func breakOff(_ context: ChannelHandlerContext) {
        guard isReading else { return }
        isReading = false
        context.fireErrorCaught(Unfinished())
    }

    // MARK: What leaves

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        switch unwrapOutboundIn(data) {
        case .head(let head):
            isLast = head.headerFields[.connection] == "close"
            if writeDeadline == nil { writeDeadline = deadline(context) }
            if isBareRefusal(head) { writeRefusal(context) } else { context.write(data, promise: promise) }
        case .body:
            context.write(data, promise: promise)
        case .end:
            context.write(data, promise: whenWritten(promise, context))
        }
    }

    /// What the HTTP library answers when it cannot read a request: nothing else here is a 400 without a body.
    private func isBareRefusal(_ head: HTTPResponse) -> Bool {
        head.status == .badRequest && head.headerFields[.contentLength] == "0"
    }

    /// As all other refusals are.
    private func writeRefusal(_ context: ChannelHandlerContext) {
        let sentence = "this cannot be read as HTTP, or its headers are larger than \(limits.headerBytesMax) bytes"
        let reply = WebReply.error(.badRequest, sentence, [.connection: "close"])
        context.write(wrapOutboundOut(.head(reply.head(clock))), promise: nil)
        context.write(wrapOutboundOut(.body(ByteBuffer(string: reply.body))), promise: nil)
    }

    /// Notes that an answer is out, when it is.
    private func whenWritten(
        _ promise: EventLoopPromise<Void>?, _ context: ChannelHandlerContext
    ) -> EventLoopPromise<Void> {
        let promise = promise ?? context.eventLoop.makePromise()
        promise.futureResult.assumeIsolated().whenComplete { _ in self.answered(context) }
        return promise
    }

    private func answered(_ context: ChannelHandlerContext) {
        unanswered -= 1
        writeDeadline?.cancel()
        writeDeadline = nil
        guard isLast else { return }
        hasEnded = true
        if !isReading { context.close(promise: nil) }
    }

    private func deadline(_ context: ChannelHandlerContext) -> Scheduled<Void> {
        let time = TimeAmount.milliseconds(limits.transferMilliseconds)
        return context.eventLoop.assumeIsolated().scheduleTask(in: time) { context.close(promise: nil) }
    }
}

@available(*, unavailable)
extension ConnectionGuard: Sendable {}
