//! Pages that an invite brings: what whoever is invited reads before signing.
//!
//! They are the words of the coalition as the inviter's node had them. No signature stands under them: whoever hands an
//! invite over can write into it what they like, as they can say it.

use super::{InviteTicket, ParseInviteError};
use crate::limits::{MAX_INVITE_PAGE, MAX_INVITE_PAGES, MAX_LINE};
use serde::{Deserialize, Serialize};

/// A page for whoever is invited.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenPage {
    /// What it is about.
    pub title: String,
    /// What it is for: `value`, `faq`, `privacy`.
    pub purpose: String,
    /// The group that began it.
    pub by: String,
    /// The text, in Markdown.
    pub text: String,
}

/// The content of an invite of format 2.
#[derive(Serialize, Deserialize)]
pub(super) struct WithPages {
    ticket: InviteTicket,
    pages: Vec<OpenPage>,
}

impl WithPages {
    pub(super) fn of(ticket: &InviteTicket) -> Self {
        Self { ticket: ticket.clone(), pages: ticket.pages.clone() }
    }

    pub(super) fn into_ticket(self) -> Result<InviteTicket, ParseInviteError> {
        let is_short = |text: &str, most: usize| text.len() <= most;
        let fits = |page: &OpenPage| {
            [&page.title, &page.purpose, &page.by].iter().all(|line| is_short(line, 4 * MAX_LINE))
                && is_short(&page.text, MAX_INVITE_PAGE)
        };
        // Without pages an invite has one form alone, and it is not this.
        if self.pages.is_empty() || self.pages.len() > MAX_INVITE_PAGES || !self.pages.iter().all(fits) {
            return Err(ParseInviteError::Pages);
        }
        Ok(InviteTicket { pages: self.pages, ..self.ticket })
    }
}

impl InviteTicket {
    /// The same with pages to read before signing: as many as an invite takes, each cut where it is too long.
    #[must_use]
    pub fn with_pages(mut self, pages: Vec<OpenPage>) -> Self {
        self.pages = pages;
        self.pages.truncate(MAX_INVITE_PAGES);
        for page in &mut self.pages {
            for line in [&mut page.title, &mut page.purpose, &mut page.by] {
                cut(line, 4 * MAX_LINE);
            }
            cut(&mut page.text, MAX_INVITE_PAGE);
        }
        self
    }
}

fn cut(text: &mut String, most: usize) {
    const MORE: &str = "…";
    if text.len() > most {
        text.truncate(text.floor_char_boundary(most - MORE.len()));
        text.push_str(MORE);
    }
}
