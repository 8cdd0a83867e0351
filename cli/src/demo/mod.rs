//! `grid demo`: the quickest look. Three groups on this computer, with homes and network connections of their own,
//! founded and joined through the same commands as everybody's; or a made-up coalition of any size in one home.

mod apart;
mod interrupt;
mod large;
mod observe;
mod process;
mod sample;
mod scene;
mod story;
mod telling;

use crate::{
    context,
    failure::Failure,
    output::{Format, Output, Page},
};
use interrupt::Interrupt;
use process::{After, Ground, Station};
use sample::Sample;
use std::path::{Path, PathBuf};
use story::{Story, WIDTH};

/// How the demo is run.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    pub(crate) shown: Shown,
    pub(crate) ending: Ending,
    /// Where the homes are kept; none: among the temporary files.
    pub(crate) dir: Option<PathBuf>,
    pub(crate) homes: Homes,
}

/// What the demo shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shown {
    /// The story of three groups.
    Story,
    /// A made-up coalition of so many groups, the same for every seed.
    Coalition { groups: usize, seed: u64 },
}

/// When the demo ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    /// After the story.
    AfterStory,
    /// When somebody presses Ctrl-C.
    OnRequest,
}

/// What becomes of the homes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Homes {
    Keep,
    Remove,
}

/// What is left once everything was shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Left {
    /// The nodes go on.
    Nodes,
    /// The homes stay.
    Homes,
    Nothing,
}

impl Left {
    const fn after(ending: Ending, ground: &Ground) -> Self {
        match (ending, ground.after()) {
            (Ending::OnRequest, _) => Left::Nodes,
            (Ending::AfterStory, After::Keep) => Left::Homes,
            (Ending::AfterStory, After::Remove) => Left::Nothing,
        }
    }
}

/// Runs the demo.
pub(crate) fn run(plan: &Plan, out: &mut Output) -> Result<(), Failure> {
    let size = match plan.shown {
        Shown::Story => None,
        // What can't be made is refused before anything is made.
        Shown::Coalition { groups, seed } => Some((large::size(groups)?, seed)),
    };
    let ground = match (&plan.dir, plan.homes) {
        (Some(dir), _) => Ground::at(dir)?,
        (None, Homes::Keep) => Ground::temporary(After::Keep)?,
        (None, Homes::Remove) => Ground::temporary(After::Remove)?,
    };
    let left = Left::after(plan.ending, &ground);
    let interrupt = Interrupt::listen()?;
    out.narrow(WIDTH);
    let stations = match size {
        Some((size, seed)) => vec![large::show(size, seed, (&ground, left), &interrupt, out)?],
        None => tell(&ground, left, &interrupt, out)?,
    };
    if plan.ending == Ending::OnRequest {
        out.page(|page| {
            page.gap();
            page.line(match stations.len() {
                1 => "The node goes on. Try the lines above in another window. Ctrl-C ends the demo.",
                _ => "The nodes go on. Try the lines above in another window. Ctrl-C ends the demo.",
            });
        });
        interrupt.wait();
    }
    if out.format() == Format::Human {
        out.note(if stations.len() == 1 { "Stopping the node." } else { "Stopping the nodes." });
    }
    drop(stations);
    match ground.after() {
        After::Keep => out.note(&format!("The homes are kept in {}.", ground.dir.display())),
        After::Remove => out.note("The homes of the demo are removed."),
    }
    Ok(())
}

/// Tells the story; the nodes that it leaves running.
fn tell(ground: &Ground, left: Left, interrupt: &Interrupt, out: &mut Output) -> Result<Vec<Station>, Failure> {
    let sample = Sample::new(context::now());
    out.page(|page| {
        page.heading(&format!("{}: three groups on this computer, no internet needed.", sample.coalition.name));
        page.line(
            "Each has a node and a home of its own. Every answer below comes from the node of one group, and most of \
             what it says was written on another. Lines that begin with $ are commands that you can type yourself.",
        );
    });
    let mut story = Story::new(&sample, &ground.dir, interrupt, out);
    story.tell()?;
    let summary = story.summary()?;
    // The nodes go on until the stations are dropped.
    let stations = std::mem::take(&mut story.stations);
    drop(story);
    out.answer(&summary, |page| {
        let observed = summary["observed"].as_array().into_iter().flatten();
        let checked = observed.filter(|seen| seen["observations"].as_u64() > Some(0)).count();
        page.gap();
        page.heading("How to go on");
        page.line(&format!(
            "{checked} answers were checked against what should be in them; all of them held. It took {:.1} seconds.",
            summary["seconds"].as_f64().unwrap_or_default()
        ));
        typed_in(page, left, &ground.dir, &sample.groups.iter().map(|group| group.slug.as_str()).collect::<Vec<_>>());
        if left == Left::Nodes {
            for group in summary["groups"].as_array().into_iter().flatten() {
                let text = |key: &str| group[key].as_str().unwrap_or_default();
                let slug = sample.groups.iter().find(|known| known.name == text("name"));
                let slug = slug.map_or("", |known| &known.slug);
                page.line(&format!("{}:", text("name")));
                page.whole(&format!("  $ grid --home {slug} status"));
                page.whole(&format!("  http://{}  (the key is in {slug}/api.token)", text("http")));
            }
            page.line("What needs care, what is ahead, and everything else that can be asked:");
            for words in ["health", "agenda", "ask --help"] {
                page.whole(&format!("  $ grid --home weir {words}"));
            }
        }
        page.line("A coalition after most of a year, of twenty groups or of 1,300, to be asked anything:");
        page.whole("  $ grid demo --groups 20");
    });
    Ok(stations)
}

/// Says where the commands of the demo are typed, and how `grid` is found.
fn typed_in(page: &mut Page, left: Left, dir: &Path, homes: &[&str]) {
    match left {
        Left::Nodes => page.line("To type the commands, open another window and begin with:"),
        Left::Homes => page.line("The nodes end now, and the homes stay. To type the commands, begin with:"),
        Left::Nothing => {
            page.line(
                "Nodes and homes go now. To type the commands yourself, leave --once out, or keep the homes with \
                 --dir DIR.",
            );
            return;
        }
    }
    page.whole(&format!("  $ cd {}", dir.display()));
    if let Some(program) = unknown_to_the_shell() {
        page.whole(&format!("  $ alias grid={}", program.display()));
    }
    if left == Left::Homes {
        for home in homes {
            page.whole(&format!("  $ grid --home {home} node &"));
        }
    }
}

/// This program, where `grid` typed in a shell would not be it.
fn unknown_to_the_shell() -> Option<PathBuf> {
    let own = std::env::current_exe().ok()?.canonicalize().ok()?;
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path).map(|dir| dir.join("grid")).find(|file| file.is_file());
    let is_found = found.and_then(|found| found.canonicalize().ok()).is_some_and(|found| found == own);
    (!is_found).then_some(own)
}

/// A number with its thousands apart.
fn thousands(number: usize) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_stand_apart() {
        assert_eq!([0, 999, 1_300, 100_000].map(thousands), ["0", "999", "1,300", "100,000"]);
    }
}
