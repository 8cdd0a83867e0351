//! The rules of a new coalition, as flags: they hold for good.

use clap::{Args, ValueEnum};
use grid_node::setup::FoundingRules;
use grid_protocol::{
    control::{Admission, Threshold, VouchedBy},
    limits::MAX_SLOTS,
};

/// What no version of the statement changes later.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Rules that hold for good")]
pub(super) struct RuleFlags {
    /// Whose vouch lets a group in that has signed [default: members]
    #[arg(long, value_name = "BY")]
    admission: Option<By>,
    /// The share of electors that adopts a version, more than half, such as 3/4 [default: 2/3]
    #[arg(long, value_name = "SHARE", value_parser = share)]
    threshold: Option<Threshold>,
    /// How many groups each computer of a member can bring in under one version [default: 8]
    #[arg(long, value_name = "COUNT", value_parser = slots)]
    slots: Option<u32>,
    /// How many groups each computer of an elector can bring in under one version [default: 64]
    #[arg(long, value_name = "COUNT", value_parser = slots)]
    elector_slots: Option<u32>,
}

/// Whose vouch lets a group in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum By {
    /// That of any member
    Members,
    /// That of an elector
    Electors,
    /// Nobody's: whoever signs belongs
    Open,
}

impl RuleFlags {
    /// Whether strangers are to come in without anybody's word.
    pub(super) fn is_open(&self) -> bool {
        self.admission == Some(By::Open)
    }

    /// The rules that were named.
    pub(super) fn given(&self) -> FoundingRules {
        // With one founder no more than one vouch can be asked for: nobody could ever join.
        let vouched = |by| Admission::Vouched { count: 1, by };
        let admission = self.admission.map(|by| match by {
            By::Members => vouched(VouchedBy::Members),
            By::Electors => vouched(VouchedBy::Electors),
            By::Open => Admission::Open,
        });
        let Self { threshold, slots: member_slots, elector_slots, .. } = *self;
        FoundingRules { admission, threshold, member_slots, elector_slots }
    }
}

/// A share: two numbers with a stroke between them, more than half and at most all.
fn share(text: &str) -> Result<Threshold, String> {
    let wrong = || "expected a share of more than half, such as 2/3 or 3/4".to_owned();
    let (numerator, denominator) = text.split_once('/').ok_or_else(wrong)?;
    let number = |text: &str| text.trim().parse::<u16>().map_err(|_| wrong());
    let (numerator, denominator) = (number(numerator)?, number(denominator)?);
    match u32::from(numerator) * 2 > u32::from(denominator) && numerator <= denominator {
        true => Ok(Threshold { numerator, denominator }),
        false => Err(wrong()),
    }
}

/// A number of slots: at least one, for by them groups come in.
fn slots(text: &str) -> Result<u32, String> {
    let wrong = || format!("expected a number from 1 to {MAX_SLOTS}: with none, nobody could ever be brought in");
    text.parse().ok().filter(|count| (1..=MAX_SLOTS).contains(count)).ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_are_at_least_one() {
        assert_eq!((slots("1"), slots(&MAX_SLOTS.to_string())), (Ok(1), Ok(MAX_SLOTS)));
        for wrong in ["0", "-1", "", "many", &(MAX_SLOTS + 1).to_string()] {
            assert!(slots(wrong).is_err_and(|said| said.contains("nobody could ever")), "{wrong}");
        }
    }

    #[test]
    fn a_share_is_more_than_half_and_at_most_all() {
        assert_eq!(share("3/4"), Ok(Threshold { numerator: 3, denominator: 4 }));
        assert_eq!(share("1/1"), Ok(Threshold { numerator: 1, denominator: 1 }));
        for wrong in ["1/2", "4/3", "0/0", "2", "two/3", "-2/3", "3/70000"] {
            assert!(share(wrong).is_err(), "{wrong}");
        }
    }
}
