//! `grid feed`: what several kinds have together, as a file for other programs.

use crate::{
    client::{path, with_query},
    context::Context,
    failure::Failure,
    file,
};
use clap::{Args, ValueEnum};
use serde_json::json;
use std::path::PathBuf;

/// Write a calendar, news, a podcast or a map of everything that is here, for other programs
#[derive(Clone, Debug, Args)]
pub(crate) struct Feed {
    /// Which one
    what: What,
    /// Who reads it: `public` leaves out all that is for the coalition alone
    #[arg(long, default_value = "coalition")]
    audience: Audience,
    /// Only records of this kind
    #[arg(long)]
    kind: Option<String>,
    /// Only those of this group: its name or its id
    #[arg(long, value_name = "ID")]
    group: Option<String>,
    /// Only those that contain this text
    #[arg(long, value_name = "WORDS")]
    text: Option<String>,
    /// The podcast: only this series
    #[arg(long)]
    series: Option<String>,
    /// The file; without it everything is printed
    #[arg(long = "file", value_name = "FILE")]
    output: Option<PathBuf>,
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

impl Feed {
    pub(crate) fn run(self, context: &mut Context<'_>) -> Result<(), Failure> {
        if self.series.is_some() && self.what != What::Podcast {
            return Err(Failure::usage("only a podcast has a series").hint("leave --series out"));
        }
        let name = match self.what {
            What::Calendar => "calendar.ics",
            What::News => "news.atom",
            What::Podcast => "podcast.rss",
            What::Map => "map.geojson",
        };
        let audience = match self.audience {
            Audience::Public => "public",
            Audience::Coalition => "coalition",
        };
        let words = [("kind", &self.kind), ("group", &self.group), ("text", &self.text), ("series", &self.series)];
        let given = words.iter().filter_map(|(name, word)| Some((*name, word.as_deref()?)));
        let query = [("audience", audience)].into_iter().chain(given);
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
