//! What changed between two texts, for people to read: whole words, never letters of one.

use super::diff::diff;

/// A stretch of two texts that are compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stretch {
    /// It stands in both.
    Same(String),
    /// It stands in the old one only.
    Removed(String),
    /// It stands in the new one only.
    Added(String),
}

/// The stretches that lead from one text to another: without what was added they are the old one, without what was
/// removed the new one.
pub fn compare(old: &str, new: &str) -> Vec<Stretch> {
    let (old, new): (Vec<char>, Vec<char>) = (old.chars().collect(), new.chars().collect());
    let mut stretches = Vec::new();
    let (mut old_next, mut new_next) = (0, 0);
    let hunks = diff(&old, &new);
    for (index, hunk) in hunks.iter().enumerate() {
        let later = hunks.get(index + 1);
        let (old_room, new_room) = later.map_or((old.len(), new.len()), |later| (later.old.start, later.new.start));
        let is_word = |text: &[char], at: Option<usize>| at.and_then(|at| text.get(at)).is_some_and(in_word);
        let (mut old_from, mut new_from) = (hunk.old.start.max(old_next), hunk.new.start.max(new_next));
        let (mut old_to, mut new_to) = (hunk.old.end.max(old_from), hunk.new.end.max(new_from));
        let begins = old.get(old_from..old_to).and_then(<[char]>::first).is_some_and(in_word)
            || new.get(new_from..new_to).and_then(<[char]>::first).is_some_and(in_word);
        let ends = old.get(old_from..old_to).and_then(<[char]>::last).is_some_and(in_word)
            || new.get(new_from..new_to).and_then(<[char]>::last).is_some_and(in_word);
        // What lies between two hunks is equal in both texts.
        while begins && old_from > old_next && new_from > new_next && is_word(&old, old_from.checked_sub(1)) {
            (old_from, new_from) = (old_from - 1, new_from - 1);
        }
        while ends && old_to < old_room && new_to < new_room && is_word(&old, Some(old_to)) {
            (old_to, new_to) = (old_to + 1, new_to + 1);
        }
        push(&mut stretches, &Stretch::Same, old.get(old_next..old_from));
        push(&mut stretches, &Stretch::Removed, old.get(old_from..old_to));
        push(&mut stretches, &Stretch::Added, new.get(new_from..new_to));
        (old_next, new_next) = (old_to, new_to);
    }
    push(&mut stretches, &Stretch::Same, old.get(old_next..));
    stretches
}

fn in_word(letter: &char) -> bool {
    letter.is_alphanumeric()
}

fn push(stretches: &mut Vec<Stretch>, of: &dyn Fn(String) -> Stretch, letters: Option<&[char]>) {
    match letters {
        None | Some([]) => {}
        Some(letters) => stretches.push(of(letters.iter().collect())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn shown(old: &str, new: &str) -> String {
        let stretch = |stretch: Stretch| match stretch {
            Stretch::Same(text) => text,
            Stretch::Removed(text) => format!("[-{text}-]"),
            Stretch::Added(text) => format!("{{+{text}+}}"),
        };
        compare(old, new).into_iter().map(stretch).collect()
    }

    #[test]
    fn words_are_told_apart_as_a_whole() {
        assert_eq!(shown("The river rises.", "The river rose."), "The river [-rises-]{+rose+}.");
        assert_eq!(shown("Bring boots.", "Bring warm boots."), "Bring {+warm +}boots.");
        assert_eq!(shown("Bring boots.", "Bring boots, and a hat."), "Bring boots{+, and a hat+}.");
        assert_eq!(shown("One\nTwo\n", "Two\n"), "[-One\n-]Two\n");
        assert_eq!(shown("Same.", "Same."), "Same.");
        assert_eq!(shown("", "New."), "{+New.+}");
    }

    proptest! {
        #[test]
        fn both_texts_are_in_what_is_shown(old in "[abc \n]{0,60}", new in "[abc \n]{0,60}") {
            let (mut before, mut after) = (String::new(), String::new());
            for stretch in compare(&old, &new) {
                match stretch {
                    Stretch::Same(text) => {
                        before.push_str(&text);
                        after.push_str(&text);
                    }
                    Stretch::Removed(text) => before.push_str(&text),
                    Stretch::Added(text) => after.push_str(&text),
                }
            }
            prop_assert_eq!((before, after), (old, new));
        }
    }
}
