//! The story: three groups of a river valley find each other, act, lose touch and come together again.

use super::{
    Interrupt,
    process::{PATIENCE, Station, Stopped},
    sample::{Entry, Record, Sample},
};
use crate::{
    client::{Client, path},
    failure::{Exit, Failure},
    file,
    output::Output,
};
use grid_protocol::record::Registry;
use serde_json::{Map, Value, json};
use std::{path::Path, time::Instant};

/// The story while it is told.
pub(super) struct Story<'a> {
    pub(super) sample: &'a Sample,
    pub(super) stations: Vec<Station>,
    interrupt: &'a Interrupt,
    out: &'a mut Output,
    began: Instant,
    steps: Vec<Value>,
}

impl<'a> Story<'a> {
    pub(super) fn new(sample: &'a Sample, dir: &Path, interrupt: &'a Interrupt, out: &'a mut Output) -> Self {
        let stations = sample.groups.iter().map(|group| Station::new(&group.name, dir.join(&group.slug))).collect();
        Self { sample, stations, interrupt, out, began: Instant::now(), steps: Vec::new() }
    }

    /// Tells it from the beginning to the end.
    pub(super) fn tell(&mut self, dir: &Path) -> Result<(), Failure> {
        self.found(dir)?;
        for guest in 1..self.stations.len() {
            self.invite_and_join(guest)?;
        }
        self.all_are_members()?;
        self.introduce()?;
        self.broadcast()?;
        let shared = self.share()?;
        self.stop_one()?;
        self.edit_together(&shared)?;
        self.restart(&shared)?;
        Ok(())
    }

    /// The answer for programs.
    pub(super) fn summary(&self) -> Result<Value, Failure> {
        let groups: Vec<Value> = self
            .stations
            .iter()
            .map(|station| {
                let status = station.client()?.get("/api/status")?;
                Ok(json!({
                    "name": station.name, "home": station.home.display().to_string(), "group": status["group"]["id"],
                    "http": status["http"], "listen": status["listen"], "state_root": status["state_root"],
                    "members": status["members"], "records": status["records"],
                }))
            })
            .collect::<Result<_, Failure>>()?;
        Ok(json!({"coalition": self.sample.coalition.name, "converged": true, "groups": groups, "steps": self.steps}))
    }

    fn say(&mut self, what: &str) {
        let seconds = self.began.elapsed().as_secs_f64();
        self.steps.push(json!({"what": what, "seconds": (seconds * 1000.0).round() / 1000.0}));
        self.out.page(|page| page.line(&format!("{seconds:6.1} s  {what}")));
    }

    fn found(&mut self, dir: &Path) -> Result<(), Failure> {
        let statement = dir.join("statement.md");
        file::write(&statement, self.sample.coalition.statement.as_bytes())?;
        let (coalition, founder) = (self.sample.coalition.clone(), self.station(0)?);
        let statement = statement.display().to_string();
        founder.grid([
            "init",
            "--coalition",
            &coalition.name,
            "--group",
            &founder.name,
            "--purpose",
            &coalition.purpose,
            "--statement",
            &statement,
        ])?;
        self.start(0)?;
        let founder = self.name(0);
        self.say(&format!("{founder} founded {} and signed its statement.", coalition.name));
        Ok(())
    }

    fn invite_and_join(&mut self, guest: usize) -> Result<(), Failure> {
        let invite = self.client(0)?.post("/api/invites", &json!({}))?;
        let invite = invite["invite"].as_str().unwrap_or_default().to_owned();
        let station = self.station(guest)?;
        station.grid(["join", &invite, "--group", &station.name, "--sign"])?;
        self.start(guest)?;
        let (host, guest) = (self.name(0), self.name(guest));
        self.say(&format!("{host} invited {guest}, who read the statement, signed it and joined."));
        Ok(())
    }

    fn start(&mut self, number: usize) -> Result<(), Failure> {
        let interrupt = self.interrupt;
        self.stations.get_mut(number).ok_or_else(missing)?.start(interrupt)
    }

    fn all_are_members(&mut self) -> Result<(), Failure> {
        let all = self.stations.len() as u64;
        let clients = self.clients()?;
        self.interrupt.until("every node counts every group as a member", PATIENCE, || {
            let members = clients.iter().map(|client| Ok(client.get("/api/status")?["members"].as_u64()));
            let members = members.collect::<Result<Vec<_>, Failure>>()?;
            Ok(members.iter().all(|members| *members == Some(all)).then_some(()))
        })?;
        self.say(&format!("All {all} nodes know all {all} members: the boundary is whoever signed."));
        Ok(())
    }

    fn introduce(&mut self) -> Result<(), Failure> {
        let mut written = 0;
        for (number, group) in self.sample.groups.iter().enumerate() {
            let client = self.client(number)?;
            write(&client, &self.sample.profile_kind, &group.profile)?;
            for Record { kind, fields } in &group.records {
                write(&client, kind, fields)?;
                written += 1;
            }
        }
        self.say(&format!(
            "Each group wrote who it is, what it needs and what it can; {written} more records were shared."
        ));
        Ok(())
    }

    fn broadcast(&mut self) -> Result<(), Failure> {
        let Entry { by, kind, fields } = &self.sample.broadcast;
        let client = self.client(*by)?;
        let id = write(&client, kind, fields)?;
        let title = Registry::standard().kind(kind).and_then(|known| fields.get(&*known.title)?.as_str());
        let title = title.unwrap_or_default();
        let name = self.name(*by);
        self.say(&format!("{name} broadcast “{title}”: signed and saved."));
        let (received, groups) = self.interrupt.until("every group has received it", PATIENCE, || {
            let record = client.get(&path(["records", kind, &id]))?;
            let (received, groups) = (record["received_by"].as_u64(), record["groups"].as_u64());
            Ok((groups.is_some_and(|groups| groups > 0) && received == groups).then_some((received, groups)))
        })?;
        self.say(&format!("Received by {} of {} groups.", received.unwrap_or_default(), groups.unwrap_or_default()));
        Ok(())
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
        let name = self.name(self.sample.away);
        let station = self.stations.get_mut(self.sample.away).ok_or_else(missing)?;
        if station.stop() == Stopped::ByForce {
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
        let root = self.interrupt.until("all nodes hold the same", PATIENCE, || {
            let roots = clients.iter().map(|client| Ok(client.get("/api/status")?["state_root"].clone()));
            let roots = roots.collect::<Result<Vec<_>, Failure>>()?;
            let first = roots.first().and_then(Value::as_str).map(str::to_owned);
            Ok(first.filter(|_| roots.windows(2).all(|pair| pair[0] == pair[1])))
        })?;
        self.say(&format!("All three have the state root {root}: they hold the same, to the last byte."));
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

    fn station(&self, number: usize) -> Result<&Station, Failure> {
        self.stations.get(number).ok_or_else(missing)
    }

    fn name(&self, number: usize) -> String {
        self.stations.get(number).map_or_else(String::new, |station| station.name.clone())
    }

    fn client(&self, number: usize) -> Result<Client, Failure> {
        self.station(number)?.client()
    }

    fn clients(&self) -> Result<Vec<Client>, Failure> {
        self.stations.iter().map(Station::client).collect()
    }
}

fn write(client: &Client, kind: &str, fields: &Map<String, Value>) -> Result<String, Failure> {
    let written = client.post(&path(["records", kind]), &json!({"fields": fields}))?;
    Ok(written["id"].as_str().unwrap_or_default().to_owned())
}

fn missing() -> Failure {
    Failure::new(Exit::Failed, "the sample names a group that it does not have")
}
