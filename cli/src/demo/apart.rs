//! The end of the story: a group goes offline, two others edit a page at the same moment, and all come together again.

use super::{
    process::{PATIENCE, Stopped},
    sample::Entry,
    story::{Story, write},
};
use crate::{
    client::{Client, path},
    context,
    failure::{Exit, Failure},
};
use serde_json::json;

/// Milliseconds of a day.
const DAY: f64 = 86_400_000.0;

impl Story<'_> {
    /// Tells it.
    pub(super) fn apart(&mut self) -> Result<(), Failure> {
        self.heading("Offline is a normal state");
        let shared = self.share()?;
        self.stop_one()?;
        self.edit_together(&shared)?;
        self.silence()?;
        self.restart(&shared)
    }

    /// Makes the shared text, and waits until everybody has it.
    fn share(&mut self) -> Result<String, Failure> {
        let shared = &self.sample.shared;
        let id = write(&self.client(shared.by)?, &shared.kind, &shared.fields)?;
        let name = self.name(shared.by);
        let clients = self.clients()?;
        self.text_everywhere(&clients, &id, "the shared text is everywhere", |text| !text.is_empty())?;
        self.say(&format!("{name} opened a {} that every member may edit.", shared.kind));
        Ok(id)
    }

    fn stop_one(&mut self) -> Result<(), Failure> {
        let away = self.sample.away;
        let name = self.name(away);
        if self.stations.get_mut(away).ok_or_else(super::story::missing)?.stop() == Stopped::ByForce {
            return Err(Failure::new(Exit::Failed, format!("the node of {name} did not stop in time")));
        }
        self.say(&format!("The node of {name} went off."));
        Ok(())
    }

    /// Two groups change the same text at the same moment, each without the other's change.
    fn edit_together(&mut self, id: &str) -> Result<(), Failure> {
        let shared = &self.sample.shared;
        let path = path(["records", &shared.kind, id]);
        let mut edits = Vec::new();
        for edit in &shared.edits {
            let client = self.client(edit.by)?;
            let record = client.get(&path)?;
            let text = record[&shared.field].as_str().unwrap_or_default().replacen(&edit.find, &edit.put, 1);
            edits.push((client, json!({"based_on": record["heads"], "fields": {&shared.field: text}})));
        }
        let (one, other) = (self.name(shared.edits[0].by), self.name(shared.edits[1].by));
        std::thread::scope(|scope| {
            let writing: Vec<_> =
                edits.iter().map(|(client, body)| scope.spawn(|| client.patch(&path, body))).collect();
            writing.into_iter().try_for_each(|thread| {
                thread.join().map_err(|_| Failure::new(Exit::Failed, "an edit of the demo broke off"))?.map(drop)
            })
        })?;
        let Entry { by, kind, fields } = &self.sample.while_away;
        write(&self.client(*by)?, kind, fields)?;
        self.say(&format!(
            "Meanwhile {one} and {other} edited that {} at the same moment, on two computers.",
            shared.kind
        ));
        Ok(())
    }

    /// Asks who was not heard of since the one that is away wrote last: by then the others have written again.
    fn silence(&mut self) -> Result<(), Failure> {
        self.say(
            "Who has fallen silent? In life one asks for 30 days. This coalition is seconds old, so we ask for seconds:",
        );
        let since = self.away_wrote.unwrap_or_default().as_millisecond();
        let days = context::now().as_millisecond().saturating_sub(since) as f64 / DAY;
        self.names.note("days", &format!("{days:.7}"));
        let silence = self.scenes.silence.clone();
        self.ask(&silence, Some(self.sample.shared.by))
    }

    fn restart(&mut self, id: &str) -> Result<(), Failure> {
        self.start(self.sample.away)?;
        let name = self.name(self.sample.away);
        self.say(&format!("The node of {name} came back."));
        let clients = self.clients()?;
        let edits = &self.sample.shared.edits;
        self.text_everywhere(&clients, id, "all texts are equal and hold both edits", |text| {
            edits.iter().all(|edit| text.contains(edit.put.trim()))
        })?;
        self.say("All three hold the same text, with both edits in it.");
        let root = self.settle()?;
        self.say("They hold the same, to the last byte. All three have the same state root:");
        self.out.page(|page| page.whole(&format!("    {root}")));
        Ok(())
    }

    /// Waits until every node holds the same text, and the text is as it should be.
    fn text_everywhere(
        &self,
        clients: &[Client],
        id: &str,
        what: &str,
        sound: impl Fn(&str) -> bool,
    ) -> Result<(), Failure> {
        let shared = &self.sample.shared;
        self.interrupt.until(what, PATIENCE, || {
            let mut texts = Vec::new();
            for client in clients {
                match client.get(&path(["records", &shared.kind, id])) {
                    Ok(record) => texts.push(record[&shared.field].as_str().unwrap_or_default().to_owned()),
                    Err(failure) if failure.exit == Exit::NotFound => return Ok(None),
                    Err(failure) => return Err(failure),
                }
            }
            let equal = texts.windows(2).all(|pair| pair[0] == pair[1]);
            Ok((equal && texts.iter().all(|text| sound(text))).then_some(()))
        })
    }
}
