import DaymillCore
import Foundation
import NIOCore

extension DaymillError {
    /// An address that nobody can listen on.
    static func badAddress(_ host: String) -> DaymillError {
        DaymillError(
            .usage, "cannot listen on '\(host)': it is not an IP address",
            hint: "use 127.0.0.1 for this machine alone, or 0.0.0.0 for all who can reach it")
    }

    /// A port that does not exist.
    static func badPort(_ port: Int) -> DaymillError {
        DaymillError(.usage, "cannot listen on port \(port)", hint: "ports are 1 to 65535; 0 lets the system choose")
    }

    /// The system does not let the server listen.
    static func cannotListen(_ host: String, _ port: Int, _ cause: any Error) -> DaymillError {
        let place = host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
        let (what, hint) = words(for: (cause as? IOError)?.errnoCode, cause)
        return DaymillError(.io, "cannot listen on \(place): \(what)", hint: hint, cause: cause)
    }

    private static func words(for number: Int32?, _ cause: any Error) -> (what: String, hint: String) {
        switch number {
        case EADDRINUSE:
            ("the port is in use", "stop the program that uses it, perhaps another server, or choose another port")
        case EACCES: ("this user may not", "choose a port above 1023")
        case EADDRNOTAVAIL:
            ("this machine has no such address", "use 127.0.0.1 for this machine alone, or an address of its own")
        default: ("\(cause)", "")
        }
    }
}
