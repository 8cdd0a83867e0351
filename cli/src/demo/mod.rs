//! `grid demo`: the quickest look. Three groups on this computer, with homes and network connections of their own,
//! founded and joined through the same commands as everybody's.

mod interrupt;
mod process;
mod sample;
mod story;

use crate::{
    context,
    failure::Failure,
    output::{Format, Output},
};
use interrupt::Interrupt;
use process::{After, Ground};
use sample::Sample;
use std::path::PathBuf;
use story::Story;

/// How the demo is run.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    pub(crate) ending: Ending,
    /// Where the homes are kept; none: among the temporary files.
    pub(crate) dir: Option<PathBuf>,
    pub(crate) homes: Homes,
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

/// Runs the demo.
pub(crate) fn run(plan: &Plan, out: &mut Output) -> Result<(), Failure> {
    let ground = match (&plan.dir, plan.homes) {
        (Some(dir), _) => Ground::at(dir)?,
        (None, Homes::Keep) => Ground::temporary(After::Keep)?,
        (None, Homes::Remove) => Ground::temporary(After::Remove)?,
    };
    let interrupt = Interrupt::listen()?;
    let sample = Sample::new(context::now());
    out.page(|page| {
        page.heading(&format!("{}: three groups on this computer, no internet needed.", sample.coalition.name));
        page.gap();
    });
    let mut story = Story::new(&sample, &ground.dir, &interrupt, out);
    story.tell(&ground.dir)?;
    let summary = story.summary()?;
    // The nodes go on until the stations are dropped.
    let stations = std::mem::take(&mut story.stations);
    drop(story);
    out.answer(&summary, |page| {
        page.gap();
        page.heading("How to reach them");
        for group in summary["groups"].as_array().into_iter().flatten() {
            let text = |key: &str| group[key].as_str().unwrap_or_default();
            page.line(text("name"));
            page.whole(&format!("  grid --home {} status", text("home")));
            page.whole(&format!("  http://{}  (the key is in {}/api.token)", text("http"), text("home")));
        }
        page.gap();
    });
    if plan.ending == Ending::OnRequest {
        out.page(|page| {
            page.line("The three nodes go on. Try the lines above in another window. Ctrl-C ends the demo.")
        });
        interrupt.wait();
    }
    if out.format() == Format::Human {
        out.note("Stopping the three nodes.");
    }
    drop(stations);
    match ground.after() {
        After::Keep => out.note(&format!("The homes are kept in {}.", ground.dir.display())),
        After::Remove => out.note("The homes of the demo are removed."),
    }
    Ok(())
}
