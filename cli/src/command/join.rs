//! `grid join`: a group takes an invite.

use super::{invitation, recover::naming as contacts};
use crate::{
    context::{self, Context},
    failure::{Exit, Failure},
    passphrase::{PassphraseFlag, note_unprotected},
    prompt::Answer,
    review::ReviewFlags,
    welcome,
};
use clap::Args;
use grid_node::home::HomePaths;
use grid_node::setup::{self, JoinRequest, Signing};
use grid_protocol::{control::RecoveryContacts, invite::InviteTicket, time::Timestamp};
use serde_json::json;
use std::path::PathBuf;

/// Take an invite: read the statement, sign it, be a member
#[derive(Clone, Debug, Args)]
pub(crate) struct Join {
    /// The invite, as it came to you
    #[arg(value_name = "INVITE")]
    invite: Option<String>,
    /// The file with the invite; `-` reads it from the pipe
    #[arg(long, value_name = "FILE", conflicts_with = "invite")]
    file: Option<PathBuf>,
    /// What your group is called
    #[arg(long, value_name = "NAME")]
    group: Option<String>,
    /// A group that helps to give yours a new key should its words be lost: a name in the invite, or an id; may be given
    /// several times. Contacts are named now or never
    #[arg(long, value_name = "GROUP")]
    recovery_contact: Vec<String>,
    /// How many of the contacts together can do that, and so take your group over [default: more than half]
    #[arg(long, value_name = "NUMBER", requires = "recovery_contact")]
    recovery_quorum: Option<u8>,
    /// Sign the statement: only then your group is a member
    #[arg(long)]
    sign: bool,
    #[command(flatten)]
    passphrase: PassphraseFlag,
    #[command(flatten)]
    threats: ReviewFlags,
}

impl Join {
    pub(crate) fn run(self, context: &mut Context<'_>) -> Result<(), Failure> {
        if self.invite.is_none() && self.file.is_none() {
            return Err(Failure::usage("joining takes an invite: `grid join INVITE`, or `grid join --file FILE`")
                .hint("an invite begins with grid1 or grid2; a group of the coalition makes one with `grid invite create`"));
        }
        let text = invitation::text(self.file.as_deref(), self.invite.as_deref())?;
        let ticket = invitation::parse(&text)?;
        let now = u64::try_from(context::now().as_millisecond()).map(Timestamp).unwrap_or_default();
        if ticket.expired(now) {
            return Err(Failure::new(Exit::Refused, format!("the invite ended on {}", ticket.expires))
                .code("invite_expired")
                .hint(format!(
                    "ask {} for a new one; this computer's clock shows {now}: set it if it is wrong",
                    invitation::inviter(&ticket)
                )));
        }
        if HomePaths::new(context.home()?).exists() {
            return self.again(context, &text);
        }
        let (flag, threats) = (self.passphrase.clone(), self.threats.clone());
        let review = threats.given()?;
        let named = contacts::named(&ticket, &self.recovery_contact, self.recovery_quorum)?;
        let (group, signing, named) = self.complete(context, &ticket, named)?;
        let passphrase = flag.for_new_home(context)?;
        let request = JoinRequest { invite: text, group_name: group, signing };
        let created = setup::join(context.home()?, &request, &named, passphrase.as_ref());
        let created = created.map_err(|error| welcome::not_made(&error))?.into();
        let mut next = vec![context.line("node"), context.line("status")];
        if signing == Signing::Later {
            next.insert(1, context.line("statement sign"));
        }
        welcome::show(context, &created, &next)?;
        if signing == Signing::Later {
            context.out.note("Your group has not signed the statement, so it is no member yet.");
        }
        contacts::note(context, &ticket, &named);
        if passphrase.is_none() {
            note_unprotected(context);
        }
        threats.keep(context, review, passphrase.as_ref())
    }

    /// Another invite for a group that was not taken in: its home, keys and words stay.
    fn again(self, context: &mut Context<'_>, invite: &str) -> Result<(), Failure> {
        let signing = if self.sign { Signing::Sign } else { Signing::Later };
        if self.group.is_some() {
            context.out.note("This home belongs to a group already, which keeps its name: --group is left out.");
        }
        if !self.recovery_contact.is_empty() {
            return Err(Failure::usage(
                "recovery contacts are named when a group begins, and this home has one already",
            )
            .hint("leave out --recovery-contact; a group with contacts begins in a new home: --home DIR"));
        }
        let passphrase = self.passphrase.of_home(context)?;
        let created = setup::join_again(context.home()?, invite, signing, passphrase.as_ref())
            .map_err(|error| welcome::not_made(&error))?;
        let mut answer = json!({
            "coalition": created.coalition.to_string(), "group": created.group.to_string(),
            "device": created.device.to_string(), "recovery_words": created.words,
        });
        if let Some(why) = &created.refused {
            answer["refused_before"] = json!(why);
        }
        let next = context.line("node");
        context.out.answer(&answer, |page| {
            if let Some(why) = &created.refused {
                page.line(&format!("The invite before it did not let your group in: {why}."));
            }
            page.heading("Your group answers this invite now. Its keys and its recovery words stay as they are.");
            page.line("Next:");
            page.whole(&format!("  {next}"));
        });
        Ok(())
    }

    /// Shows what is being joined and asks for what the flags left out.
    fn complete(
        self,
        context: &mut Context<'_>,
        ticket: &InviteTicket,
        named: RecoveryContacts,
    ) -> Result<(String, Signing, RecoveryContacts), Failure> {
        let flagged = if self.sign { Signing::Sign } else { Signing::Later };
        let Some(mut keyboard) = context.keyboard() else {
            let group = self.group.ok_or_else(|| {
                Failure::usage("joining takes --group").hint("give the name of your group: --group NAME")
            })?;
            return Ok((group, flagged, named));
        };
        keyboard.show(|page| {
            invitation::show(page, ticket);
            page.line("What the other groups will see: the name of your group, your signature, what you write in your profile, your actions and the like, and the network address of this computer.");
        });
        let group = self.group.map_or_else(|| keyboard.line("What is your group called?"), Ok)?;
        let named = match named.groups().is_empty() {
            true => contacts::ask(&mut keyboard, ticket)?,
            false => named,
        };
        if self.sign || ticket.statement().is_none() {
            return Ok((group, flagged, named));
        }
        Ok(
            match keyboard.yes_or_no("Does your group sign this statement? (You can also join now and sign later.)")? {
                Answer::Yes => (group, Signing::Sign, named),
                Answer::No => (group, Signing::Later, named),
            },
        )
    }
}
