//! Feeds: what several kinds have together, for calendars, news readers, podcast players and maps.

use super::Api;
use super::error::{ApiError, ErrorAnswer};
use super::filter::Filter;
use super::input::{Download, Words};
use super::open::{Seen, at_their_next, take_audience};
use super::text::Near;
use crate::handle::Me;
use crate::view::Views;
use crate::view::overlong::not_looked_through;
use axum::extract::State;
use grid_protocol::record::format::{Entry, Feed, atom, calendar, geojson, podcast};
use grid_protocol::record::{Audience, Kind, KindRole};
use grid_protocol::replica::Row;
use serde_json::json;
use std::cmp::Reverse;
use std::sync::Arc;

/// What stands in the calendar of all: what people come together for, and what is due.
const CALENDAR: &[&str] = &["action", "event", "moment", "case", "task"];
/// What can be listened to.
const HEARD: &str = "event";
/// The sorts of it that are made to be listened to.
const SORTS: &[&str] = &["podcast", "webinar"];
/// So much news a feed holds: a reader asks again and again.
const NEWS: usize = 100;
/// So many episodes.
const EPISODES: usize = 300;

/// A feed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Which {
    /// What people come together for, and what is due.
    Calendar,
    /// What is new.
    News,
    /// What can be listened to.
    Podcast,
    /// What has a point.
    Map,
}

impl Which {
    const ALL: [Self; 4] = [Self::Calendar, Self::News, Self::Podcast, Self::Map];

    /// The feed of this name, as a link names it.
    pub(super) fn named(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|which| which.word() == word)
    }

    /// Its name.
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Calendar => "calendar",
            Self::News => "news",
            Self::Podcast => "podcast",
            Self::Map => "map",
        }
    }

    /// The last part of its address.
    pub(super) const fn file(self) -> &'static str {
        match self {
            Self::Calendar => "calendar.ics",
            Self::News => "news.atom",
            Self::Podcast => "podcast.rss",
            Self::Map => "map.geojson",
        }
    }

    /// Whether it holds records of a kind, as its readers see that.
    fn takes(self, seen: &Seen) -> bool {
        match self {
            Self::Calendar => CALENDAR.contains(&seen.kind.name.as_str()) && seen.shape.starts.is_some(),
            Self::News => true,
            Self::Podcast => seen.kind.name == HEARD && seen.shape.recording.is_some(),
            Self::Map => seen.shape.point.is_some(),
        }
    }

    /// Whether it holds a record of such a kind: of what can be listened to that which was recorded for it.
    fn holds(self, seen: &Seen, row: &Row) -> bool {
        let is_recorded =
            |row: &Row| seen.shape.recording.as_ref().is_some_and(|field| !row.values.text(field).is_empty());
        self != Self::Podcast || SORTS.contains(&row.values.text("sort")) && is_recorded(row)
    }

    /// Refuses words that narrow it to a kind that it never holds. A link that was made with such words is read as
    /// before: nothing is in it.
    pub(super) fn check(self, api: &Api, audience: Audience, words: &Words) -> Result<(), ApiError> {
        let Some(name) = words.clone().take("kind")? else { return Ok(()) };
        let holds = |kind: &Kind| Seen::by(kind, audience).is_some_and(|seen| self.takes(&seen));
        let kind = api.kind(&name)?;
        if holds(&kind) {
            return Ok(());
        }
        let kinds = api.handle.look(|views| {
            let held = views.registry.kinds().filter(|kind| holds(kind));
            held.map(|kind| kind.name.clone()).collect::<Vec<String>>()
        });
        let message = format!("kind: the {} holds no {} that {audience} readers see", self.word(), kind.plural);
        Err(ApiError::invalid(message, format!("It holds these kinds: {}.", kinds.join(", "))))
    }

    /// The feed as such readers see it, narrowed by these words.
    pub(super) async fn written(self, api: &Api, audience: Audience, words: Words) -> Result<Download, ApiError> {
        match self {
            Self::Calendar => calendar_of(api, audience, words).await,
            Self::News => news_of(api, audience, words).await,
            Self::Podcast => podcast_of(api, audience, words).await,
            Self::Map => map_of(api, audience, words).await,
        }
    }

    /// The feed that a request asks for.
    async fn asked(self, api: &Api, mut words: Words) -> Result<Download, ApiError> {
        let audience = take_audience(&mut words, Audience::Coalition)?;
        self.check(api, audience, &words)?;
        self.written(api, audience, words).await
    }

    /// Writes where it holds up nobody.
    async fn file_of(
        self,
        content_type: &'static str,
        write: impl FnOnce() -> String + Send + 'static,
    ) -> Result<Download, ApiError> {
        let written = tokio::task::spawn_blocking(write).await;
        let text = written.map_err(|_| ApiError::internal("writing the feed broke off"))?;
        Ok(Download { content_type, name: self.file().to_owned(), bytes: text.into_bytes() })
    }
}

/// Which records a feed is made from.
struct Source {
    me: Me,
    audience: Audience,
    kind: Option<Arc<Kind>>,
    words: Words,
}

/// What a feed does with records that were removed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Gone {
    Shown,
    LeftOut,
}

/// Of which groups a feed tells.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Groups {
    /// Of all: what they wrote was written.
    All,
    /// Of those that have not left and were not removed: what holds now.
    Present,
}

impl Source {
    async fn take(api: &Api, audience: Audience, mut words: Words) -> Result<Self, ApiError> {
        let kind = words.take("kind")?.map(|name| api.kind(&name)).transpose()?;
        Ok(Self { me: api.handle.me().await?, audience, kind, words })
    }

    fn feed(&self, api: &Api, what: &str, about: &str) -> Feed {
        let name = self.me.coalition_name.clone().unwrap_or_else(|| "Coalition".to_owned());
        let author = self.me.group_name.clone();
        let link = api.handle.look(website);
        Feed {
            title: format!("{name}: {what}"),
            about: about.to_owned(),
            id: format!("urn:x-grid:{}:{what}", self.me.coalition),
            link,
            author,
        }
    }

    /// The entries of these kinds, those of each kind narrowed alike, the newest first; and what is to be said where some
    /// were not looked through for words.
    fn entries(
        &self,
        views: &Views,
        which: Which,
        most: usize,
        (gone, groups): (Gone, Groups),
    ) -> Result<(Vec<Entry>, Option<String>), ApiError> {
        let mut left = 0;
        let mut found: Vec<(Arc<Row>, usize)> = Vec::new();
        let mut seen = Vec::new();
        let seen_as = |kind: &Arc<Kind>| {
            let is_asked = self.kind.as_ref().is_none_or(|asked| asked.name == kind.name);
            Seen::by(kind, self.audience).filter(|seen| is_asked && which.takes(seen))
        };
        let kinds: Vec<_> = views.registry.kinds().filter_map(|kind| Some((kind, seen_as(kind)?))).collect();
        let near = Near::to(views, &self.words, |name| kinds.iter().any(|(kind, _)| kind.name == name))?;
        for (kind, kind_seen) in kinds {
            let filter = Filter::for_readers(views, &kind_seen.kind, self.words.clone())?;
            let present = |row: &Row| groups == Groups::All || views.holds(row);
            let is_for = |row: &Row| {
                which.holds(&kind_seen, row) && !views.hidden.hides(row) && present(row) && kind_seen.takes(views, row)
            };
            let fits = |row: &&Arc<Row>| is_for(row) && kind_seen.is_shown(&filter, row);
            let rows = Near::of_kind(near.as_ref(), views, kind).filter(fits);
            found.extend(rows.take(most).map(|row| (row.clone(), seen.len())));
            if gone == Gone::Shown {
                let removed = Near::removed(near.as_ref(), views, kind).filter(fits);
                found.extend(removed.map(|row| (row.clone(), seen.len())));
            }
            let told = |row: &&Arc<Row>| is_for(row) && (gone == Gone::Shown || !row.is_removed());
            left += Near::left(near.as_ref(), kind).filter(told).count();
            seen.push(kind_seen);
        }
        found.sort_by_key(|(row, _)| (Reverse(row.changed), row.document));
        found.truncate(most);
        let entry = |(row, at): &(Arc<Row>, usize)| seen.get(*at)?.entry(views, &self.me.coalition, row);
        Ok((found.iter().filter_map(entry).collect(), not_looked_through(left)))
    }
}

/// The page of this group on the web, as its profile gives it.
fn website(views: &Views) -> String {
    let Some(kind) = views.registry.with_role(KindRole::Profile) else { return String::new() };
    let own = views.shown(&kind.name).find(|row| row.owner() == Some(views.own));
    let seen = Seen::by(kind, Audience::Public);
    let link = seen.and_then(|seen| seen.shape.link);
    own.zip(link).map(|(row, link)| row.values.text(&link).to_owned()).unwrap_or_default()
}

/// Actions, events, moments, hearings and tasks in one calendar.
#[utoipa::path(get, path = "/api/feeds/calendar.ics", operation_id = "feed_calendar", tag = "feeds",
    params(("audience" = Option<String>, Query, description = "public or coalition"), ("kind" = Option<String>, Query),
        ("group" = Option<String>, Query), ("text" = Option<String>, Query), ("since" = Option<String>, Query),
        ("until" = Option<String>, Query)),
    responses((status = 200, description = "iCalendar.", content_type = "text/calendar", body = String),
        (status = 400, description = "There is no such filter.", body = ErrorAnswer)))]
pub(crate) async fn calendar_feed(State(api): State<Api>, words: Words) -> Result<Download, ApiError> {
    Which::Calendar.asked(&api, words).await
}

async fn calendar_of(api: &Api, audience: Audience, words: Words) -> Result<Download, ApiError> {
    let source = Source::take(api, audience, words).await?;
    let mut feed = source.feed(api, "calendar", "Actions, events, moments, hearings and tasks.");
    let (which, of) = (Which::Calendar, (Gone::Shown, Groups::Present));
    let (entries, note) = api.handle.look(|views| source.entries(views, which, usize::MAX, of))?;
    feed.about.extend(note.map(|note| format!(" {note}")));
    Which::Calendar.file_of("text/calendar; charset=utf-8", move || calendar(&feed, &entries)).await
}

/// What is new, of all kinds.
#[utoipa::path(get, path = "/api/feeds/news.atom", operation_id = "feed_news", tag = "feeds",
    params(("audience" = Option<String>, Query, description = "public or coalition"), ("kind" = Option<String>, Query),
        ("group" = Option<String>, Query), ("text" = Option<String>, Query), ("since" = Option<String>, Query),
        ("until" = Option<String>, Query)),
    responses((status = 200, description = "Atom.", content_type = "application/atom+xml", body = String),
        (status = 400, description = "There is no such filter.", body = ErrorAnswer)))]
pub(crate) async fn news_feed(State(api): State<Api>, words: Words) -> Result<Download, ApiError> {
    Which::News.asked(&api, words).await
}

async fn news_of(api: &Api, audience: Audience, words: Words) -> Result<Download, ApiError> {
    let source = Source::take(api, audience, words).await?;
    let mut feed = source.feed(api, "news", "What groups have written, the newest first.");
    let of = (Gone::LeftOut, Groups::All);
    let (entries, note) = api.handle.look(|views| source.entries(views, Which::News, NEWS, of))?;
    feed.about.extend(note.map(|note| format!(" {note}")));
    Which::News.file_of("application/atom+xml; charset=utf-8", move || atom(&feed, &at_their_next(&entries))).await
}

/// Recordings of podcasts and webinars.
#[utoipa::path(get, path = "/api/feeds/podcast.rss", operation_id = "feed_podcast", tag = "feeds",
    params(("audience" = Option<String>, Query, description = "public or coalition"),
        ("series" = Option<String>, Query), ("language" = Option<String>, Query), ("group" = Option<String>, Query),
        ("text" = Option<String>, Query), ("since" = Option<String>, Query), ("until" = Option<String>, Query)),
    responses((status = 200, description = "RSS 2.0.", content_type = "application/rss+xml", body = String),
        (status = 400, description = "There is no such filter.", body = ErrorAnswer)))]
pub(crate) async fn podcast_feed(State(api): State<Api>, words: Words) -> Result<Download, ApiError> {
    Which::Podcast.asked(&api, words).await
}

async fn podcast_of(api: &Api, audience: Audience, words: Words) -> Result<Download, ApiError> {
    let series = words.clone().take("series")?;
    let source = Source::take(api, audience, words).await?;
    let mut feed = source.feed(api, "podcast", "What can be listened to.");
    if let Some(series) = series.filter(|series| !series.is_empty()) {
        feed.title = series.clone();
        feed.id = format!("{}:{series}", feed.id);
    }
    let (which, of) = (Which::Podcast, (Gone::LeftOut, Groups::All));
    // Which are the newest goes by when they took place, not by who corrected a title last.
    let (mut entries, note) = api.handle.look(|views| source.entries(views, which, usize::MAX, of))?;
    entries.sort_by_key(|entry| Reverse(entry.starts().map(|starts| starts.instant())));
    entries.truncate(EPISODES);
    feed.about.extend(note.map(|note| format!(" {note}")));
    Which::Podcast.file_of("application/rss+xml; charset=utf-8", move || podcast(&feed, &entries)).await
}

/// Everything that has a point on the map.
#[utoipa::path(get, path = "/api/feeds/map.geojson", operation_id = "feed_map", tag = "feeds",
    params(("audience" = Option<String>, Query, description = "public or coalition"), ("kind" = Option<String>, Query),
        ("group" = Option<String>, Query), ("text" = Option<String>, Query), ("since" = Option<String>, Query),
        ("until" = Option<String>, Query)),
    responses((status = 200, description = "GeoJSON.", content_type = "application/geo+json", body = Object),
        (status = 400, description = "There is no such filter.", body = ErrorAnswer)))]
pub(crate) async fn map_feed(State(api): State<Api>, words: Words) -> Result<Download, ApiError> {
    Which::Map.asked(&api, words).await
}

async fn map_of(api: &Api, audience: Audience, words: Words) -> Result<Download, ApiError> {
    let source = Source::take(api, audience, words).await?;
    let (which, of) = (Which::Map, (Gone::LeftOut, Groups::Present));
    let (entries, note) = api.handle.look(|views| source.entries(views, which, usize::MAX, of))?;
    let write = move || {
        let mut map = geojson(&at_their_next(&entries));
        if let Some(note) = note {
            map["note"] = json!(note);
        }
        map.to_string()
    };
    Which::Map.file_of("application/geo+json", write).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::question::fixture::Coalition;
    use grid_protocol::id::CoalitionId;
    use grid_protocol::key::{DeviceId, PublicKey};

    #[test]
    fn a_feed_looks_through_very_long_records_as_far_as_there_is_time_and_says_how_many_it_left() {
        let mut coalition = Coalition::new(&["Clean River", "Mallory"]);
        coalition.record(
            0,
            "event",
            json!({"title": "Heron walk", "starts": "2026-11-25T10:00:00Z", "readers": "public", "sort": "podcast", "recording": "https://example.org/heron.mp3"}),
        );
        // About a megabyte each, of which four are looked through.
        let mut long = |title: &str, last: &str, readers: &str| {
            let fields = json!({"title": title, "about": Coalition::wordy(last), "starts": "2026-11-25T10:00:00Z", "readers": readers, "sort": "podcast", "recording": "https://example.org/long.mp3"});
            coalition.record(1, "event", fields)
        };
        long("Short enough", "heron", "public");
        let gone = long("Gone", "heron", "public");
        for number in 0..3 {
            long(&format!("Filler {number}"), "otters swim", "coalition");
        }
        long("Heron, at last", "heron swims and sings", "public");
        long("Inside", "heron swims, sings and sleeps", "coalition");
        let row = coalition.views.records.row(&gone.parse().unwrap()).unwrap();
        let gone = Row { presence: grid_protocol::record::Presence::Removed, ..(**row).clone() };
        coalition.views.take_rows([Arc::new(gone)]);
        let (coalition_id, device) = (CoalitionId([7; 32]), DeviceId(PublicKey([9; 32])));
        let me = || Me { coalition: coalition_id, coalition_name: None, group_name: "Clean River".to_owned(), device };
        let read = |which, audience, gone| {
            let source = Source { me: me(), audience, kind: None, words: Words::read("text=heron").unwrap() };
            let read = source.entries(&coalition.views, which, usize::MAX, (gone, Groups::Present));
            let (entries, note) = read.unwrap_or_else(|_| panic!("the words are sound"));
            let mut titles: Vec<String> = entries.into_iter().map(|entry| entry.title).collect();
            titles.sort();
            (titles.join(", "), note.and_then(|note| note.split(' ').next().map(str::to_owned)))
        };
        let shown = || "Heron walk, Short enough".to_owned();
        // One that has the word in its name, too: it is as long as the others.
        let left = |count: &str| Some(count.to_owned());
        assert_eq!(read(Which::Calendar, Audience::Coalition, Gone::Shown), (shown(), left("3")));
        assert_eq!(
            read(Which::Calendar, Audience::Public, Gone::Shown),
            (shown(), left("2")),
            "as far as they may read"
        );
        assert_eq!(read(Which::Podcast, Audience::Public, Gone::LeftOut), (shown(), left("One")));
    }
}
