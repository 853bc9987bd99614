import DaymillCore
import DaymillRunner
import Foundation
import Synchronization

/// Shows how far a run is: one line that changes on a terminal, plain lines elsewhere. On standard error, so that standard
/// output holds results only.
final class ProgressDisplay: Sendable {
    private struct State {
        var step = ""
        var phase = ""
        var files = 0
        var bytes = 0
        var done = 0
        var start = ContinuousClock.now
        var shown = ContinuousClock.now - .seconds(1)
        var isShown = false
    }

    private let isSilent: Bool
    private let isTerminal: Bool
    private let state = Mutex(State())

    init(isSilent: Bool) {
        self.isSilent = isSilent
        isTerminal = Terminal.isTerminal
    }

    func show(_ event: RunEvent) {
        guard !isSilent else { return }
        state.withLock { state in
            switch event {
            case .reading(let step, let bytes, let files):
                state = State(step: step, phase: "reading", files: files, bytes: bytes)
                if isTerminal {
                    draw(&state)
                } else {
                    say("\(step): reading \(Words.count(files, "file")), \(ByteCount(bytes))")
                }
            case .read(let bytes):
                state.done += bytes
                let wait: Duration = isTerminal ? .milliseconds(100) : .seconds(10)
                guard ContinuousClock.now - max(state.shown, state.start) >= wait else { return }
                if isTerminal { draw(&state) } else { say("\(state.step): \(measure(state))") }
                state.shown = .now
            case .phase(let step, let phase):
                state.step = step
                state.phase = phase
                if isTerminal { redraw("\(step): \(phase)", &state) }
            case .remark(let text):
                clear(&state)
                say(text)
            }
        }
    }

    /// A bar of dates.
    func show(dates share: Double, _ text: String) {
        guard !isSilent else { return }
        state.withLock { state in
            if isTerminal { redraw("\(bar(share))  \(text)", &state) } else { say(text) }
        }
    }

    private func bar(_ share: Double) -> String {
        let filled = Int(share * 24)
        let bar = String(repeating: "█", count: filled) + String(repeating: "░", count: 24 - filled)
        return "\(bar) \(Int(share * 100)) %"
    }

    /// Shows while `body` runs, and leaves the line empty for what comes next.
    func during<R>(_ body: () throws -> R) rethrows -> R {
        defer { if !isSilent { state.withLock { clear(&$0) } } }
        return try body()
    }

    private func draw(_ state: inout State) {
        let share = state.bytes == 0 ? 1 : min(1, Double(state.done) / Double(state.bytes))
        redraw("\(state.step) \(bar(share))  \(measure(state))", &state)
    }

    /// Bytes, rate and time left.
    private func measure(_ state: State) -> String {
        let seconds = (ContinuousClock.now - state.start) / .seconds(1)
        guard seconds > 0.05, state.done > 0 else { return "of \(ByteCount(state.bytes))" }
        let rate = Double(state.done) / seconds
        let left = max(0, Double(state.bytes - state.done) / rate)
        return
            "\(ByteCount(state.done)) of \(ByteCount(state.bytes)), \(ByteCount(Int(rate)))/s, \(Words.seconds(left)) left"
    }

    /// Line wrap is off while the line is written, so that a narrow terminal cuts it instead of scrolling.
    private func redraw(_ line: String, _ state: inout State) {
        write("\r\u{1b}[?7l\(line)\u{1b}[K\u{1b}[?7h")
        state.isShown = true
    }

    private func clear(_ state: inout State) {
        guard isTerminal, state.isShown else { return }
        write("\r\u{1b}[K")
        state.isShown = false
    }

    private func say(_ line: String) { write(line + "\n") }

    private func write(_ text: String) { Output.complain(text) }
}
