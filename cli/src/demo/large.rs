//! A made-up coalition of any size in one home, as its founder has it after most of a year, to be asked anything.

use super::{
    Interrupt, Left,
    observe::rows,
    process::{Ground, Station},
    thousands, typed_in,
};
use crate::{
    client::{Client, path, with_query},
    context,
    failure::{Exit, Failure},
    output::Output,
    table::Table,
};
use grid_node::{
    sample::{DAYS, Sample, Size},
    setup,
};
use grid_protocol::time::Timestamp;
use jiff::{ToSpan as _, tz::Offset};
use serde_json::{Value, json};
use std::{
    ops::ControlFlow,
    path::Path,
    time::{Duration, Instant},
};

/// The name of the home in the directory of the demo.
const HOME: &str = "valleys";
/// The first start reads every record once; on a slow computer that takes minutes.
const PATIENCE: Duration = Duration::from_secs(600);
/// Records that are written, and read at the first start, in a second; about, and rather too few than too many.
const IN_A_SECOND: usize = 1_500;
/// Bytes that a record takes on the disk, about.
const BYTES: usize = 2_100;

/// Something that is asked.
#[derive(Clone, Copy, Debug)]
struct Asked {
    name: &'static str,
    words: &'static [(&'static str, &'static str)],
    /// The section whose rows are counted.
    section: &'static str,
    gives: Gives,
}

/// What a question gives in a made-up coalition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Gives {
    /// Rows, whatever its size.
    Rows,
    /// Rows, or none where it is small.
    Chance,
}

const fn asked(
    name: &'static str,
    words: &'static [(&'static str, &'static str)],
    section: &'static str,
    gives: Gives,
) -> Asked {
    Asked { name, words, section, gives }
}

const ASKED: &[Asked] = &[
    asked("find", &[("text", "water")], "others", Gives::Rows),
    asked("leaders", &[("interest", "water"), ("skill", "press")], "people", Gives::Chance),
    asked("match", &[], "matches", Gives::Chance),
    asked("match", &[("text", "van")], "matches", Gives::Chance),
    asked("help", &[], "open", Gives::Chance),
    asked("introduce", &[], "pairs", Gives::Chance),
    asked("wanted", &[], "wanted", Gives::Rows),
    asked("moments", &[], "moments", Gives::Rows),
    asked("calls", &[], "calls", Gives::Chance),
    asked("silence", &[], "silent", Gives::Chance),
    asked("adding-up", &[], "objectives", Gives::Rows),
    asked("flows", &[], "groups", Gives::Rows),
    asked("units", &[], "units", Gives::Rows),
    asked("decisions", &[], "closed", Gives::Chance),
    asked("reflection", &[], "coming", Gives::Rows),
    asked("funds", &[], "funds", Gives::Rows),
    asked("report", &[("for", "public")], "totals", Gives::Rows),
    asked("success", &[], "wins", Gives::Rows),
    asked("agenda", &[], "", Gives::Chance),
    asked("health", &[], "", Gives::Chance),
];

/// The size of a coalition of so many groups.
pub(super) fn size(groups: usize) -> Result<Size, Failure> {
    Size::of_groups(groups).map_err(|error| {
        Failure::usage(error.to_string()).hint(
            "20 is a quick look, and 1300 the largest network that the program was measured with: `grid demo --groups 20`",
        )
    })
}

/// Makes it, starts its node and asks it; the node goes on.
pub(super) fn show(
    size: Size,
    seed: u64,
    (ground, left): (&Ground, Left),
    interrupt: &Interrupt,
    out: &mut Output,
) -> Result<Station, Failure> {
    out.page(|page| {
        page.heading(&format!("A made-up coalition: {} groups on this computer, in one home.", thousands(size.groups)));
        page.line(&format!(
            "{} people and {} records, {DAYS} days of work, made from the seed {seed}: the same seed makes the same \
             coalition. It takes about {} and {} MB on the disk.",
            thousands(size.people),
            thousands(size.records),
            span(size.records / IN_A_SECOND),
            thousands((size.records * BYTES / 1_000_000).max(5)),
        ));
        page.gap();
    });
    let (mut station, made) = make(size, seed, ground, interrupt, out)?;
    let begun = Instant::now();
    station.start_within(interrupt, PATIENCE)?;
    let client = station.client()?;
    let status = whole(&client, size, interrupt)?;
    let started = begun.elapsed();
    let asked = ASKED.iter().map(|asked| ask(&client, asked)).collect::<Result<Vec<_>, Failure>>()?;
    let bytes = size_of(&station.home).map_err(|error| Failure::io("measure the home", &error))?;
    let summary = json!({
        "coalition": status["coalition"]["name"], "groups": status["members"], "people": size.people,
        "records": status["records"], "seed": seed, "home": station.home.display().to_string(),
        "http": status["http"], "bytes": bytes, "made_seconds": seconds(made), "started_seconds": seconds(started),
        "asked": asked,
    });
    out.answer(&summary, |page| {
        page.line(&format!(
            "Written in {:.1} s, {} MB. The node has read it all and knows {} members after {:.1} s.",
            seconds(made),
            thousands(usize::try_from(bytes / 1_000_000).unwrap_or_default()),
            status["members"],
            seconds(started),
        ));
        page.gap();
        page.heading("Ask it anything");
        typed_in(page, left, &ground.dir, &[HOME]);
        page.gap();
        let mut table = Table::wrapping(["Command", "Rows", "Took"]).keeping([0, 1, 2]);
        for asked in &asked {
            table.row([
                format!("$ grid --home {HOME} {}", asked["command"].as_str().unwrap_or_default()),
                asked["rows"].to_string(),
                format!("{:.0} ms", asked["milliseconds"].as_f64().unwrap_or_default()),
            ]);
        }
        page.table_within("  ", &table);
        if left == Left::Nothing {
            return;
        }
        page.gap();
        page.line("Lists, what else can be asked, and where the node stands:");
        for words in ["action list", "person list --skills press", "ask --help", "status"] {
            page.whole(&format!("  $ grid --home {HOME} {words}"));
        }
        if left == Left::Nodes {
            let http = summary["http"].as_str().unwrap_or_default();
            page.whole(&format!("  http://{http}  (the key is in {HOME}/api.token)"));
        }
    });
    Ok(station)
}

fn make(
    size: Size,
    seed: u64,
    ground: &Ground,
    interrupt: &Interrupt,
    out: &mut Output,
) -> Result<(Station, Duration), Failure> {
    let now = context::now();
    let today = Offset::UTC.to_datetime(now).date();
    let days = i64::try_from(DAYS).unwrap_or_default();
    let sample = Sample::since(seed, size, today.checked_sub(days.days()).unwrap_or(today));
    let home = ground.dir.join(HOME);
    let begun = Instant::now();
    let tenth = (sample.records.len() / 10).max(10_000);
    let mut told = tenth;
    let mut watch = |written: usize| {
        if written >= told && written < sample.records.len() {
            out.note(&format!("{} of {} records", thousands(written), thousands(sample.records.len())));
            told += tenth;
        }
        if interrupt.is_wished() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    let now = Timestamp(u64::try_from(now.as_millisecond()).unwrap_or_default());
    setup::sampled(&home, &sample, now, &mut watch)
        .map_err(|error| Failure::caused(Exit::Failed, &error).hint(error.hint()))?;
    let name = sample.groups.first().cloned().unwrap_or_default();
    Ok((Station::new(&name, home), begun.elapsed()))
}

/// Waits until the node knows every member and has read every record.
fn whole(client: &Client, size: Size, interrupt: &Interrupt) -> Result<Value, Failure> {
    interrupt.until("the node has read everything", PATIENCE, || {
        let status = client.get("/api/status")?;
        let has = |key: &str, count: usize| status[key].as_u64().is_some_and(|found| found >= count as u64);
        Ok((has("members", size.groups) && has("records", size.records)).then_some(status))
    })
}

/// Asks a question: its command, how many rows it gave, and how long it took.
fn ask(client: &Client, asked: &Asked) -> Result<Value, Failure> {
    let Asked { name, words, section, gives } = *asked;
    let begun = Instant::now();
    let answer = client.get(&with_query(&path(["questions", name]), words.iter().copied()))?;
    let took = begun.elapsed();
    let command = command(name, words);
    let all = answer["sections"].as_array().into_iter().flatten();
    let count = match section {
        "" => all.filter_map(|section| Some(section["rows"].as_array()?.len())).sum(),
        section => rows(&answer, section).count(),
    };
    if count == 0 && gives == Gives::Rows {
        let message = format!("`grid {command}` has nothing to say of a coalition of this size");
        return Err(Failure::new(Exit::Failed, message).code("not_observed"));
    }
    Ok(json!({"command": command, "rows": count, "milliseconds": seconds(took) * 1_000.0}))
}

/// The command that asks a question.
fn command(name: &str, words: &[(&str, &str)]) -> String {
    use grid_node::question::{Given, Place, named};
    let question = named(name);
    let ask = if question.is_some_and(|question| question.place == Place::Command) { "" } else { "ask " };
    let is_bare = |word: &str| {
        question.is_some_and(|known| known.words.iter().any(|it| it.name == word && it.many == Given::Bare))
    };
    let words =
        words.iter().map(|(word, text)| if is_bare(word) { format!(" {text}") } else { format!(" --{word} {text}") });
    format!("{ask}{name}{}", words.collect::<String>())
}

fn span(seconds: usize) -> String {
    match seconds {
        0..2 => "a second".to_owned(),
        2..90 => format!("{seconds} seconds"),
        more => format!("{} minutes", more.div_ceil(60)),
    }
}

fn seconds(time: Duration) -> f64 {
    (time.as_secs_f64() * 1_000.0).round() / 1_000.0
}

/// Bytes of all files below a directory.
fn size_of(directory: &Path) -> std::io::Result<u64> {
    let mut bytes = 0;
    for item in std::fs::read_dir(directory)? {
        let item = item?;
        bytes += if item.file_type()?.is_dir() { size_of(&item.path())? } else { item.metadata()?.len() };
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use grid_node::question;

    #[test]
    fn everything_that_is_asked_is_a_question_and_written_as_its_command() {
        for &Asked { name, words, .. } in ASKED {
            let question = question::named(name).unwrap_or_else(|| panic!("there is no question {name}"));
            for (word, _) in words {
                assert!(question.words.iter().any(|known| known.name == *word), "{name} has no word {word}");
            }
        }
        assert_eq!(command("leaders", &[("interest", "water")]), "ask leaders --interest water");
        assert_eq!(command("find", &[("text", "water")]), "find water");
    }

    #[test]
    fn a_size_that_is_no_coalition_is_refused_with_the_bounds() {
        for groups in [0, 2, 1_301, usize::MAX] {
            let failure = size(groups).unwrap_err();
            assert_eq!(failure.exit, Exit::Usage);
            assert!(failure.message.contains("3 to 1300") && failure.hint.is_some(), "{failure:?}");
        }
    }

    #[test]
    fn the_time_it_takes_is_told_in_seconds_and_minutes() {
        assert_eq!([0, 12, 90, 121].map(span), ["a second", "12 seconds", "2 minutes", "3 minutes"]);
    }
}
