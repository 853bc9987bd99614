import ArgumentParser
import DaymillCore
import DaymillPipeline
import Foundation

/// `daymill install`.
struct InstallCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "install", abstract: "Print what makes the system run Daymill: a systemd unit or a line of cron.",
        discussion: "Nothing is installed: look at it, and put it where it belongs.")

    enum Kind: String, CaseIterable, ExpressibleByArgument { case systemd, cron }

    @Argument(help: "systemd or cron.")
    var kind: Kind

    @OptionGroup var projectOptions: ProjectOptions

    func run() throws {
        let project = try projectOptions.project(for: nil)
        let root = URL(filePath: project.root).standardizedFileURL.path
        let folder = root.count > 1 && root.hasSuffix("/") ? String(root.dropLast()) : root
        let program = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        try Output.write(kind == .systemd ? Self.unit(program, folder) : Self.cron(program, folder))
    }

    /// A service. Runs are left at work when it is stopped, and found again when it is started.
    static func unit(_ program: String, _ folder: String) -> String {
        """
        # /etc/systemd/system/daymill.service
        # systemctl daemon-reload && systemctl enable --now daymill
        [Unit]
        Description=Daymill: keeps every dated output of \(folder) true
        After=network-online.target
        Wants=network-online.target

        [Service]
        ExecStart=\(quoted(program)) serve --project \(quoted(folder))
        WorkingDirectory=\(folder.replacing("%", with: "%%"))
        # Secrets of channels, one NAME=value a line, readable for root only:
        EnvironmentFile=-/etc/daymill.env
        # Stopping the service leaves runs at work alone; it finds them when it starts again.
        KillMode=process
        Restart=always
        RestartSec=2

        [Install]
        WantedBy=multi-user.target

        """
    }

    /// Where there is no systemd: cron starts the server each minute, and while one is there the new one ends at once.
    static func cron(_ program: String, _ folder: String) -> String {
        """
        # crontab -e
        # Starts Daymill with the machine, and again within a minute should it have ended; one that runs already is left alone.
        * * * * * mkdir -p \(shell("\(folder)/.daymill")); \(shell(program)) serve --if-needed --project \(shell(folder)) 2>>\(shell("\(folder)/.daymill/serve.log"))

        """
    }

    /// For a line of a unit: in quotes where there are spaces, percent signs doubled.
    private static func quoted(_ text: String) -> String {
        let plain = text.replacing("%", with: "%%")
        return plain.contains(" ") ? "\"\(plain)\"" : plain
    }

    /// For a line of cron, in which a percent sign ends the line.
    private static func shell(_ text: String) -> String {
        let isPlain = text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "/._-".contains($0)) }
        return isPlain ? text : "'\(text.replacing("'", with: "'\\''").replacing("%", with: "\\%"))'"
    }
}
