//! Open formats: records as calendars, news feeds, podcasts, maps and address books, and back.
//!
//! No format knows a kind. What a kind gives comes from the types and names of its fields by one rule, the [`Shape`]:
//! its first date-time is the start, its first place the place, and so on. Whoever adds a kind has its calendar and its
//! map without another line.
//!
//! ```text
//! Kind ─► seen_by(audience) ─► Shape ─┐
//!                                     ├─► Entry ─► calendar, feed, podcast, map, cards
//! record ─────────────────────────────┘
//! calendar, cards, map ─► rows of an ImportPlan, as from any table
//! ```

mod calendar;
mod card;
mod entry;
mod feed;
mod from_calendar;
mod from_card;
mod from_map;
mod lines;
mod map;
mod podcast;
mod row;
mod shape;
mod xml;
mod zone;
mod zone_out;

#[cfg(test)]
mod tests;

pub use calendar::calendar;
pub use card::cards;
pub use entry::{Credit, Entry, Feed};
pub use feed::atom;
pub use map::geojson;
pub use podcast::podcast;
pub use shape::Shape;

pub(super) use from_calendar::read_calendar;
pub(super) use from_card::read_cards;
pub(super) use from_map::read_map;
