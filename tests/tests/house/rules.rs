//! The import rules: in which files which paths have no place.

use super::source::Source;

/// One rule.
pub(crate) struct Rule {
    pub(crate) name: &'static str,
    /// In which files it holds.
    holds_in: fn(&Source) -> bool,
    /// Whether a path of such a file breaks it.
    forbids: fn(&Source, &[&str]) -> bool,
}

/// All rules.
pub(crate) const RULES: &[Rule] = &[
    Rule {
        name: "network and store are strangers",
        holds_in: |file| lies_in(file, &["node/src/network/", "node/src/store/"]),
        forbids: |file, path| match lies_in(file, &["node/src/network/"]) {
            true => path.starts_with(&["grid_node", "store"]),
            false => path.starts_with(&["grid_node", "network"]),
        },
    },
    Rule {
        name: "http goes through the handle",
        holds_in: |file| lies_in(file, &["node/src/http/"]),
        forbids: |_, path| is_any(path, &["grid_node"], &["store", "keystore", "network", "outbound", "driver"]),
    },
    Rule {
        name: "tables know nobody who asks",
        holds_in: |file| {
            let files = ["node/src/space.rs", "node/src/trouble.rs"];
            lies_in(file, &["node/src/view/", "node/src/store/"]) || files.contains(&&*file.path)
        },
        forbids: |_, path| is_any(path, &["grid_node"], &["handle", "driver", "outbound", "http"]),
    },
    Rule {
        name: "only the store knows sled",
        holds_in: |file| !lies_in(file, &["node/src/store/"]),
        forbids: |_, path| path.first() == Some(&"sled"),
    },
    Rule {
        name: "only the network knows libp2p",
        holds_in: |file| !lies_in(file, &["node/src/network/"]),
        forbids: |_, path| path.first().is_some_and(|name| name.starts_with("libp2p")) && path.len() > 1,
    },
    Rule {
        name: "keys stay where signatures are made",
        holds_in: |file| {
            let loads = ["keystore.rs", "lib.rs", "outbound.rs", "passphrase.rs", "setup.rs", "node.rs"];
            lies_in(file, &["node/src/"])
                && !lies_in(file, &["node/src/keystore/", "node/src/outbound/", "node/src/setup/"])
                && !loads.iter().any(|name| file.path == format!("node/src/{name}"))
        },
        forbids: |_, path| path.starts_with(&["grid_node", "keystore"]),
    },
    Rule {
        name: "the protocol is pure",
        holds_in: |file| lies_in(file, &["protocol/src/"]) && !file.is_test(),
        forbids: |_, path| {
            let crates = ["tokio", "sled", "libp2p", "rand", "getrandom", "axum", "figment", "reqwest"];
            let clocks = ["SystemTime", "Instant", "thread_rng"];
            path.first().is_some_and(|name| crates.contains(name))
                || is_any(path, &["std"], &["fs", "net", "env", "process", "os"])
                || path.iter().any(|name| clocks.contains(name))
        },
    },
    Rule {
        name: "dependencies point one way",
        holds_in: |file| lies_in(file, &["protocol/src/", "node/src/"]),
        forbids: |file, path| match path.first() {
            Some(&"grid_cli" | &"grid_tests") => true,
            Some(&"grid_node") => lies_in(file, &["protocol/src/"]),
            _ => false,
        },
    },
    Rule {
        name: "no layer asks a later one",
        holds_in: |file| lies_in(file, &["protocol/src/"]) && !file.is_test(),
        forbids: |file, path| {
            let later: &[&str] = match file.path.trim_start_matches("protocol/src/authority/") {
                "keys.rs" => &["governance", "membership", "application", "right"],
                "governance.rs" => &["membership", "application", "right"],
                "membership.rs" => &["application", "right"],
                _ => &[],
            };
            let above: &[&str] = if lies_in(file, &["protocol/src/control/"]) {
                &["authority", "document", "entry", "run", "log", "storage", "sync", "replica"]
            } else if lies_in(file, &["protocol/src/authority/"]) {
                &["document", "entry", "run", "log", "storage", "sync", "replica"]
            } else if lies_in(file, &["protocol/src/document/"]) {
                &["entry", "run", "log", "record", "storage", "sync", "replica"]
            } else if lies_in(file, &["protocol/src/record/"]) {
                &["authority", "control", "entry", "run", "log", "storage", "sync", "replica"]
            } else if lies_in(file, &["protocol/src/sync/"]) {
                &["replica"]
            } else {
                &[]
            };
            is_any(path, &["grid_protocol", "authority"], later) || is_any(path, &["grid_protocol"], above)
        },
    },
    Rule {
        name: "stdout belongs to the output module",
        holds_in: |file| {
            lies_in(file, &["protocol/src/", "node/src/", "cli/src/"])
                && !file.is_test()
                && file.path != "cli/src/output.rs"
        },
        forbids: |_, path| {
            let prints = ["println", "print", "eprintln", "eprint", "dbg"];
            // Alone, `stdout` is a field or a method of a child process.
            path.last().is_some_and(|name| prints.contains(name) || (*name == "stdout" && path.len() > 1))
        },
    },
    Rule { name: "no unsafe code", holds_in: |_| true, forbids: |_, path| path == ["unsafe"] },
];

/// What in a file breaks which rule.
pub(crate) fn breaches(file: &Source) -> Vec<String> {
    let rules: Vec<&Rule> = RULES.iter().filter(|rule| (rule.holds_in)(file)).collect();
    let mut found = Vec::new();
    for path in file.paths() {
        let path: Vec<&str> = path.iter().map(String::as_str).collect();
        let broken = rules.iter().filter(|rule| (rule.forbids)(file, &path));
        found.extend(broken.map(|rule| format!("{}: {}: {}", file.path, rule.name, path.join("::"))));
    }
    found
}

fn lies_in(file: &Source, places: &[&str]) -> bool {
    places.iter().any(|place| file.path.starts_with(place))
}

/// Whether a path begins with `front` and goes on with one of `next`.
fn is_any(path: &[&str], front: &[&str], next: &[&str]) -> bool {
    path.starts_with(front) && path.get(front.len()).is_some_and(|name| next.contains(name))
}
