//! Credit: from what a record was made, and who made that.
//!
//! It holds whatever becomes of the original. One that was removed still stands in its log, with its owner. One that is
//! hidden here is hidden for the people of this computer, and its maker is still its maker: so the maker is named, and
//! nothing else of it. Where nothing of it is here nobody is named, least of all whoever copied it.

use super::Views;
use grid_protocol::id::DocumentId;
use grid_protocol::record::Audience;
use grid_protocol::record::format::Credit;
use grid_protocol::replica::Row;
use std::sync::Arc;

/// What can be made from something else, and the field that says from what.
pub(crate) const MADE: [(&str, &str); 2] = [("resource", "based_on_resource"), ("action", "copied_from")];

/// What stands for the name of something that is not told.
const SOMETHING: &str = "something";

/// What a record was made from.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Source<'a> {
    /// It is here, though perhaps removed, or hidden.
    Here(&'a Arc<Row>),
    /// Nothing of it is here.
    Unknown(DocumentId),
}

impl Source<'_> {
    /// Its id.
    pub(crate) fn document(&self) -> DocumentId {
        match self {
            Self::Here(row) => row.document,
            Self::Unknown(document) => *document,
        }
    }
}

/// The field in which records of a kind say what they were made from.
pub(crate) fn credit_field(kind: &str) -> Option<&'static str> {
    MADE.iter().find(|(of, _)| *of == kind).map(|(_, field)| *field)
}

impl Views {
    /// What a record was made from, where it says so.
    pub(crate) fn source_of(&self, row: &Row) -> Option<Source<'_>> {
        let kind = row.kind()?;
        let document: DocumentId = row.values.text(credit_field(kind)?).parse().ok()?;
        // Whoever names something of another kind names nothing that this can be made from.
        let here = self.records.row(&document).filter(|source| source.kind() == Some(kind));
        Some(here.map_or(Source::Unknown(document), Source::Here))
    }

    /// Who made something: whom it names, else the group that wrote it.
    pub(crate) fn maker_of(&self, row: &Row) -> String {
        match row.values.text("author").trim() {
            "" => self.owner_name(row),
            author => author.to_owned(),
        }
    }

    /// What a record was made from and by whom, as the people of this computer read it.
    pub(crate) fn credit(&self, row: &Row) -> Option<Credit> {
        match self.source_of(row)? {
            Source::Here(source) if self.hidden.hides(source) => Some(self.credit_to(source, None)),
            Source::Here(source) => Some(self.credit_to(source, Some(self.title_of(source)))),
            Source::Unknown(_) => Some(Credit { of: "something that is not known here".to_owned(), maker: None }),
        }
    }

    /// The same for whoever reads what goes out. What is hidden here is nobody else's matter; a record that was removed
    /// gives nothing of what it said to anybody, so its group is named and no person; and of what is not here nothing can
    /// be said.
    pub(crate) fn credit_seen_by(&self, row: &Row, audience: Audience) -> Option<Credit> {
        match self.source_of(row)? {
            Source::Here(source) if source.is_removed() => Some(credit(None, self.owner_name(source))),
            Source::Here(source) => Some(self.credit_to(source, Some(self.title_seen_by(source, audience)))),
            Source::Unknown(_) => None,
        }
    }

    fn owner_name(&self, row: &Row) -> String {
        row.owner().map(|group| self.name_of(&group)).unwrap_or_default()
    }

    fn credit_to(&self, source: &Row, title: Option<String>) -> Credit {
        credit(title, self.maker_of(source))
    }
}

fn credit(title: Option<String>, maker: String) -> Credit {
    let of = title.filter(|title| !title.is_empty()).unwrap_or_else(|| SOMETHING.to_owned());
    Credit { of, maker: Some(maker).filter(|maker| !maker.is_empty()) }
}

#[cfg(test)]
mod tests {
    use super::Audience;
    use crate::question::fixture::Coalition;
    use grid_protocol::record::Presence;
    use grid_protocol::replica::Row;
    use serde_json::json;
    use std::sync::Arc;

    #[test]
    fn of_what_was_removed_no_person_is_named_in_what_goes_out() {
        let mut coalition = Coalition::new(&["Clean River", "Hollin Choir"]);
        let book = coalition.record(1, "resource", json!({"title": "Song book", "author": "Ann Novak"}));
        let copy = coalition.record(0, "resource", json!({"title": "Songs", "based_on_resource": book}));
        let row = |coalition: &Coalition, id: &str| {
            Row::clone(coalition.views.records.row(&id.parse().expect("an id")).expect("it is here"))
        };
        let said = |coalition: &Coalition, audience: Audience| {
            coalition.views.credit_seen_by(&row(coalition, &copy), audience).map(|credit| credit.to_string())
        };
        assert_eq!(said(&coalition, Audience::Public).as_deref(), Some("Song book by Ann Novak"));
        let removed = Row { presence: Presence::Removed, ..row(&coalition, &book) };
        coalition.views.take_rows([Arc::new(removed)]);
        for audience in [Audience::Public, Audience::Coalition, Audience::Group] {
            assert_eq!(said(&coalition, audience).as_deref(), Some("something by Hollin Choir"), "{audience}");
        }
        let here = coalition.views.credit(&row(&coalition, &copy)).map(|credit| credit.to_string());
        assert_eq!(here.as_deref(), Some("Song book by Ann Novak"), "here its maker stays its maker");
    }
}
