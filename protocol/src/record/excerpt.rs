//! What an edit did to a long text, in excerpts: what it took out and put in, with a little of what stands around it.
//!
//! A history tells of every edit, and whole texts before and after each would be as long as text times edits.

use super::compare::{Stretch, compare};
use super::{Value, Values};
use serde::Serialize;

/// Bytes from which a text is told in excerpts.
const LONG: usize = 1_024;
/// Letters that are told of what was taken out, and of what was put in, at one place.
const TOLD: usize = 300;
/// Letters that are told of what stands before and after it.
const AROUND: usize = 40;
/// Places that are told of one edit.
const PLACES: usize = 8;

/// What an edit did to a long text.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct TextEdit {
    /// How many letters the text has after it.
    pub letters: usize,
    /// Where it changed something, from the beginning of the text on.
    pub places: Vec<EditedPlace>,
    /// How many more places it changed, of which nothing is told.
    pub more: usize,
}

/// One place at which an edit changed a text.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct EditedPlace {
    /// How many letters of the new text stand before it.
    pub at: usize,
    /// The last of them.
    pub before: String,
    /// What was taken out.
    pub taken: Excerpt,
    /// What was put in.
    pub put: Excerpt,
    /// What stands behind it.
    pub after: String,
}

/// The beginning of what was taken out or put in.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Excerpt {
    /// Its first letters.
    pub text: String,
    /// How many more it has.
    pub left_out: usize,
}

impl TextEdit {
    /// What an edit did that led from one text to another.
    pub fn between(old: &str, new: &str) -> Self {
        let mut edit = Self { letters: new.chars().count(), ..Self::default() };
        let (mut at, mut before) = (0, String::new());
        let mut open: Option<EditedPlace> = None;
        for stretch in compare(old, new) {
            match stretch {
                Stretch::Same(text) => {
                    if let Some(mut place) = open.take() {
                        place.after = text.chars().take(AROUND).collect();
                        edit.note(place);
                    }
                    let letters = text.chars().count();
                    before = text.chars().skip(letters.saturating_sub(AROUND)).collect();
                    at += letters;
                }
                Stretch::Removed(text) => {
                    let place = || EditedPlace { at, before: before.clone(), ..EditedPlace::default() };
                    open.get_or_insert_with(place).taken = Excerpt::of(&text);
                }
                Stretch::Added(text) => {
                    let place = || EditedPlace { at, before: before.clone(), ..EditedPlace::default() };
                    open.get_or_insert_with(place).put = Excerpt::of(&text);
                    at += text.chars().count();
                }
            }
        }
        if let Some(place) = open {
            edit.note(place);
        }
        edit
    }

    /// What an edit of a field did, where that is told in excerpts: what it holds now is a long text.
    pub fn of(field: &str, before: &Values, after: &Value) -> Option<Self> {
        let new = after.as_text().filter(|text| text.len() > LONG)?;
        Some(Self::between(before.text(field), new))
    }

    fn note(&mut self, place: EditedPlace) {
        match self.places.len() < PLACES {
            true => self.places.push(place),
            false => self.more += 1,
        }
    }
}

impl Excerpt {
    fn of(text: &str) -> Self {
        let told: String = text.chars().take(TOLD).collect();
        Self { left_out: text.chars().count() - told.chars().count(), text: told }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn an_edit_of_a_long_text_is_told_by_what_it_changed_and_a_little_around_it() {
        let line = "Nobody knows where the river begins to bend.\n";
        let old = line.repeat(100);
        let mut new = old.clone();
        new.insert_str(line.len() * 50, "Bring boots! ");
        let edit = TextEdit::between(&old, &new);
        let [place] = edit.places.as_slice() else { panic!("{edit:?}") };
        assert_eq!((place.put.text.trim(), place.taken.text.as_str()), ("Bring boots!", ""));
        assert!(line.repeat(2).contains(&place.before) && place.before.chars().count() == AROUND, "{place:?}");
        assert!(place.after.starts_with("Nobody knows"), "{place:?}");
        assert_eq!((place.at, edit.letters, edit.more), (line.len() * 50, new.len(), 0));
    }

    #[test]
    fn a_short_text_is_told_whole_and_a_long_one_is_not() {
        let told = |text: &str| TextEdit::of("text", &Values::default(), &Value::Text(text.into()));
        assert_eq!(told(&"x".repeat(LONG)), None);
        let edit = told(&"x".repeat(LONG + 1)).expect("it is long");
        assert_eq!(edit.places[0].put, Excerpt { text: "x".repeat(TOLD), left_out: LONG + 1 - TOLD });
        assert_eq!(TextEdit::of("text", &Values::default(), &Value::Flag(true)), None);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]
        #[test]
        fn however_two_texts_differ_little_is_told(old in "([a-c🌊]{1,9}[ \n]){0,120}", new in "([a-c🌊]{1,9}[ \n]){0,120}") {
            let edit = TextEdit::between(&old, &new);
            let most = PLACES * 2 * (TOLD + AROUND);
            let told = edit.places.iter().map(|place| {
                [&place.before, &place.taken.text, &place.put.text, &place.after].iter().map(|it| it.chars().count()).sum::<usize>()
            });
            prop_assert!(told.sum::<usize>() <= most);
            prop_assert_eq!(edit.places.is_empty(), old == new);
            prop_assert_eq!(edit.letters, new.chars().count());
        }
    }
}
