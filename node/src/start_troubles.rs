//! What a start came upon, in words for the operator.

use crate::store::OpenReport;
use crate::trouble::Trouble;
use grid_protocol::key::DeviceId;

/// What to do where entries of the own log are missing, and nothing may be written before they are back.
pub(crate) const MISSING_ENTRIES: &str = "leave the node running until it is in sync with other groups' nodes, then restart it; if that changes nothing, or there \
     is no other node, nobody has what is missing: stop the node and give this home new keys with `grid device renew`";

/// What a start of this device came upon, in words; `refilled` items of the journal were written again from the store.
pub(crate) fn of(report: &OpenReport, refilled: usize, device: &DeviceId) -> Vec<Trouble> {
    let mut troubles = Vec::new();
    let whole = report.journal.items > 0 && report.journal.damaged == 0 && report.unplaced.is_empty();
    let own = match whole {
        true => "what you wrote yourself is all here",
        false => "of what you wrote yourself, what other groups received comes back from them",
    };
    let in_sync = format!("leave the node running until it is in sync with a peer; {own}");
    if refilled > 0 {
        troubles.push(Trouble {
            what: format!("the journal was gone; {refilled} items of it were written again from the store"),
            hint: "find out what removed it: where the store is damaged too, nothing else has what only you have"
                .to_owned(),
        });
    }
    if let Some(rebuilt) = &report.rebuilt {
        // The words of the database are for whoever reads the log.
        tracing::warn!(reason = %rebuilt.reason, "the store was damaged");
        troubles.push(Trouble {
            what: format!(
                "the store was damaged; it {} and is built again",
                match &rebuilt.kept_in {
                    Some(path) => format!("was set aside as {}", path.display()),
                    None => "was gone".to_owned(),
                }
            ),
            hint: in_sync.clone(),
        });
    }
    if report.journal.damaged > 0 {
        troubles.push(Trouble {
            what: format!(
                "{} places of the journal can't be read: the disk lost something there",
                report.journal.damaged
            ),
            hint: "look at the disk; peers give back what they have of it".to_owned(),
        });
    }
    if report.went_back() {
        troubles.push(Trouble {
            what: format!(
                "the store was damaged: its newest part is gone, {} items of it came back from the journal",
                report.replayed
            ),
            hint: in_sync.clone(),
        });
    }
    if !report.repaired.is_empty() {
        let logs = report.repaired.len();
        let removed: usize = report.repaired.iter().map(|log| log.removed).sum();
        troubles.push(Trouble {
            what: format!(
                "the store was damaged; {logs} logs were cut back to where they are whole, {removed} entries shorter"
            ),
            hint: in_sync.clone(),
        });
    }
    // Those of a device that this home was before are behind its end.
    let waiting = report.waiting_of(device);
    if waiting > 0 {
        troubles.push(Trouble {
            what: format!("{waiting} of this device's own entries wait for earlier ones to come back from peers"),
            hint: MISSING_ENTRIES.to_owned(),
        });
    }
    troubles
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Rebuilt;
    use crate::store::journal::JournalReport;
    use grid_protocol::key::PublicKey;

    const OWN: DeviceId = DeviceId(PublicKey([1; 32]));

    fn report(items: usize, damaged: usize) -> OpenReport {
        let rebuilt = Some(Rebuilt { kept_in: None, reason: "it does not read".to_owned() });
        OpenReport { rebuilt, journal: JournalReport { items, damaged, cut: None }, ..OpenReport::default() }
    }

    #[test]
    fn all_that_was_written_is_here_only_where_the_journal_is_whole() {
        let promised = |report: &OpenReport| of(report, 0, &OWN).iter().any(|it| it.hint.contains("is all here"));
        assert!(promised(&report(10, 0)));
        assert!(!promised(&report(10, 1)));
        assert!(!promised(&report(0, 0)));
    }

    #[test]
    fn a_journal_that_was_gone_is_told() {
        let troubles = of(&OpenReport::default(), 12, &OWN);
        assert!(troubles[0].what.contains("the journal was gone; 12 items"), "{troubles:?}");
        assert_eq!(of(&OpenReport::default(), 0, &OWN), []);
    }
}
