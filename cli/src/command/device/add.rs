//! `grid device add`: the code for a further computer.

use crate::{
    context::{self, Context},
    failure::Failure,
    file::NewFile,
    qr, span, when,
};
use clap::Args;
use serde_json::json;
use std::{path::PathBuf, time::Duration};

/// Make a one-use code for a further computer of your group
#[derive(Clone, Debug, Args)]
pub(crate) struct Add {
    /// What the computer is called
    #[arg(long, value_name = "NAME")]
    label: Option<String>,
    /// It may also sign, invite and vote for your group
    #[arg(long)]
    govern: bool,
    /// How long the code can be used: 30m, 1h, 1d
    #[arg(long, value_name = "TIME", default_value = "1h", value_parser = span::parse)]
    expires: Duration,
    /// Show it as a QR code too
    #[arg(long)]
    qr: bool,
    /// Write it to a file, for a USB stick
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
}

/// A code lasts this long at most.
const LONGEST: Duration = Duration::from_secs(7 * 24 * 3_600);

impl Add {
    pub(crate) fn run(self, context: &mut Context<'_>) -> Result<(), Failure> {
        if self.expires.as_secs() == 0 || self.expires > LONGEST {
            return Err(Failure::usage("--expires takes a time of up to a week, and more than nothing")
                .hint("for example --expires 30m or --expires 1d"));
        }
        let client = context.client()?;
        let file = self.file.as_deref().map(NewFile::private).transpose()?;
        let ask = json!({"label": self.label, "govern": self.govern, "expires_s": self.expires.as_secs()});
        let mut answer = client.post("/api/devices", &ask)?;
        let code = answer["code"].as_str().unwrap_or_default().to_owned();
        let squares = if self.qr { Some(qr::code(&code)?) } else { None };
        if let (Some(file), Some(path)) = (file, &self.file) {
            file.fill(format!("{code}\n").as_bytes())?;
            answer["file"] = json!(path.display().to_string());
        }
        let expires = when::detailed(answer["expires"].as_str().unwrap_or_default(), context::now());
        context.out.answer(&answer, |page| {
            match &self.file {
                Some(path) => page.line(&format!("The code is in {}.", path.display())),
                None => page.whole(&code),
            }
            if let Some(squares) = &squares {
                squares.lines().for_each(|line| page.whole(line));
            }
        });
        let join = if self.file.is_some() { "grid device join --file FILE" } else { "grid device join CODE" };
        context.out.note("\nShow it to nobody: whoever has it first can write as your group.");
        context.out.note(&format!("On the other computer: {join}, then grid node"));
        context.out.note(&format!(
            "Keep this node running until the other computer has joined. The code can be used once, until {expires}."
        ));
        Ok(())
    }
}
