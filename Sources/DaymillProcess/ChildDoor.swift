import CProcess
import DaymillCore
import Foundation

/// What a child is started with.
package struct ChildCommand: Sendable {
    /// Looked for along the path, unless it has a slash.
    package var program: String
    package var arguments: [String]
    /// All variables that it has.
    package var environment: [String: String]
    /// Nil: the current one.
    package var folder: String?
    /// The file that standard output and error are added to; nil: they are lost.
    package var log: String?
    /// Whether it is killed when this process dies.
    package var diesWithUs: Bool
    /// Whether `tell` writes to its standard input, which is empty otherwise.
    package var listens: Bool

    package init(
        program: String, arguments: [String], environment: [String: String], folder: String? = nil, log: String? = nil,
        diesWithUs: Bool = true, listens: Bool = false
    ) {
        self.program = program
        self.arguments = arguments
        self.environment = environment
        self.folder = folder
        self.log = log
        self.diesWithUs = diesWithUs
        self.listens = listens
    }
}

/// A child process with all that it starts: a session of its own. `wait` must be called, by the thread that started it.
package final class ChildProcess: Sendable {
    /// How it ended.
    package struct Ending: Sendable, Hashable {
        /// Its exit code; minus the number of the signal that ended it.
        package var code: Int32
        /// It was ended because it took too long.
        package var hasTimedOut: Bool
        /// Somebody had it ended.
        package var wasStopped: Bool
        package var peakBytes: Int64
        package var cpuSeconds: Double
    }

    package let number: Int32
    private let descriptor: Int32
    private let stopEvent: Int32
    /// Where what it is told is written; negative: it does not listen.
    private let ear: Int32

    /// Starts it.
    ///
    /// - Throws: `.io` when the system does not: no such program or folder, no more processes.
    package init(_ command: ChildCommand) throws {
        let output = unsafe Glibc.open(command.log ?? "/dev/null", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
        guard output >= 0 else { throw ChildProcess.problem(errno, "cannot write \(command.log ?? "/dev/null")") }
        defer { close(output) }
        let arguments = ChildProcess.texts([command.program] + command.arguments)
        let variables = command.environment.map { "\($0.key)=\($0.value)" }
        var process: Int32 = 0
        var ear: Int32 = -1, input: Int32 = -1
        if command.listens {
            let problem = unsafe dm_pipe(&ear, &input)
            guard problem == 0 else { throw ChildProcess.problem(problem, "cannot talk to '\(command.program)'") }
        }
        self.ear = ear
        let problem = unsafe dm_spawn(
            command.program, arguments, Int32(command.arguments.count + 1), ChildProcess.texts(variables),
            Int32(variables.count), command.folder, input, output, command.diesWithUs ? 1 : 0, &process)
        if input >= 0 { close(input) }
        guard problem == 0 else {
            if ear >= 0 { close(ear) }
            throw ChildProcess.problem(
                problem, "cannot start '\(command.program)'" + (command.folder.map { " in '\($0)'" } ?? ""))
        }
        number = process
        descriptor = dm_process_descriptor(process)
        stopEvent = dm_event_new()
        guard descriptor >= 0, stopEvent >= 0 else {
            // Without them nobody could wait for it.
            _ = dm_signal_group(process, SIGKILL)
            var code: Int32 = 0, peak: Int64 = 0, cpu: Int64 = 0
            while unsafe dm_reap(process, &code, &peak, &cpu) == 0 { usleep(1000) }
            throw ChildProcess.problem(EMFILE, "cannot watch '\(command.program)'")
        }
    }

    deinit {
        if ear >= 0 { close(ear) }
        if descriptor >= 0 { close(descriptor) }
        if stopEvent >= 0 { close(stopEvent) }
    }

    /// Can be read once it has ended.
    package var descriptorOfEnd: Int32 { descriptor }

    /// Waits for its end, and ends whatever it left behind. What does not end when it is asked to is killed.
    ///
    /// - Parameters:
    ///   - timeout: how long it may take; nil: as long as it takes.
    ///   - grace: how long it may take to end when it was asked to.
    ///   - look: called now and then meanwhile; says when it wants to be called again.
    package func wait(
        timeout: Duration?, grace: Duration = .seconds(10), look: (() -> Duration)? = nil
    ) -> Ending {
        var deadline = timeout.map { ContinuousClock.now + $0 }
        var hasTimedOut = false, wasStopped = false, isAsked = false
        while true {
            if let ending = reap(hasTimedOut, wasStopped) { return ending }
            let left = deadline.map { max(0, (ContinuousClock.now.duration(to: $0)).microseconds / 1000 + 1) } ?? -1
            let watched = isAsked ? [descriptor] : [descriptor, stopEvent]
            let tick = look.map { max(1, $0().microseconds / 1000) } ?? -1
            let pause = left < 0 || tick < 0 ? max(left, tick) : min(left, tick)
            let place = unsafe dm_wait_for(watched, Int32(watched.count), pause)
            if place == 1 { wasStopped = true }
            let isLate = deadline.map { ContinuousClock.now >= $0 } ?? false
            guard place == 1 || isLate else { continue }
            if isAsked {
                _ = dm_signal_group(number, SIGKILL)
                deadline = ContinuousClock.now + .seconds(1)
            } else {
                hasTimedOut = place != 1
                isAsked = true
                _ = dm_signal_group(number, SIGTERM)
                deadline = ContinuousClock.now + grace
            }
        }
    }

    private func reap(_ hasTimedOut: Bool, _ wasStopped: Bool) -> Ending? {
        var code: Int32 = 0, peak: Int64 = 0, cpu: Int64 = 0
        // Until the child is taken its number, which is that of its group, belongs to nobody else.
        if hasEnded(descriptor) { _ = dm_signal_group(number, SIGKILL) }
        let found = unsafe dm_reap(number, &code, &peak, &cpu)
        guard found != 0 else { return nil }
        // Somebody else has taken its end: then nobody knows how it was, and it was no success.
        if found < 0 { code = 255 }
        return Ending(
            code: code, hasTimedOut: hasTimedOut, wasStopped: wasStopped, peakBytes: peak * 1024,
            cpuSeconds: Double(cpu) / 1e6)
    }

    private func hasEnded(_ descriptor: Int32) -> Bool { unsafe dm_wait_for([descriptor], 1, 0) == 0 }

    /// Writes a line to its standard input, without waiting.
    ///
    /// - Returns: whether it was written; not where the child is gone or does not listen.
    package func tell(_ line: String) -> Bool { unsafe dm_say(ear, line + "\n") == 0 }

    /// Asks it to end; from any thread, and as often as one likes.
    package func stop() { dm_event_set(stopEvent) }

    private static func texts(_ texts: [String]) -> [CChar] {
        texts.flatMap { $0.utf8.lazy.filter { $0 != 0 }.map { CChar(bitPattern: $0) } + [0] }
    }

    private static func problem(_ code: Int32, _ what: String) -> DaymillError {
        DaymillError(.io, "\(what): \(unsafe String(cString: strerror(code)))")
    }
}

/// Something that many threads may set, and one waits for among other things.
package final class WakeEvent: Sendable {
    package let descriptor: Int32

    package init() { descriptor = dm_event_new() }

    deinit { close(descriptor) }

    package func set() { dm_event_set(descriptor) }

    package func clear() { dm_event_clear(descriptor) }
}

/// A process that others started, until it ends.
package final class WatchedProcess: Sendable {
    /// Can be read once it has ended.
    package let descriptor: Int32

    /// Nil when there is no such process.
    package init?(_ number: Int32) {
        descriptor = dm_process_descriptor(number)
        if descriptor < 0 { return nil }
    }

    deinit { close(descriptor) }
}

/// The wishes of people and of the system that this program end.
package final class EndSignals: Sendable {
    package let descriptor: Int32

    /// Called before any thread is started.
    ///
    /// - Parameter keepsHangups: whether SIGHUP counts also where whoever started us lets it go by, as `nohup` does.
    package init(keepsHangups: Bool = false) { descriptor = dm_signals(keepsHangups ? 1 : 0) }

    deinit { close(descriptor) }

    /// From now on they end the program again.
    package func end() { dm_signals_over() }

    /// The number of the next one that came; nil: none did.
    package func next() -> Int32? {
        let signal = dm_next_signal(descriptor)
        return signal > 0 ? signal : nil
    }
}

/// Wakes at a moment of the day's clock, and when somebody sets that clock.
package final class WallTimer: Sendable {
    package let descriptor: Int32

    package init() { descriptor = dm_timer_new() }

    deinit { close(descriptor) }

    /// Microseconds since 1970; nil: never.
    package func set(_ moment: Int64?) { _ = dm_timer_set(descriptor, moment.map { max(1, $0) } ?? 0) }

    package func clear() { dm_timer_clear(descriptor) }
}

/// Tells when something in a folder is written, renamed or removed.
package final class FolderWatch: Sendable {
    package let descriptor: Int32

    /// Nil when there is no such folder, or the system watches no more of them.
    package init?(_ folder: String) {
        descriptor = unsafe dm_watch_folder(folder)
        if descriptor < 0 { return nil }
    }

    deinit { close(descriptor) }

    package func clear() { dm_watch_clear(descriptor) }
}

/// Waits until one of some descriptors can be read.
///
/// - Returns: its place; nil when the time has passed or a signal came.
package func waitForAny(of descriptors: [Int32], atMost: Duration?) -> Int? {
    let place = unsafe dm_wait_for(descriptors, Int32(descriptors.count), atMost.map { $0.microseconds / 1000 } ?? -1)
    return place >= 0 ? Int(place) : nil
}

/// Ends a group of processes at once.
package func killGroup(_ group: Int32) { _ = dm_signal_group(group, SIGKILL) }

/// Lets go of the program's code that is in memory, before a long sleep: what is needed again comes from the system's cache.
package func forgetCode() { dm_forget_code() }

/// From now on standard output and error are added to a file; nothing changes where it cannot be written.
package func writeOutput(toLog path: String) {
    let log = unsafe open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
    guard log >= 0 else { return }
    for descriptor in [STDOUT_FILENO, STDERR_FILENO] { dup2(log, descriptor) }
    close(log)
}

/// Tells what happens in many folders, and to which names.
package final class FolderWatches: Sendable {
    /// Something that happened.
    package enum Event: Sendable, Hashable {
        /// A name came, or what it stands for was written or touched.
        case there(folder: Int32, name: String, isFolder: Bool)
        /// A name went.
        case gone(folder: Int32, name: String, isFolder: Bool)
        /// A folder is not watched any more, since it is gone.
        case over(folder: Int32)
        /// More happened than the system keeps: all has to be looked at.
        case tooMany
    }
    /// Can be read when something happened.
    package let descriptor: Int32

    /// Nil when the system has no more of them.
    package init?() {
        descriptor = dm_watches_new()
        if descriptor < 0 { return nil }
    }

    deinit { close(descriptor) }

    /// Watches one more folder.
    ///
    /// - Parameter namesOnly: whether nothing is told of files that are written.
    /// - Returns: its number, the same for the same folder by another name; nil when there is no such folder, or the system watches
    ///   no more.
    package func add(_ folder: String, namesOnly: Bool) -> Int32? {
        let number = unsafe dm_watches_add(descriptor, folder, namesOnly ? 1 : 0)
        return number < 0 ? nil : number
    }

    package func remove(_ folder: Int32) { dm_watches_remove(descriptor, folder) }

    /// What happened since it was asked last, at most some thousands of events; then it can be read still.
    package func take() -> [Event] {
        var events: [Event] = []
        var bytes = [CChar](repeating: 0, count: 65_536), name = [CChar](repeating: 0, count: 256)
        let count = unsafe dm_watches_read(descriptor, &bytes, Int32(bytes.count))
        var place: Int32 = 0
        while place < count {
            var folder: Int32 = 0, kinds: Int32 = 0
            place = unsafe dm_watches_event(bytes, place, &folder, &kinds, &name)
            func has(_ kind: Int) -> Bool { Int(kinds) & kind != 0 }
            let letters = name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
            let text = String(decoding: letters, as: UTF8.self), isFolder = has(DM_FOLDER)
            if has(DM_TOO_MANY) { events.append(.tooMany) }
            if has(DM_OVER) { events.append(.over(folder: folder)) }
            if has(DM_THERE) { events.append(.there(folder: folder, name: text, isFolder: isFolder)) }
            if has(DM_GONE) { events.append(.gone(folder: folder, name: text, isFolder: isFolder)) }
        }
        return events
    }

    /// Whether a folder lies on a file system that tells this machine nothing of what others change.
    package static func isRemote(_ folder: String) -> Bool { unsafe dm_is_remote(folder) != 0 }
}

/// The machine's clock, as its kernel knows it.
package enum SystemClock {
    /// Whether a time service keeps it right; nil where the kernel does not tell.
    package static var isSynchronised: Bool? {
        let answer = dm_clock_is_synchronised()
        return answer < 0 ? nil : answer > 0
    }
}
