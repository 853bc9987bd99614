import DaymillColumns
import DaymillCore
import DaymillEngine
import DaymillHTTP
import DaymillPipeline
import DaymillProcess
import DaymillRunner
import DaymillSQL
import DaymillState
import Foundation

/// The machine: versions, clock, zones, disks, limits.
extension Doctor {
    mutating func lookAtVersions() {
        add("daymill", .ok, daymillVersion)
        look("kernel") { _ in
            let text = try String(contentsOfFile: "/proc/sys/kernel/osrelease", encoding: .utf8)
            return .ok("Linux \(text.trimmed), \(ProcessInfo.processInfo.operatingSystemVersionString)")
        }
        do throws(HTTPFailure) {
            add("libcurl", .ok, try CurlDoor.version().split(separator: " ").prefix(2).joined(separator: ", "))
        } catch {
            let isNeeded = !project.channels.isEmpty || !project.connections.isEmpty
            add("libcurl", isNeeded ? .wrong : .doubtful, error.text)
        }
        look("sqlite") { _ in .ok(try StateDatabase.sqliteVersion()) }
        add("sql grammar", .ok, "PostgreSQL \(SQLGrammar.version)")
        look("duckdb") { doctor in
            guard let path = DuckDBProgram.find(doctor.environment) else {
                return .ok("not there; 'verify' uses the naive engine")
            }
            return .ok("\(try DuckDBProgram(path).version), \(path), for 'verify'")
        }
    }

    mutating func lookAtClock() {
        look("clock") { doctor in
            let now = doctor.clock.nowMicroseconds
            // This program was not built before its own year.
            guard now > 1_767_225_600_000_000 else {
                throw DaymillError(
                    .io, "it says \(Words.time(now)), which is long ago", hint: "set it, or start a time service")
            }
            let path = RunJournal.path(doctor.project)
            let last =
                try FileDoor.stamp(of: path) == nil
                ? nil : StateDatabase(path, clock: .system).runs(limit: 1).first
            if let last, last.started > now + 60_000_000 {
                throw DaymillError(
                    .io, "it says \(Words.time(now)), and run \(last.id) has started later",
                    hint: "see whether it was set back")
            }
            switch SystemClock.isSynchronised {
            case true?: return .ok("\(Words.time(now)), kept right by a time service")
            case nil: return .ok("\(Words.time(now)); the kernel does not tell whether a time service keeps it right")
            case false?:
                return .doubtful(
                    "\(Words.time(now)), and no time service keeps it right",
                    "start one, such as systemd-timesyncd or chrony; in a container it is the host's matter")
            }
        }
    }

    mutating func lookAtZones() {
        look("zones") { doctor in
            _ = try TimeZoneName.parse("Europe/London").rules()
            _ = try doctor.project.timezone.rules()
            let zone = "the project's is \(doctor.project.timezone)"
            guard let version = ZoneData.version() else { return .ok("rules of no known version; \(zone)") }
            // A version is a year and a letter; some government changes its clocks each year.
            let year = Int(version.prefix(4)) ?? 0
            let now = Day(ofSecond: doctor.clock.nowMicroseconds / 1_000_000).civil.year
            guard year >= now - 1 else {
                return .doubtful("rules of version \(version), which is old; \(zone)", "update the package 'tzdata'")
            }
            return .ok("rules of version \(version); \(zone)")
        }
    }

    /// Room and kind of the disks of the store and of outputs.
    mutating func lookAtDisks(_ pipelines: [Pipeline]) {
        let mounts = MountTable((try? String(contentsOfFile: "/proc/self/mountinfo", encoding: .utf8)) ?? "")
        look("store") { doctor in
            let store = Store(folder: doctor.project.storeFolder, clock: .system)
            try store.open()
            try doctor.tryWriting(into: doctor.project.storeFolder)
            let real = URL(filePath: doctor.project.storeFolder).standardizedFileURL.resolvingSymlinksInPath().path
            let type = mounts.type(of: real)
            if let doubt = type.flatMap(MountTable.doubt) {
                return .doubtful("\(doctor.project.storeFolder) \(doubt.found)", doubt.remedy)
            }
            return .ok("\(doctor.project.storeFolder) can be written\(type.map { ", on \($0)" } ?? "")")
        }
        let outputs = pipelines.flatMap(\.steps).map { Doctor.folder(of: $0.to.text) }
        let folders = Set(outputs.map(project.path)).subtracting([project.storeFolder]).sorted()
        look("disk") { doctor in try doctor.room(doctor.project.storeFolder) }
        for folder in folders {
            look("output \(folder)") { doctor in
                // What is not there is made by the first run.
                let there = Doctor.existing(folder)
                guard FileManager.default.isWritableFile(atPath: there) else {
                    throw DaymillError(.io, "\(there) cannot be written", hint: "see whom it belongs to")
                }
                return try doctor.room(there)
            }
        }
    }

    /// The part of a path before its first value, without the file.
    static func folder(of template: String) -> String {
        let plain = template.prefix { $0 != "{" && $0 != "*" }
        guard let slash = plain.lastIndex(of: "/") else { return "." }
        return slash == plain.startIndex ? "/" : String(plain[..<slash])
    }

    /// The folder itself, or the nearest above it that is there.
    private static func existing(_ folder: String) -> String {
        var url = URL(filePath: folder).standardizedFileURL
        while url.path != "/", !FileManager.default.fileExists(atPath: url.path) { url.deleteLastPathComponent() }
        return url.path
    }

    private func tryWriting(into folder: String) throws {
        let path = "\(folder)/doctor.tmp"
        defer { try? FileManager.default.removeItem(atPath: path) }
        do { try Data("written".utf8).write(to: URL(filePath: path)) } catch {
            throw DaymillError(.io, "\(folder) cannot be written", hint: "see whom it belongs to")
        }
    }

    /// Free bytes and places for files.
    private func room(_ folder: String) throws -> Answer {
        let attributes = try FileManager.default.attributesOfFileSystem(forPath: folder)
        func number(_ key: FileAttributeKey) -> Int { (attributes[key] as? NSNumber)?.intValue ?? 0 }
        let free = number(.systemFreeSize), files = number(.systemFreeNodes)
        guard free > 1 << 30 else {
            throw DaymillError(.io, "\(ByteCount(free)) are free", hint: "make room: 1 GiB is little")
        }
        // Some file systems have no such number.
        guard number(.systemNodes) == 0 || files > 10_000 else {
            throw DaymillError(
                .io, "there is place for \(files) more files", hint: "remove small files: their number is full")
        }
        return .ok("\(ByteCount(free)) free" + (number(.systemNodes) == 0 ? "" : ", and place for \(files) files"))
    }

    mutating func lookAtLimits() {
        look("open files") { _ in
            let text = (try? String(contentsOfFile: "/proc/self/limits", encoding: .utf8)) ?? ""
            guard let line = text.split(separator: "\n").first(where: { $0.hasPrefix("Max open files") }),
                let word = line.dropFirst("Max open files".count).split(separator: " ").first
            else { return .ok("nobody knows how many") }
            guard let most = Int(word), most < 1024 else { return .ok("at most \(word)") }
            return .doubtful(
                "at most \(most)", "raise it to 1024 or more: 'ulimit -n', or LimitNOFILE of the systemd unit")
        }
    }
}

/// The time zone database of this machine.
enum ZoneData {
    /// Such as `2025b`; nil where it does not say.
    static func version(_ folders: [String] = ["/usr/share/zoneinfo", "/usr/lib/zoneinfo", "/etc/zoneinfo"]) -> String?
    {
        for folder in folders {
            for (file, start) in [("tzdata.zi", "# version "), ("+VERSION", "")] {
                guard let data = FileManager.default.contents(atPath: "\(folder)/\(file)") else { continue }
                let line = String(decoding: data.prefix(64), as: UTF8.self).prefix { !$0.isNewline }
                if line.hasPrefix(start), line.count > start.count { return String(line.dropFirst(start.count)) }
            }
        }
        return nil
    }
}
