//! Every crate that is built comes under a licence that lets anyone use, change and pass on the whole.

use std::process::Command;

/// Licences that any of our users can live with.
const ALLOWED: &[&str] = &[
    "0BSD",
    "Apache-2.0",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "CC0-1.0",
    "ISC",
    "MIT",
    "MIT-0",
    "MPL-2.0",
    "Unicode-3.0",
    "Zlib",
];

#[test]
fn every_crate_that_is_built_has_a_licence_that_we_allow() {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let listed = Command::new(cargo)
        .args([
            "tree",
            "--offline",
            "--workspace",
            "--edges",
            "normal,build,dev",
            "--prefix",
            "none",
            "--format",
            "{p}|{l}",
        ])
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
        .output()
        .unwrap();
    assert!(listed.status.success(), "{}", String::from_utf8_lossy(&listed.stderr));
    let lines = String::from_utf8(listed.stdout).unwrap();
    let crates: Vec<(&str, &str)> = lines.lines().filter_map(|line| line.split_once('|')).collect();
    assert!(crates.len() > 100, "found only {} crates", crates.len());
    let refused: Vec<_> = crates.iter().filter(|(_, licence)| !is_allowed(licence.trim_end_matches(" (*)"))).collect();
    assert!(refused.is_empty(), "licences that are not on the list: {refused:#?}");
}

#[test]
fn a_licence_expression_is_read_as_its_authors_mean_it() {
    for fine in [
        "MIT",
        "MIT/Apache-2.0",
        "Unlicense OR MIT",
        "(MIT OR GPL-3.0) AND Unicode-3.0",
        "GPL-3.0 OR (MIT AND ISC)",
        "Apache-2.0 WITH LLVM-exception OR MIT",
    ] {
        assert!(is_allowed(fine), "{fine}");
    }
    for refused in
        ["", "GPL-3.0", "MIT AND GPL-3.0", "Unlicense", "(MIT OR ISC) AND AGPL-3.0", "Apache-2.0 WITH X", "(MIT"]
    {
        assert!(!is_allowed(refused), "{refused}");
    }
}

/// Whether an SPDX expression can be met by allowed licences alone. `AND` binds tighter than `OR`.
fn is_allowed(expression: &str) -> bool {
    let spaced = expression.replace('(', " ( ").replace(')', " ) ").replace('/', " OR ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    matches!(either(&words), Some((true, [])))
}

type Rest<'a, 'b> = (bool, &'a [&'b str]);

fn either<'a, 'b>(words: &'a [&'b str]) -> Option<Rest<'a, 'b>> {
    let (mut allowed, mut rest) = both(words)?;
    while let ["OR", after @ ..] = rest {
        let (next, after) = both(after)?;
        (allowed, rest) = (allowed || next, after);
    }
    Some((allowed, rest))
}

fn both<'a, 'b>(words: &'a [&'b str]) -> Option<Rest<'a, 'b>> {
    let (mut allowed, mut rest) = one(words)?;
    while let ["AND", after @ ..] = rest {
        let (next, after) = one(after)?;
        (allowed, rest) = (allowed && next, after);
    }
    Some((allowed, rest))
}

fn one<'a, 'b>(words: &'a [&'b str]) -> Option<Rest<'a, 'b>> {
    match words {
        ["(", inside @ ..] => match either(inside)? {
            (allowed, [")", rest @ ..]) => Some((allowed, rest)),
            _ => None,
        },
        // An exception adds rights, but only the one that we have read.
        [licence, "WITH", exception, rest @ ..] => {
            Some((ALLOWED.contains(licence) && *exception == "LLVM-exception", rest))
        }
        [licence, rest @ ..] => Some((ALLOWED.contains(licence), rest)),
        [] => None,
    }
}
