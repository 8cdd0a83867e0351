//! What changed between two texts: lines first, then words within changed lines, then letters at their edges.
//!
//! Small hunks are what lets two people's edits of one text stand side by side. The search is Myers' greedy algorithm
//! ("An O(ND) Difference Algorithm and Its Variations", 1986). Where the texts have little in common it goes on in
//! stretches of bounded length, each from where the best way so far has led, so that its cost stays in proportion to
//! the texts; where that finds no more than the place of each word says, words are compared place by place.

use std::ops::Range;

/// One difference: these letters of the old text became those of the new one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Hunk {
    pub(super) old: Range<usize>,
    pub(super) new: Range<usize>,
}

/// Differences beyond which the shortest way is no longer looked for. Memory grows with its square.
const MOST_DIFFERENCES: usize = 400;
/// Differences of one stretch, where the search goes on in stretches.
const STRETCH: usize = 64;

/// The hunks from `old` to `new`, ascending and apart, in letters (code points).
pub(super) fn diff(old: &[char], new: &[char]) -> Vec<Hunk> {
    let whole = Hunk { old: 0..old.len(), new: 0..new.len() };
    let mut hunks = Vec::new();
    for lines in refine(old, new, &whole, |letter| *letter == '\n') {
        let words = refine(old, new, &lines, |letter| !letter.is_alphanumeric());
        let hunk_of =
            |words: &Hunk| Some(trim(old, new, words)).filter(|hunk| !hunk.old.is_empty() || !hunk.new.is_empty());
        hunks.extend(words.iter().filter_map(hunk_of));
    }
    hunks
}

/// Splits a hunk into smaller ones by comparing tokens, each ending where `ends` says so.
fn refine(old: &[char], new: &[char], hunk: &Hunk, ends: fn(&char) -> bool) -> Vec<Hunk> {
    let hunk = trim(old, new, hunk);
    let (old_part, new_part) = (slice(old, &hunk.old), slice(new, &hunk.new));
    if old_part.is_empty() && new_part.is_empty() {
        return Vec::new();
    }
    let old_tokens: Vec<&[char]> = old_part.split_inclusive(ends).collect();
    let new_tokens: Vec<&[char]> = new_part.split_inclusive(ends).collect();
    let (matches, way) = matches(&old_tokens, &new_tokens);
    let (old_starts, new_starts) = (starts(&old_tokens, hunk.old.start), starts(&new_tokens, hunk.new.start));
    let at = |starts: &[usize], index: usize| starts.get(index).copied().unwrap_or_default();
    let mut hunks = Vec::new();
    let (mut old_next, mut new_next) = (0, 0);
    for (old_index, new_index) in matches.into_iter().chain([(old_tokens.len(), new_tokens.len())]) {
        if way == Way::ByPlace {
            hunks.extend((old_next..old_index).zip(new_next..new_index).map(|(old, new)| Hunk {
                old: at(&old_starts, old)..at(&old_starts, old + 1),
                new: at(&new_starts, new)..at(&new_starts, new + 1),
            }));
        } else if old_index > old_next || new_index > new_next {
            hunks.push(Hunk {
                old: at(&old_starts, old_next)..at(&old_starts, old_index),
                new: at(&new_starts, new_next)..at(&new_starts, new_index),
            });
        }
        (old_next, new_next) = (old_index + 1, new_index + 1);
    }
    hunks
}

/// How tokens were matched.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    Shortest,
    /// Each with the one at its place: a word replaced in every line, or every word in another case.
    ByPlace,
}

/// The pairs of equal tokens, ascending.
fn matches(old: &[&[char]], new: &[&[char]]) -> (Vec<(usize, usize)>, Way) {
    let (mut pairs, old_next, new_next) = search(old, new, MOST_DIFFERENCES);
    if (old_next, new_next) == (old.len(), new.len()) {
        return (pairs, Way::Shortest);
    }
    let (mut old_next, mut new_next) = (old_next, new_next);
    while old_next < old.len() || new_next < new.len() {
        let rest = (old.get(old_next..).unwrap_or_default(), new.get(new_next..).unwrap_or_default());
        let (more, old_led, new_led) = search(rest.0, rest.1, STRETCH);
        pairs.extend(more.into_iter().map(|(old, new)| (old_next + old, new_next + new)));
        (old_next, new_next) = (old_next + old_led, new_next + new_led);
    }
    if old.len() == new.len() {
        let by_place: Vec<(usize, usize)> =
            old.iter().zip(new).enumerate().filter(|(_, (a, b))| a == b).map(|(at, _)| (at, at)).collect();
        if by_place.len() >= pairs.len() {
            return (by_place, Way::ByPlace);
        }
    }
    (pairs, Way::Shortest)
}

/// Takes equal letters off both ends of a hunk.
fn trim(old: &[char], new: &[char], hunk: &Hunk) -> Hunk {
    let (old_part, new_part) = (slice(old, &hunk.old), slice(new, &hunk.new));
    let prefix = old_part.iter().zip(new_part).take_while(|(a, b)| a == b).count();
    let room = old_part.len().min(new_part.len()) - prefix;
    let suffix = old_part.iter().rev().zip(new_part.iter().rev()).take(room).take_while(|(a, b)| a == b).count();
    Hunk { old: hunk.old.start + prefix..hunk.old.end - suffix, new: hunk.new.start + prefix..hunk.new.end - suffix }
}

fn slice<'a>(letters: &'a [char], range: &Range<usize>) -> &'a [char] {
    letters.get(range.clone()).unwrap_or_default()
}

/// Where each token starts, and where the last one ends.
fn starts(tokens: &[&[char]], first: usize) -> Vec<usize> {
    let ends = tokens.iter().scan(first, |end, token| {
        *end += token.len();
        Some(*end)
    });
    [first].into_iter().chain(ends).collect()
}

/// How a way reached its diagonal, where equal tokens began there, and how far they led, in `old`.
#[derive(Clone, Copy)]
struct Step {
    came: Came,
    from: usize,
    to: usize,
}

#[derive(Clone, Copy)]
enum Came {
    Start,
    ByInsertion,
    ByDeletion,
}

/// The pairs of equal tokens on a shortest way from one sequence to the other, and where it leads: to the ends of both,
/// or with so many differences as far as it gets.
fn search(old: &[&[char]], new: &[&[char]], most: usize) -> (Vec<(usize, usize)>, usize, usize) {
    // Row d holds the furthest ways with d differences, on the diagonals x - y = 2 * index - d.
    let mut rows: Vec<Vec<Option<Step>>> = Vec::new();
    let mut furthest = (0, 0, 0);
    for differences in 0..=most.min(old.len() + new.len()) {
        let mut row = Vec::with_capacity(differences + 1);
        furthest = (0, 0, 0);
        for index in 0..=differences {
            // y = x + differences - 2 * index
            let y_of = |x: usize| (x + differences).checked_sub(2 * index);
            let before = |index: Option<usize>| rows.last()?.get(index?).copied()?;
            let start = if differences == 0 {
                Some((0, Came::Start))
            } else {
                let inserted =
                    before(Some(index)).map(|step| step.to).filter(|x| y_of(*x).is_some_and(|y| y <= new.len()));
                let deleted = before(index.checked_sub(1)).map(|step| step.to + 1).filter(|x| *x <= old.len());
                let inserted = inserted.map(|x| (x, Came::ByInsertion));
                let deleted = deleted.map(|x| (x, Came::ByDeletion));
                [inserted, deleted].into_iter().flatten().max_by_key(|(x, _)| *x)
            };
            let step = start.and_then(|(from, came)| {
                let (mut to, mut y) = (from, y_of(from)?);
                while old.get(to).is_some_and(|token| new.get(y) == Some(token)) {
                    (to, y) = (to + 1, y + 1);
                }
                Some((Step { came, from, to }, y))
            });
            row.push(step.map(|(step, _)| step));
            if let Some((Step { to, .. }, y)) = step {
                if to == old.len() && y == new.len() {
                    rows.push(row);
                    return (walk_back(&rows, index).unwrap_or_default(), to, y);
                }
                let rank = |(x, y): (usize, usize)| (x + y, std::cmp::Reverse(x.abs_diff(y)));
                if rank((to, y)) >= rank((furthest.1, furthest.2)) {
                    furthest = (index, to, y);
                }
            }
        }
        rows.push(row);
    }
    let (index, x, y) = furthest;
    (walk_back(&rows, index).unwrap_or_default(), x, y)
}

/// The pairs on the way that ended at this diagonal of the last row.
fn walk_back(rows: &[Vec<Option<Step>>], mut index: usize) -> Option<Vec<(usize, usize)>> {
    let mut pairs = Vec::new();
    for (differences, row) in rows.iter().enumerate().rev() {
        let step = row.get(index).copied()??;
        for x in (step.from..step.to).rev() {
            pairs.push((x, (x + differences).checked_sub(2 * index)?));
        }
        match step.came {
            Came::Start | Came::ByInsertion => {}
            Came::ByDeletion => index = index.checked_sub(1)?,
        }
    }
    pairs.reverse();
    Some(pairs)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn letters(text: &str) -> Vec<char> {
        text.chars().collect()
    }

    fn rebuilt(old: &[char], new: &[char], hunks: &[Hunk]) -> Vec<char> {
        let mut result = old.to_vec();
        for hunk in hunks.iter().rev() {
            result.splice(hunk.old.clone(), new[hunk.new.clone()].iter().copied());
        }
        result
    }

    #[test]
    fn two_words_changed_far_apart_are_two_small_hunks() {
        let old = letters("The river rises in spring.\nWe meet on Monday.\nBring boots.\n");
        let new = letters("The river falls in spring.\nWe meet on Monday.\nBring warm boots.\n");
        let hunks = diff(&old, &new);
        assert_eq!(rebuilt(&old, &new, &hunks), new);
        assert!(hunks.iter().all(|hunk| hunk.old.len() <= 5 && hunk.new.len() <= 5), "{hunks:?}");
    }

    #[test]
    fn texts_without_an_equal_line_are_still_compared_word_by_word() {
        let old: Vec<char> = (0..5_000).flat_map(|n| letters(&format!("a{n}\n"))).collect();
        let new: Vec<char> = (0..5_000).flat_map(|n| letters(&format!("b{n}\n"))).collect();
        let hunks = diff(&old, &new);
        assert_eq!(rebuilt(&old, &new, &hunks), new);
        assert!(hunks.iter().all(|hunk| (hunk.old.len(), hunk.new.len()) == (1, 1)), "only the letter differs");
    }

    #[test]
    fn every_word_in_another_case_is_one_letter_each() {
        let old = letters(&"word ".repeat(5_000));
        let new = letters(&"Word ".repeat(5_000));
        let hunks = diff(&old, &new);
        assert_eq!(hunks.len(), 5_000);
        assert!(hunks.iter().all(|hunk| (hunk.old.len(), hunk.new.len()) == (1, 1)));
    }

    #[test]
    fn a_word_replaced_everywhere_leaves_the_others_alone_beside_an_added_line() {
        let line = |n: usize, word: &str| format!("The {word} number {n} rises in spring.\n");
        let old: String = (0..3_000).map(|n| line(n, "river")).collect();
        let new: String =
            ["A new beginning.\n".to_owned()].into_iter().chain((0..3_000).map(|n| line(n, "creek"))).collect();
        let (old, new) = (letters(&old), letters(&new));
        let hunks = diff(&old, &new);
        assert_eq!(rebuilt(&old, &new, &hunks), new);
        let removed: usize = hunks.iter().map(|hunk| hunk.old.len()).sum();
        assert!(removed < old.len() / 3, "{removed} of {} letters are replaced", old.len());
    }

    #[test]
    fn a_word_replaced_in_every_line_is_as_many_small_hunks() {
        let old = letters(&"The river rises in spring.\n".repeat(2_000));
        let new = letters(&"The river rises in autumn.\n".repeat(2_000));
        let hunks = diff(&old, &new);
        assert_eq!(rebuilt(&old, &new, &hunks), new);
        assert_eq!((hunks.len(), hunks.iter().map(|hunk| hunk.old.len()).max()), (2_000, Some(6)));
    }

    proptest! {
        #[test]
        fn hunks_lead_from_the_old_text_to_the_new_one(old in "[ab \n]{0,60}", new in "[ab \n]{0,60}") {
            let (old, new) = (letters(&old), letters(&new));
            let hunks = diff(&old, &new);
            prop_assert!(hunks.iter().all(|hunk| !hunk.old.is_empty() || !hunk.new.is_empty()));
            prop_assert!(hunks.windows(2).all(|pair| pair[0].old.end <= pair[1].old.start));
            prop_assert_eq!(rebuilt(&old, &new, &hunks), new);
        }
    }
}
