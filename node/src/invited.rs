//! What whoever is invited may read before signing: the pages that say what a member gets, what newcomers ask, and what
//! is stored of them.
//!
//! A page of one of these purposes is written for people outside; no other page leaves the coalition with an invite.

use crate::view::Views;
use grid_protocol::invite::OpenPage;

/// The purposes of pages that go with an invite, in the order in which they are read.
const PURPOSES: [&str; 3] = ["value", "faq", "privacy"];

/// The pages that go with an invite: by purpose, those changed last first.
pub fn pages(views: &Views) -> Vec<OpenPage> {
    let of = |purpose: &'static str| {
        let pages = views.shown("page").filter(move |row| row.values.text("purpose") == purpose);
        pages.filter(|row| !row.values.text("text").trim().is_empty()).map(move |row| OpenPage {
            title: views.title_of(row),
            purpose: purpose.to_owned(),
            by: row.owner().map(|group| views.name_of(&group)).unwrap_or_default(),
            text: row.values.text("text").to_owned(),
        })
    };
    PURPOSES.into_iter().flat_map(of).collect()
}
