//! `grid feed`: what several kinds have together, as a file for other programs, or under an address that they read.

mod link;

use crate::{
    client::{path, with_query},
    context::Context,
    failure::Failure,
    file,
};
use clap::{Args, Subcommand, ValueEnum};
use serde_json::json;
use std::path::PathBuf;

/// Write a calendar, news, a podcast or a map of everything that is here, or make an address that a calendar program reads
#[derive(Clone, Debug, Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true, disable_help_subcommand = true)]
pub(crate) struct Feed {
    #[command(subcommand)]
    verb: Option<Verb>,
    /// Which one
    #[arg(required = true)]
    what: Option<What>,
    /// Who reads it: `public` leaves out all that is for the coalition alone
    #[arg(long, default_value = "coalition")]
    audience: Audience,
    #[command(flatten)]
    narrow: Narrow,
    /// The file; without it everything is printed
    #[arg(long = "file", value_name = "FILE")]
    output: Option<PathBuf>,
}

/// What there is beside the file.
#[derive(Clone, Debug, Subcommand)]
enum Verb {
    Link(link::Make),
    Links(link::List),
    Unlink(link::Remove),
}

/// What narrows a feed.
#[derive(Clone, Debug, Args)]
struct Narrow {
    /// Only records of this kind
    #[arg(long)]
    kind: Option<String>,
    /// Only those of this group: its name or its id
    #[arg(long, value_name = "ID")]
    group: Option<String>,
    /// Only those that contain this text
    #[arg(long, value_name = "WORDS")]
    text: Option<String>,
    /// Only what takes place on this day or later, such as 2026-11-01; what has no date: what was changed since
    #[arg(long, value_name = "DAY")]
    since: Option<String>,
    /// Only what takes place up to this day, and on it
    #[arg(long, value_name = "DAY")]
    until: Option<String>,
    /// With --kind: only those whose field says this, such as place=Lismore
    #[arg(long = "where", value_name = "FIELD=VALUE", requires = "kind")]
    fields: Vec<String>,
    /// The podcast: only this series
    #[arg(long)]
    series: Option<String>,
}

impl Narrow {
    /// What it says, as the API asks for it.
    fn words(&self, what: What) -> Result<Vec<(&str, &str)>, Failure> {
        if self.series.is_some() && what != What::Podcast {
            return Err(Failure::usage("only a podcast has a series").hint("leave --series out"));
        }
        let Self { kind, group, text, since, until, series, fields } = self;
        let words =
            [("kind", kind), ("group", group), ("text", text), ("since", since), ("until", until), ("series", series)];
        let mut given: Vec<(&str, &str)> =
            words.into_iter().filter_map(|(name, word)| Some((name, word.as_deref()?))).collect();
        for field in fields {
            given.push(field.split_once('=').ok_or_else(|| {
                Failure::usage(format!("--where: expected a field and what it says, found {field:?}"))
                    .hint("such as --where place=Lismore")
            })?);
        }
        Ok(given)
    }
}

/// What there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum What {
    /// Actions, events, moments, hearings and tasks, as iCalendar
    Calendar,
    /// What is new, as Atom
    News,
    /// Recordings, as RSS
    Podcast,
    /// Everything with a point, as GeoJSON
    Map,
}

/// Who reads it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Audience {
    /// Everybody
    Public,
    /// The groups of the coalition
    Coalition,
}

impl What {
    /// Its name in the API.
    const fn word(self) -> &'static str {
        match self {
            What::Calendar => "calendar",
            What::News => "news",
            What::Podcast => "podcast",
            What::Map => "map",
        }
    }
}

impl Feed {
    pub(crate) fn run(self, context: &mut Context<'_>) -> Result<(), Failure> {
        match self.verb {
            Some(Verb::Link(verb)) => return verb.run(context),
            Some(Verb::Links(verb)) => return verb.run(context),
            Some(Verb::Unlink(verb)) => return verb.run(context),
            None => {}
        }
        let Some(what) = self.what else { return Err(Failure::usage("say which feed").hint("`grid feed calendar`")) };
        let name = match what {
            What::Calendar => "calendar.ics",
            What::News => "news.atom",
            What::Podcast => "podcast.rss",
            What::Map => "map.geojson",
        };
        if self.output.is_none() {
            context.only_text(&format!("feed {}", what.word()))?;
        }
        let audience = match self.audience {
            Audience::Public => "public",
            Audience::Coalition => "coalition",
        };
        let query = [("audience", audience)].into_iter().chain(self.narrow.words(what)?);
        let bytes = context.client()?.file(&with_query(&path(["feeds", name]), query))?;
        let Some(target) = &self.output else {
            context.out.bytes(&bytes);
            return Ok(());
        };
        file::write(target, &bytes)?;
        let shown = target.display().to_string();
        context.out.answer(&json!({"file": shown, "audience": audience, "bytes": bytes.len()}), |page| {
            page.line(&format!("It is in {shown}, with what {audience} readers may see."));
        });
        Ok(())
    }
}
