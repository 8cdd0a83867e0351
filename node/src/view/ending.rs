//! Endings of words: `driver`, `driving` and `drives` are about one thing.
//!
//! The endings are English, as most of what is looked for by them is. Of the words of the made-up coalition two pairs in
//! twenty-one, of those of the documentation one in fourteen, are joined that are two things
//! (`docs/decisions/0085-endings.md`).

/// Letters of a stem behind which words are one.
const STEM: usize = 4;
/// Endings; of those that fit the longest is taken off.
const ENDINGS: [&str; 8] = ["ings", "ing", "ers", "er", "ed", "es", "s", "e"];

/// The bytes of a folded word before its ending, where enough is left.
pub(super) fn stem(word: &str) -> Option<usize> {
    let before = |ending: &&str| word.strip_suffix(*ending).filter(|stem| stem.chars().nth(STEM - 1).is_some());
    ENDINGS.iter().find_map(before).map(str::len)
}

/// Whether a folded word is this stem with an ending, or none.
pub(super) fn has_stem(word: &str, stem: &str) -> bool {
    word.strip_prefix(stem).is_some_and(|rest| rest.is_empty() || ENDINGS.contains(&rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn joins(one: &str, other: &str) -> bool {
        stem(one).is_some_and(|stem| has_stem(other, &one[..stem]))
    }

    #[test]
    fn words_are_one_behind_a_stem_of_four_letters_whatever_their_ending() {
        for (one, other) in [
            ("driver", "driving"),
            ("drivers", "driving"),
            ("driving", "drive"),
            ("cooks", "cooking"),
            ("teaching", "teachers"),
            ("meetings", "meets"),
            ("mended", "mending"),
        ] {
            assert!(joins(one, other) && joins(other, one), "{one} {other}");
        }
        for (one, other) in [
            ("river", "rivet"),
            ("user", "using"),
            ("sing", "singed"),
            ("driver", "drivel"),
            ("driver", "drift"),
            ("ring", "rings"),
            ("law", "laws"),
            ("nurse", "nursery"),
            ("", "ing"),
        ] {
            assert!(!joins(one, other), "{one} {other}");
        }
    }
}
