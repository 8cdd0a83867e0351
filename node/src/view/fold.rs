//! Words as people type them: whatever the case, the accents and a slip of the finger.
//!
//! A text becomes words in a form of its own: decomposed, without the marks that are written above and below letters,
//! in lower case, without signs of direction. Scripts that put no space between words give a word for each character.

use super::ending;
use grid_protocol::letters::is_invisible;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::canonical_combining_class;

/// Letters of a word that count: nobody types more, and nothing grows with what somebody pastes.
const LETTERS: usize = 40;
/// Words that are looked for at once.
const WANTED: usize = 8;

/// Calls `take` with every word of a text, in order.
pub(crate) fn each_word(text: &str, mut take: impl FnMut(&str)) {
    let mut word = Word::default();
    if text.is_ascii() {
        for letter in text.bytes() {
            match letter.is_ascii_alphanumeric() {
                true => word.push(char::from(letter.to_ascii_lowercase())),
                false => word.end(&mut take),
            }
        }
    } else {
        text.nfkd().for_each(|letter| word.fold(letter, &mut take));
    }
    word.end(&mut take);
}

/// The words of a text.
pub(crate) fn words(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    each_word(text, |word| found.push(word.to_owned()));
    found
}

/// A text in the form in which texts are compared: its words with a space between them.
pub(crate) fn folded(text: &str) -> String {
    words(text).join(" ")
}

/// A name in the form in which names are compared: its letters and digits alone, whatever their case and accents and
/// however they are composed. One of signs or pictures alone stays as it is.
pub(crate) fn bare(name: &str) -> String {
    let mut letters = String::with_capacity(name.len());
    if name.is_ascii() {
        let plain = name.chars().filter(char::is_ascii_alphanumeric);
        letters.extend(plain.map(|letter| letter.to_ascii_lowercase()));
    } else {
        let seen = name.nfkd().filter(|letter| !is_mark(*letter) && letter.is_alphanumeric());
        seen.for_each(|letter| plainly(letter, |letter| letters.push(letter)));
    }
    if letters.is_empty() { name.trim().to_owned() } else { letters }
}

/// What stands with a letter and is none: marks above and below, signs that are not seen.
fn is_mark(letter: char) -> bool {
    canonical_combining_class(letter) != 0 || is_unseen(letter)
}

/// Gives a letter in lower case, and those that people type where they have no such key.
fn plainly(letter: char, mut give: impl FnMut(char)) {
    match letter {
        'ß' | 'ẞ' => "ss".chars().for_each(give),
        'æ' | 'Æ' => "ae".chars().for_each(give),
        'œ' | 'Œ' => "oe".chars().for_each(give),
        'ø' | 'Ø' => give('o'),
        'ł' | 'Ł' => give('l'),
        'đ' | 'Đ' | 'ð' | 'Ð' => give('d'),
        'ı' => give('i'),
        'ς' => give('σ'),
        letter => letter.to_lowercase().for_each(give),
    }
}

#[derive(Default)]
struct Word {
    text: String,
    letters: usize,
}

impl Word {
    fn push(&mut self, letter: char) {
        if self.letters < LETTERS {
            self.text.push(letter);
            self.letters += 1;
        }
    }

    fn fold(&mut self, letter: char, take: &mut impl FnMut(&str)) {
        if is_mark(letter) {
            return;
        }
        if !letter.is_alphanumeric() {
            return self.end(take);
        }
        if stands_alone(letter) {
            self.end(take);
            self.push(letter);
            return self.end(take);
        }
        plainly(letter, |letter| self.push(letter));
    }

    /// Hands the word over. One Latin letter alone finds nothing that anybody looks for.
    fn end(&mut self, take: &mut impl FnMut(&str)) {
        let lone = self.text.len() == 1 && self.text.as_bytes()[0].is_ascii_alphabetic();
        if !self.text.is_empty() && !lone {
            take(&self.text);
        }
        self.text.clear();
        self.letters = 0;
    }
}

/// Signs that stand within words and are not seen: joiners, soft hyphens, directions, and the stroke that lengthens Arabic ones.
const fn is_unseen(letter: char) -> bool {
    is_invisible(letter) || letter == '\u{640}'
}

/// Characters of scripts that put no space between words.
const fn stands_alone(letter: char) -> bool {
    matches!(letter, '\u{3041}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}')
}

/// Letters of a word that is the beginning of another.
const AKIN: usize = 3;

/// How near a word is to the one that is looked for, best first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Near {
    /// It is the word.
    Same,
    /// It begins with the word.
    Begins,
    /// It is the beginning of the word, or begins with all of it but a last vowel.
    Akin,
    /// It has another ending behind the same stem.
    Ending,
    /// It is the word with one slip.
    OneSlip,
    /// It is the word with two slips.
    TwoSlips,
}

impl Near {
    /// Whether it takes a slip to be near at all.
    const fn slipped(self) -> bool {
        matches!(self, Self::OneSlip | Self::TwoSlips)
    }

    /// What a hit of this sort counts beside the word itself.
    pub(crate) const fn weight(self) -> f32 {
        match self {
            Near::Same => 1.0,
            Near::Begins => 0.7,
            Near::Akin => 0.5,
            // Among tags this is less than the word itself anywhere.
            Near::Ending => 0.3,
            Near::OneSlip => 0.4,
            Near::TwoSlips => 0.2,
        }
    }
}

/// A word that is looked for.
#[derive(Clone, Debug)]
pub(crate) struct Wanted {
    text: String,
    letters: Vec<char>,
    signs: u64,
    slips: usize,
    /// Bytes of it without a last vowel.
    stem: usize,
    /// Bytes of it without an ending, where enough is left.
    bare: Option<usize>,
}

impl Wanted {
    fn new(text: &str) -> Self {
        let letters: Vec<char> = text.chars().collect();
        let slips = match letters.len() {
            _ if text.bytes().all(|letter| letter.is_ascii_digit()) => 0,
            0..5 => 0,
            5..8 => 1,
            _ => 2,
        };
        let stem = text.strip_suffix(['a', 'e', 'i', 'o', 'u']).unwrap_or(text).len();
        Self { signs: signs(text), text: text.to_owned(), letters, slips, stem, bare: ending::stem(text) }
    }

    /// Whether a folded word has another ending behind the same stem: `driving` to `driver`.
    pub(crate) fn has_stem(&self, word: &str) -> bool {
        self.bare.and_then(|bare| self.text.get(..bare)).is_some_and(|stem| ending::has_stem(word, stem))
    }

    /// Whether a folded word is akin: `law` to `lawyer`, `driving` to `drive`. Of many words that says little.
    pub(crate) fn is_akin(&self, word: &str) -> bool {
        let whole = |text: &str, least: usize| text.chars().nth(least - 1).is_some();
        let stem = self.text.get(..self.stem).unwrap_or(&self.text);
        self.text.starts_with(word) && whole(word, AKIN) || word.starts_with(stem) && whole(stem, AKIN + 1)
    }

    /// How near a folded word is, whose [`signs`] are these; none when it is another word.
    pub(crate) fn near(&self, word: &str, of_word: u64) -> Option<Near> {
        let missing = (self.signs & !of_word).count_ones() as usize;
        if missing > self.slips {
            return None;
        }
        if missing == 0 && word.starts_with(&self.text) {
            return match word.len() == self.text.len() {
                true => Some(Near::Same),
                false => (self.letters.len() >= 3).then_some(Near::Begins),
            };
        }
        // One slip changes at most two signs: a letter goes, another one comes.
        if self.slips == 0
            || (self.signs ^ of_word).count_ones() as usize > 2 * self.slips
            || word.len().abs_diff(self.text.len()) > 4 * self.slips
        {
            return None;
        }
        match slips(&self.letters, word, self.slips)? {
            0 | 1 => Some(Near::OneSlip),
            _ => Some(Near::TwoSlips),
        }
    }
}

/// Which letters a word has, in 64 bits: words that differ in too many can't be near.
pub(crate) fn signs(word: &str) -> u64 {
    word.chars().fold(0, |signs, letter| {
        signs
            | 1 << match letter {
                'a'..='z' => letter as u32 - 'a' as u32,
                '0'..='9' => 26 + letter as u32 - '0' as u32,
                other => 36 + other as u32 % 28,
            }
    })
}

/// The slips between two words: letters left out, added, exchanged, or two swapped. None when there are more than `most`.
fn slips(wanted: &[char], word: &str, most: usize) -> Option<usize> {
    let mut found = ['\0'; LETTERS];
    let mut length = 0;
    for letter in word.chars() {
        *found.get_mut(length)? = letter;
        length += 1;
    }
    let found = &found[..length];
    if wanted.len() > LETTERS || wanted.len().abs_diff(length) > most {
        return None;
    }
    // Three lines of the table of distances; the last is the one being filled.
    let mut lines = [[0usize; LETTERS + 1]; 3];
    for (place, cell) in lines[1].iter_mut().enumerate() {
        *cell = place;
    }
    for row in 1..=wanted.len() {
        let [before, above, line] = &mut lines;
        line[0] = row;
        let mut least = row;
        for column in 1..=length {
            let same = wanted[row - 1] == found[column - 1];
            let mut cost = (above[column - 1] + usize::from(!same)).min(above[column] + 1).min(line[column - 1] + 1);
            let swapped =
                row > 1 && column > 1 && wanted[row - 1] == found[column - 2] && wanted[row - 2] == found[column - 1];
            if swapped {
                cost = cost.min(before[column - 2] + 1);
            }
            line[column] = cost;
            least = least.min(cost);
        }
        if least > most {
            return None;
        }
        lines.rotate_left(1);
    }
    Some(lines[1][length]).filter(|slips| *slips <= most)
}

/// Words that are looked for together.
#[derive(Clone, Debug)]
pub(crate) struct Phrase {
    wanted: Vec<Wanted>,
}

impl Phrase {
    /// The words of a text, or what is a slip away; those behind the eighth are left out.
    pub(crate) fn new(text: &str) -> Self {
        let mut words = words(text);
        words.truncate(WANTED);
        Self { wanted: words.iter().map(|word| Wanted::new(word)).collect() }
    }

    /// The same words without any slip.
    #[must_use]
    pub(crate) fn exactly(mut self) -> Self {
        self.wanted.iter_mut().for_each(|wanted| wanted.slips = 0);
        self
    }

    /// Its words.
    pub(crate) fn wanted(&self) -> &[Wanted] {
        &self.wanted
    }

    /// Whether all its words, or something near, stand in a text. What has no words stands nowhere.
    pub(crate) fn is_in(&self, text: &str) -> bool {
        self.stands_in(text).is_some()
    }

    /// The same, and how near that one of its words is of which nothing nearer stands there than of the others.
    pub(crate) fn stands_in(&self, text: &str) -> Option<Near> {
        let mut nearest: Vec<(&Wanted, Option<Near>)> = self.wanted.iter().map(|wanted| (wanted, None)).collect();
        each_word(text, |word| {
            let signs = signs(word);
            for (wanted, nearest) in nearest.iter_mut().filter(|(_, nearest)| nearest.is_none_or(Near::slipped)) {
                *nearest = wanted.near(word, signs).into_iter().chain(*nearest).min();
            }
        });
        let nearest: Option<Vec<Near>> = nearest.into_iter().map(|(_, near)| near).collect();
        nearest?.into_iter().max()
    }

    /// How near the nearest word of a text is to one of its words.
    pub(crate) fn touches(&self, text: &str) -> Option<Near> {
        self.nearest(text, Wanted::near)
    }

    /// The same of what somebody carries, such as a skill: there a word that is akin counts.
    pub(crate) fn touches_carried(&self, text: &str) -> Option<Near> {
        let akin = |wanted: &Wanted, word: &str, _: u64| match wanted.is_akin(word) {
            true => Some(Near::Akin),
            false => wanted.has_stem(word).then_some(Near::Ending),
        };
        self.touches(text).or_else(|| self.nearest(text, akin))
    }

    fn nearest(&self, text: &str, near: impl Fn(&Wanted, &str, u64) -> Option<Near>) -> Option<Near> {
        let mut nearest = None;
        each_word(text, |word| {
            let signs = signs(word);
            nearest = self.wanted.iter().filter_map(|wanted| near(wanted, word, signs)).chain(nearest).min();
        });
        nearest
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_the_same_whatever_case_accents_and_signs_of_direction() {
        for (text, expected) in [
            ("Clean RIVER, Ltd.", "clean river ltd"),
            ("École d'été", "ecole ete"),
            ("E\u{301}cole", "ecole"),
            ("Łódź Straße Ærø", "lodz strasse aero"),
            ("\u{202b}שָׁלוֹם\u{202c} עולם", "שלום עולם"),
            ("مُحَمَّد", "محمد"),
            ("清い川 no", "清 い 川 no"),
            ("Plan B, district 9", "plan district 9"),
            ("co\u{ad}operate", "cooperate"),
            ("", ""),
            ("!?… \u{301}", ""),
        ] {
            assert_eq!(folded(text), expected, "{text}");
        }
        assert_eq!(folded(&"a".repeat(1_000)).len(), LETTERS);
    }

    #[test]
    fn names_are_the_same_however_they_are_typed_and_one_letter_tells_two_apart() {
        for (name, expected) in [
            ("José  MARTÍ!", "josemarti"),
            ("Jose\u{301} Marti\u{301}", "josemarti"),
            ("Plan A", "plana"),
            ("Łódź Straße Ærø", "lodzstrasseaero"),
            ("\u{202b}שָׁלוֹם\u{202c} עולם", "שלוםעולם"),
            ("清い川", "清い川"),
            (" 🌊 ", "🌊"),
            ("", ""),
        ] {
            assert_eq!(bare(name), expected, "{name}");
        }
        assert_ne!(bare(&"a".repeat(50)), bare(&"a".repeat(51)));
    }

    #[test]
    fn one_slip_is_forgiven_from_five_letters_and_two_from_eight() {
        for (wanted, text) in [
            ("Lismroe", "Lismore"),
            ("ferry", "fery"),
            ("ferry", "ferrry"),
            ("catchmnet", "the catchment"),
            ("organizatoin", "organisation"),
            ("ecole", "une école"),
            ("riv", "Clean River"),
            ("clean lismore", "Lismore, clean"),
        ] {
            assert!(Phrase::new(wanted).is_in(text), "{wanted} in {text}");
        }
        for (wanted, text) in [
            ("vam", "van"),
            ("fvrrx", "ferry"),
            ("2026", "2025"),
            ("20261", "20251"),
            ("clean", "river"),
            ("", "river"),
            ("va", "van"),
        ] {
            assert!(!Phrase::new(wanted).is_in(text), "{wanted} in {text}");
        }
    }

    #[test]
    fn slips_are_counted_as_people_make_them() {
        let count = |one: &str, other: &str| slips(&one.chars().collect::<Vec<_>>(), other, 2);
        assert_eq!(count("river", "river"), Some(0));
        assert_eq!(count("river", "rvier"), Some(1));
        assert_eq!(count("river", "rver"), Some(1));
        assert_eq!(count("river", "driver"), Some(1));
        assert_eq!(count("river", "rover"), Some(1));
        assert_eq!(count("river", "rovar"), Some(2));
        assert_eq!(count("river", "paper"), None);
        assert_eq!(count("river", &"r".repeat(90)), None);
        assert_eq!(count("", ""), Some(0));
    }
}
