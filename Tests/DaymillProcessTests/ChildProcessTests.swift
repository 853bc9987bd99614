import DaymillCore
import DaymillProcess
import Foundation
import Testing

/// Children start, end, are ended and leave nothing behind.
@Suite struct ChildProcessTests {
    private static func shell(
        _ script: String, log: String? = nil, environment: [String: String] = [:]
    ) throws -> ChildProcess {
        var all = ["PATH": "/usr/bin:/bin"]
        all.merge(environment) { $1 }
        return try ChildProcess(
            ChildCommand(program: "/bin/sh", arguments: ["-c", script], environment: all, log: log))
    }

    @Test(arguments: [("exit 0", 0), ("exit 7", 7), ("kill -9 $$", -9), ("kill -TERM $$", -15)] as [(String, Int32)])
    func itsEndIsTold(_ script: String, _ code: Int32) throws {
        let ending = try Self.shell(script).wait(timeout: nil)
        #expect(ending.code == code && !ending.hasTimedOut && !ending.wasStopped)
    }

    @Test func whatItSaysGoesToTheEndOfItsLog() throws {
        let log = "\(NSTemporaryDirectory())daymill-child-\(UUID().uuidString).log"
        defer { try? FileManager.default.removeItem(atPath: log) }
        _ = try Self.shell("echo one; echo two >&2", log: log).wait(timeout: nil)
        _ = try Self.shell("echo three", log: log).wait(timeout: nil)
        #expect(try String(contentsOfFile: log, encoding: .utf8) == "one\ntwo\nthree\n")
    }

    @Test func aProgramThatIsNotThereIsTold() {
        let error = #expect(throws: DaymillError.self) {
            try ChildProcess(ChildCommand(program: "/no/such/program", arguments: [], environment: [:]))
        }
        #expect(error?.code == .io && error?.message.contains("/no/such/program") == true)
        let folder = #expect(throws: DaymillError.self) {
            try ChildProcess(
                ChildCommand(program: "/bin/sh", arguments: [], environment: [:], folder: "/no/such/folder"))
        }
        #expect(folder?.message.contains("/no/such/folder") == true)
    }

    @Test func whatTakesTooLongIsEnded() throws {
        let ending = try Self.shell("exec sleep 1000").wait(timeout: .milliseconds(20))
        #expect(ending.hasTimedOut && ending.code == -15)
    }

    @Test func whatDoesNotEndWhenAskedToIsKilled() throws {
        let ending = try Self.shell("trap '' TERM; while :; do sleep 1000; done").wait(
            timeout: .milliseconds(100), grace: .milliseconds(50))
        #expect(ending.hasTimedOut && ending.code == -9)
    }

    @Test func anotherThreadMayStopIt() throws {
        let child = try Self.shell("exec sleep 1000")
        Thread.detachNewThread { child.stop() }
        let ending = child.wait(timeout: nil)
        #expect(ending.wasStopped && ending.code == -15)
    }

    /// What it started in the background ends with it, also what has left its parent.
    @Test func itsBackgroundEndsWithIt() throws {
        let mark = "DAYMILL_TEST=\(UUID().uuidString)"
        let pair = mark.split(separator: "=").map(String.init)
        let child = try Self.shell("(sleep 1000 &) ; sleep 1000 & exit 0", environment: [pair[0]: pair[1]])
        #expect(child.wait(timeout: nil).code == 0)
        // They have been killed; the system may take a moment to take them away.
        for _ in 0..<1000 where !ProcessTable.started(with: mark).isEmpty { Thread.sleep(forTimeInterval: 0.001) }
        #expect(ProcessTable.started(with: mark).isEmpty)
    }

    @Test func whatWasStartedWithAVariableIsFoundAndKilled() throws {
        let mark = "DAYMILL_TEST=\(UUID().uuidString)"
        let pair = mark.split(separator: "=").map(String.init)
        let child = try Self.shell("setsid sleep 1000 & wait", environment: [pair[0]: pair[1]])
        for _ in 0..<1000 where ProcessTable.started(with: mark).count < 2 { Thread.sleep(forTimeInterval: 0.001) }
        #expect(ProcessTable.killAll(startedWith: mark) >= 2)
        #expect(child.wait(timeout: nil).code == -9)
        #expect(ProcessTable.started(with: mark).isEmpty)
    }

    /// Locks of ours are not held by children.
    @Test func itInheritsNoFiles() throws {
        let log = "\(NSTemporaryDirectory())daymill-child-\(UUID().uuidString).log"
        defer { try? FileManager.default.removeItem(atPath: log) }
        let open = try #require(FileHandle(forReadingAtPath: "/dev/null"))
        defer { try? open.close() }
        _ = try Self.shell("ls /proc/self/fd | wc -l", log: log).wait(timeout: nil)
        // 0, 1, 2, and the folder that ls reads.
        #expect(try String(contentsOfFile: log, encoding: .utf8).trimmingCharacters(in: .whitespacesAndNewlines) == "4")
    }

    @Test func aThousandChildrenLeaveNoDescriptors() throws {
        func descriptors() -> Int {
            ((try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")) ?? []).count
        }
        _ = try Self.shell(":").wait(timeout: nil)
        let before = descriptors()
        for _ in 0..<300 { _ = try Self.shell(":").wait(timeout: nil) }
        // Tests beside this one open and close some.
        #expect(descriptors() < before + 100)
    }

    @Test func aTimerWakesAtAMomentThatHasPassed() {
        let timer = WallTimer()
        timer.set(1_000_000)
        #expect(waitForAny(of: [timer.descriptor], atMost: .seconds(10)) == 0)
        timer.clear()
        timer.set(nil)
        #expect(waitForAny(of: [timer.descriptor], atMost: .zero) == nil)
    }

    @Test func anEventIsSetUntilItIsCleared() {
        let event = WakeEvent()
        #expect(waitForAny(of: [event.descriptor], atMost: .zero) == nil)
        event.set()
        event.set()
        #expect(waitForAny(of: [event.descriptor], atMost: .zero) == 0)
        event.clear()
        #expect(waitForAny(of: [event.descriptor], atMost: .zero) == nil)
    }
}
