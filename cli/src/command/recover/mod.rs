//! `grid group recover`: a group whose computer is lost gets new keys from its 24 words.

mod appeal;
pub(crate) mod approve;
mod choose;
pub(crate) mod contacts;
pub(crate) mod naming;
mod told;
mod words;

use crate::{
    context::Context,
    failure::{Exit, Failure},
    file, kept,
    passphrase::{PassphraseFlag, note_unprotected},
    span, welcome,
};
use choose::Choice;
use clap::{Args, Command, FromArgMatches as _};
use grid_node::home::HomeError;
use grid_node::recall::AskError;
use grid_node::setup::recover::{self, Afresh, Appealing, RecoverError, Way};
use grid_protocol::{appeal::Drawn, id::GroupId, limits::MAX_INVITE};
use std::{path::PathBuf, time::Duration};

const ABOUT: &str = "Recover the group with its 24 words, when a computer of it is lost or was seized";
const LONG_ABOUT: &str = "\
Recover the group with its 24 words, when a computer of it is lost or was seized.

On a computer of the group that you still have, stop the node and run it there. On a new computer, with nothing but \
the words on paper, name an invite of any member with --from, even one that has expired: it says where the nodes of \
other groups are, and they tell what is needed.

It shows the computers of the group, asks which are lost, and makes the next key of the group from the words. The \
group stays what it is: its id, its name, what it wrote, its membership. What a lost computer writes from then on \
counts nowhere. Whoever has the lost computer has the old key only, and can't follow.

Without the words, --by-contacts asks the recovery contacts that your group has named (`grid group contacts` on \
their nodes). It shows 24 new words, which count once enough contacts have signed the appeal that comes with them.";

/// The command.
pub(crate) fn command() -> Command {
    Recover::augment_args(Command::new("recover")).about(ABOUT).long_about(LONG_ABOUT)
}

/// Carries it out.
pub(crate) fn run(matches: &clap::ArgMatches, context: &mut Context<'_>) -> Result<(), Failure> {
    let recover = Recover::from_arg_matches(matches).map_err(|error| Failure::usage(error.to_string()))?;
    recover.run(context)
}

#[derive(Clone, Debug, Args)]
struct Recover {
    /// On a new computer: an invite of any member, as it came to you
    #[arg(long, value_name = "INVITE")]
    from: Option<String>,
    /// On a new computer: the file with the invite
    #[arg(long, value_name = "FILE", conflicts_with = "from")]
    from_file: Option<PathBuf>,
    /// The file with the 24 words, for scripts; `-` reads it from the pipe. Without it you are asked for them
    #[arg(long, value_name = "FILE")]
    words_file: Option<PathBuf>,
    /// A lost computer: the beginning of its id, or its label; may be given several times
    #[arg(long, value_name = "DEVICE")]
    lost: Vec<String>,
    /// A computer that goes on; may be given several times. With --from the others are lost, unless you are asked
    #[arg(long, value_name = "DEVICE")]
    keep: Vec<String>,
    /// What the lost computers wrote from then on does not count: a time, or for one computer the number of an entry.
    /// Without it all that is known counts
    #[arg(long, value_name = "TIME|ENTRY", conflicts_with_all = ["from", "from_file"])]
    before: Option<String>,
    /// What the group calls this computer
    #[arg(long, value_name = "NAME", default_value = "new computer")]
    label: String,
    /// Without the words: ask your recovery contacts for new ones. It shows 24 new words, and an appeal for the contacts
    #[arg(long, conflicts_with_all = ["before", "lost"])]
    by_contacts: bool,
    /// With --by-contacts: what your group is called
    #[arg(long, value_name = "NAME", requires = "by_contacts")]
    name: Option<String>,
    /// With --by-contacts: the appeal as a contact gave it back, or the file with it; may be given several times
    #[arg(long, value_name = "APPEAL|FILE", requires = "by_contacts")]
    approval: Vec<String>,
    /// With --by-contacts: write the appeal to this file
    #[arg(long, value_name = "FILE", requires = "by_contacts")]
    file: Option<PathBuf>,
    /// The id of the group, where several have these words, or this name
    #[arg(long, value_name = "ID")]
    group: Option<GroupId>,
    /// How long to wait for a node of another group
    #[arg(long, value_name = "TIME", default_value = "30s", value_parser = span::parse)]
    wait: Duration,
    #[command(flatten)]
    passphrase: PassphraseFlag,
}

impl Recover {
    fn run(self, context: &mut Context<'_>) -> Result<(), Failure> {
        if !self.by_contacts {
            let way = self.invite()?.map(Way::Invite);
            return self.with_words(context, way);
        }
        if self.approval.is_empty() {
            return appeal::ask(context, &self.appealing(), self.file.as_deref());
        }
        let signed = appeal::gather(&self.approval)?;
        let Some(recovery) = signed.drawn.as_ref().and_then(Drawn::recovery) else {
            return appeal::wait(context, &signed, self.file.as_deref());
        };
        // Whoever goes on was named in the appeal, and the contacts have signed that.
        let going_on = recovery.body.devices.iter().filter(|listed| listed.cut.is_none());
        let keep = going_on.map(|listed| listed.device.to_string()).collect();
        let (group, invite) = (Some(recovery.body.group), self.invite()?);
        let way = match grid_node::home::HomePaths::new(context.home()?).exists() {
            // The computer is there, and the words were lost.
            true => None,
            false => Some(invite.map_or_else(|| Way::Appeal(Box::new(signed)), Way::Invite)),
        };
        Self { keep, group, ..self }.with_words(context, way)
    }

    /// Recovers with the words: on this computer of the group, or in a new home where nodes can be reached.
    fn with_words(self, context: &mut Context<'_>, way: Option<Way>) -> Result<(), Failure> {
        let home = context.home()?.to_owned();
        match &way {
            Some(_) => welcome::empty_home(&home)?,
            None if !grid_node::home::HomePaths::new(&home).exists() => {
                return Err(failed(&HomeError::Missing { path: home }.into()));
            }
            None => {}
        }
        let before = self.before.as_deref().map(choose::before).transpose()?;
        let words = words::read(context, self.words_file.as_deref())?;
        let recovering = match way {
            None => {
                let passphrase = self.passphrase.of_home(context)?;
                recover::here(&home, words, passphrase.as_ref())
            }
            Some(way) => {
                let passphrase = self.passphrase.for_new_home(context)?;
                if passphrase.is_none() {
                    note_unprotected(context);
                }
                context.out.note("Asking the nodes of other groups ...");
                let request = Afresh { way, group: self.group, wait: self.wait, passphrase };
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
                let runtime = runtime.map_err(|error| Failure::io("use the network", &error))?;
                runtime.block_on(recover::afresh(&home, &request, words))
            }
        };
        let recovering = recovering.map_err(|error| failed(&error))?;
        let choice = Choice { lost: &self.lost, keep: &self.keep, before };
        let lost = choose::lost(context, &recovering, &choice)?;
        let summary = told::Summary::of(&recovering);
        let recovered = recovering.finish(&home, &self.label, &lost).map_err(|error| failed(&error))?;
        told::show(context, &summary, &recovered);
        Ok(())
    }

    fn appealing(&self) -> Appealing {
        Appealing { name: self.name.clone().unwrap_or_default(), group: self.group, keep: self.keep.clone() }
    }

    fn invite(&self) -> Result<Option<String>, Failure> {
        match &self.from_file {
            Some(path) => file::read_text(path, 2 * MAX_INVITE).map(Some),
            None => Ok(self.from.clone()),
        }
    }
}

fn failed(error: &RecoverError) -> Failure {
    let (exit, code) = match error {
        RecoverError::Invite(_) => (Exit::Usage, "invalid_invite"),
        RecoverError::Words(_) | RecoverError::OtherAppeal => (Exit::Refused, "other_words"),
        RecoverError::NotApproved => (Exit::Refused, "not_approved"),
        RecoverError::Ask(AskError::NobodyAnswered { .. }) => (Exit::TimeUp, "wait_ran_out"),
        RecoverError::Ask(AskError::Refused(_)) => (Exit::Refused, "refused"),
        RecoverError::Ask(AskError::NoAddress) => (Exit::Usage, "invalid_invite"),
        RecoverError::Group(_) => (Exit::Refused, "which_group"),
        RecoverError::EndedHere => (Exit::Refused, "device_ended"),
        RecoverError::LostHere | RecoverError::UnknownDevice { .. } | RecoverError::NotHere => (Exit::Usage, "usage"),
        RecoverError::Local(error) => kept::local(error),
        RecoverError::Ask(AskError::Network(_)) => (Exit::Failed, "storage"),
    };
    Failure::caused(exit, error).code(code).hint(error.hint())
}
