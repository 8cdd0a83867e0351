//! Inputs to begin with: what the grid itself writes, and what the corpora of crafted things hold.

use super::{Mutator, Seeds};
use crate::corpus;
use std::path::{Path, PathBuf};

/// A folder beside the source, wherever this is compiled.
fn folder(name: &str) -> PathBuf {
    let above = Path::new(env!("CARGO_MANIFEST_DIR"));
    let tests = if above.ends_with("fuzz") { above.join("..") } else { above.to_owned() };
    tests.join("fixtures/format-1").join(name)
}

fn file(name: &str) -> Vec<u8> {
    std::fs::read(folder(name)).expect("a fixture")
}

/// The encoded fixtures whose name begins so.
pub(super) fn encoded(beginning: &str) -> Seeds {
    let mut seeds: Seeds = std::fs::read_dir(folder("encoded"))
        .expect("the fixtures")
        .filter_map(|item| Some((item.ok()?.file_name().into_string().ok()?, ())))
        .filter(|(name, ())| name.starts_with(beginning))
        .map(|(name, ())| (name.trim_end_matches(".bin").to_owned(), file(&format!("encoded/{name}"))))
        .collect();
    seeds.sort();
    seeds
}

fn named(name: &str) -> String {
    name.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty()).collect::<Vec<_>>().join("-")
}

/// Small things only, so that what is kept stays small.
fn small(name: &str, bytes: Vec<u8>) -> Option<(String, Vec<u8>)> {
    (bytes.len() <= 1_000).then(|| (named(name), bytes))
}

fn lines(what: &str, lines: &[&str]) -> Seeds {
    lines.iter().enumerate().map(|(at, line)| (format!("{what}-{at:02}"), line.as_bytes().to_vec())).collect()
}

pub(super) fn entries() -> Seeds {
    let crafted = corpus::entries().into_iter().filter_map(|probe| small(probe.name, probe.bytes));
    encoded("entry").into_iter().chain(crafted).collect()
}

pub(super) fn invites() -> Seeds {
    let mut seeds = vec![("long".to_owned(), file("invite-long.txt")), ("short".to_owned(), file("invite-short.txt"))];
    let text = String::from_utf8(file("invite-short.txt")).expect("text");
    if let Ok(ticket) = grid_protocol::invite::InviteTicket::parse(&text) {
        seeds.push(("short-unpacked".to_owned(), grid_protocol::codec::encode(&ticket)));
        seeds.push(("short-in-capitals".to_owned(), format!("grid://{}", text.trim().to_uppercase()).into_bytes()));
    }
    seeds
}

pub(super) fn sheets() -> Seeds {
    let text = String::from_utf8(file("statement.json")).expect("text");
    // Rows that do not hold are told one by one, and the rest is still a sheet.
    let altered = text.replacen("\"name\": \"M", "\"name\": \"N", 1).into_bytes();
    vec![("one-altered-row".to_owned(), altered), ("statement".to_owned(), text.into_bytes())]
}

pub(super) fn openings() -> Seeds {
    let bodies = entries().into_iter().filter_map(|(name, bytes)| {
        let entry = grid_protocol::entry::Entry::decode(&bytes).ok()?;
        (entry.body.len() <= 1_000).then_some((name, entry.body))
    });
    bodies.collect()
}

/// The insides of the crafted changes that come closest to being taken.
pub(super) fn changes() -> Seeds {
    let inside = |probe: corpus::Probe| {
        let refused = matches!(probe.outcome, corpus::Outcome::Refused(_));
        let length = probe.change.iter().skip(9).take_while(|byte| **byte & 0x80 != 0).count() + 1;
        if refused { None } else { small(probe.name, probe.change.get(9 + length..)?.to_vec()) }
    };
    let probes = corpus::probes().into_iter().filter_map(inside).filter(|(_, bytes)| bytes.len() <= 300);
    // Each third: neighbours are much alike.
    probes.step_by(3).collect()
}

pub(super) fn tables() -> Seeds {
    let chosen = |kind: u8, text: &str| [&[kind], text.as_bytes()].concat();
    let fixtures = ["actions.csv", "actions.json"].map(|name| {
        let text = String::from_utf8(file(name)).expect("text");
        (0..8).map(move |kind| (format!("{}-{kind}", named(name)), chosen(kind, &text))).collect::<Vec<_>>()
    });
    let odd = [
        "\u{feff}Title;Place\r\nWalk;Bridge\r\n",
        "title,starts\n\"Walk, slowly\",2030-05-01 10:00\n\"open",
        "Title\tTags\nx\ta; b\n\n\ny\n",
        "title\n",
        "{\"items\":[{\"title\":\"x\",\"nothing\":[1,{}]}]}",
        "[{\"title\":null},{}]",
    ];
    let odd = odd.iter().enumerate().map(|(at, text)| (format!("odd-{at}"), chosen(at as u8 % 3, text)));
    fixtures.concat().into_iter().chain(odd).collect()
}

/// Calendars and address books, each under kinds that take them and with all that can be said about them.
pub(super) fn calendars() -> Seeds {
    let event =
        "UID:walk-1@weir.example\r\nDTSTAMP:20300101T000000Z\r\nSUMMARY:Walk to the spring\r\nLOCATION:Old bridge\r\n";
    let calendar =
        |inside: &str| format!("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//weir//EN\r\n{inside}END:VCALENDAR\r\n");
    let walk = |times: &str| calendar(&format!("BEGIN:VEVENT\r\n{event}{times}END:VEVENT\r\n"));
    let zone = "BEGIN:VTIMEZONE\r\nTZID:Europe/Berlin\r\nBEGIN:STANDARD\r\nDTSTART:19701025T030000\r\nTZOFFSETFROM:+0200\r\n\
                TZOFFSETTO:+0100\r\nRRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\n";
    let texts = [
        walk("DTSTART:20300501T080000Z\r\nDTEND:20300501T100000Z\r\n"),
        walk("DTSTART;TZID=Europe/Berlin:20300501T100000\r\nDURATION:PT2H\r\nRRULE:FREQ=WEEKLY;COUNT=4;BYDAY=WE\r\n"),
        walk("DTSTART;VALUE=DATE:20300501\r\nRRULE:FREQ=MONTHLY;BYDAY=-1SU;UNTIL=20311231\r\nEXDATE:20300630\r\n"),
        walk("DTSTART:20300501T100000\r\nDESCRIPTION:Bring a\\, song\\n and\r\n  a cup.\r\nCATEGORIES:walk,song\r\nGEO:47.2;2.6\r\n"),
        calendar(&format!(
            "{zone}BEGIN:VEVENT\r\n{event}DTSTART;TZID=Europe/Berlin:20300501T100000\r\nRECURRENCE-ID:20300508T080000Z\r\n\
             STATUS:CANCELLED\r\nEND:VEVENT\r\nBEGIN:VTODO\r\nUID:todo-1\r\nSUMMARY:Call\r\nDUE:20300501\r\nEND:VTODO\r\n"
        )),
        "BEGIN:VCARD\r\nVERSION:4.0\r\nUID:urn:uuid:4fbe8971-0bc3-424c-9c26-36c3e1eff6b1\r\nFN:Mia Weir\r\nN:Weir;Mia;;;\r\n\
         EMAIL;TYPE=home:mia@weir.example\r\nTEL;VALUE=uri:tel:+49-30-1234\r\nORG:Bridge Singers\r\nNOTE:Sings\\, walks.\r\n\
         END:VCARD\r\nBEGIN:VCARD\r\nVERSION:3.0\r\nFN:Jo\r\nADR;TYPE=WORK:;;Mill 1;Ketterby;;12345;\r\nEND:VCARD\r\n"
            .to_owned(),
        "BEGIN:VCARD\nVERSION:2.1\nN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:=C3=84;Mia\nTEL;CELL:123\nEND:VCARD\n".to_owned(),
        "BEGIN:VCARD\r\nVERSION:4.0\r\nKIND:org\r\nFN:Bridge Singers\r\nURL:https://weir.example\r\nEND:VCARD\r\n".to_owned(),
    ];
    // Nothing said, everything said, and what a calendar or an address book needs.
    let said = [0_u8, 0x1f, 0x0c];
    let each = texts.iter().enumerate().flat_map(|(at, text)| {
        let begins = if text.contains("VCARD") { 2..4_u8 } else { 0..2 };
        begins.flat_map(move |kind| {
            said.map(|said| {
                let name = format!("file-{at}-as-{kind}-{said:02x}");
                (name, [&[kind, said], text.as_bytes()].concat())
            })
        })
    });
    each.collect()
}

pub(super) fn patches() -> Seeds {
    let texts = [
        (
            1,
            r#"{"title":"Walk to the spring","place":"Old bridge","tactics":["walk","song"],"starts":"2030-05-01T10:00:00+02:00[Europe/Berlin]"}"#,
        ),
        (1, r#"{"title":"Walk","coordinates":{"latitude":47.2,"longitude":2.6}}"#),
        (1, r#"{"starts":"yesterday","coordinates":{"latitude":1e999,"longitude":-181}}"#),
        (2, r#"{"title":"How to knock on doors","kind":"guide","licence":"CC0","tags":["a","b"]}"#),
        (3, r#"{"title":"How we work","text":"We meet by the river.\n"}"#),
        (4, r#"{"name":"Bridge Singers","place":"Ketterby","tags":["music"]}"#),
        (0, r#"{"name":"Weir","place":null}"#),
        (0, r#"{"title":1,"nothing":[{}]}"#),
    ];
    let each = texts.iter().enumerate();
    each.map(|(at, (kind, text))| (format!("fields-{at}"), [&[*kind], text.as_bytes()].concat())).collect()
}

pub(super) fn moments() -> Seeds {
    lines(
        "moment",
        &[
            "2030-05-01T10:00:00+02:00[Europe/Berlin]",
            "2030-05-01T10:00:00Z",
            "2030-05-01 10:00",
            "2030-05-01",
            "2030-05-01T10:00:00.123456789-11:59",
            "-009999-01-01T00:00:00Z",
            "9999-12-31T23:59:59Z",
            "9999-12-31T23:59:59-25:59",
            "2030-03-31T02:30:00[Europe/Berlin]",
            "2016-12-31T23:59:60Z",
            "2030-05-01T10:00:00+02:00[America/New_York]",
            "tomorrow",
        ],
    )
}

pub(super) fn words() -> Seeds {
    let entropy = [[0; 32], [0xff; 32], [7; 32]];
    let texts = entropy.map(|entropy| grid_protocol::words::RecoveryWords::from_entropy(entropy).words().join(" "));
    let upper = texts[2].to_uppercase().replace(' ', "\n ");
    let id = grid_protocol::id::to_base32(&[9; 32]);
    lines("words", &[&texts[0], &texts[1], &texts[2], &upper, &id, "abandon abandon"])
}

/// Bytes for the guard are choices: any will do, and more of them make longer stories.
pub(super) fn guards() -> Seeds {
    let mut chance = Mutator::new(0x0067_7561_7264);
    (0..24).map(|at| (format!("story-{at:02}"), chance.bytes(40 + 20 * at))).collect()
}
