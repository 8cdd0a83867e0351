//! The story: three groups of a river valley find each other, agree on a text, act on one day, lose touch and come
//! together again.

use super::{
    Interrupt,
    process::{PATIENCE, Station},
    sample::{Entry, Record, Sample},
    scene::{Names, Scenes},
};
use crate::{
    client::{Client, path, with_query},
    context,
    failure::{Exit, Failure},
    file,
    output::Output,
};
use grid_node::question;
use grid_protocol::record::Registry;
use jiff::Timestamp;
use serde_json::{Map, Value, json};
use std::{
    path::{Path, PathBuf},
    time::Instant,
};

/// Columns that the story takes: it fits any terminal, and can be read in one glance on a wide one.
pub(super) const WIDTH: usize = 96;

/// The story while it is told.
pub(super) struct Story<'a> {
    pub(super) sample: &'a Sample,
    pub(super) scenes: Scenes,
    pub(super) stations: Vec<Station>,
    pub(super) interrupt: &'a Interrupt,
    pub(super) out: &'a mut Output,
    /// Where the homes lie; commands are typed there.
    pub(super) dir: PathBuf,
    pub(super) names: Names,
    /// When the group that will be away wrote last.
    pub(super) away_wrote: Option<Timestamp>,
    began: Instant,
    chapters: usize,
    steps: Vec<Value>,
    seen: Vec<Value>,
    answered: Vec<Value>,
}

impl<'a> Story<'a> {
    pub(super) fn new(sample: &'a Sample, dir: &Path, interrupt: &'a Interrupt, out: &'a mut Output) -> Self {
        let stations = sample.groups.iter().map(|group| Station::new(&group.name, dir.join(&group.slug))).collect();
        Self {
            sample,
            scenes: Scenes::new(context::now()),
            stations,
            interrupt,
            out,
            dir: dir.to_owned(),
            names: Names::default(),
            away_wrote: None,
            began: Instant::now(),
            chapters: 0,
            steps: Vec::new(),
            seen: Vec::new(),
            answered: Vec::new(),
        }
    }

    /// Tells it from the beginning to the end.
    pub(super) fn tell(&mut self) -> Result<(), Failure> {
        self.heading("Connect: three groups become a coalition");
        self.found()?;
        for guest in 1..self.stations.len() {
            self.invite_and_join(guest)?;
        }
        self.all_are_members()?;
        self.introduce()?;
        self.broadcast()?;
        let chapters = self.scenes.chapters.clone();
        chapters.iter().try_for_each(|chapter| self.chapter(chapter))?;
        self.apart()?;
        self.all_answered()
    }

    /// How long it has taken so far, in seconds.
    pub(super) fn seconds(&self) -> f64 {
        (self.began.elapsed().as_secs_f64() * 1000.0).round() / 1000.0
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
        Ok(json!({
            "coalition": self.sample.coalition.name, "converged": true, "groups": groups, "steps": self.steps,
            "chapters": self.chapters, "observed": self.seen, "answered": self.answered, "seconds": self.seconds(),
        }))
    }

    /// Begins a chapter.
    pub(super) fn heading(&mut self, title: &str) {
        self.chapters += 1;
        let number = self.chapters;
        self.out.page(|page| {
            page.gap();
            page.heading(&format!("{number}. {title}"));
        });
    }

    pub(super) fn say(&mut self, what: &str) {
        self.steps.push(json!({"what": what, "seconds": self.seconds()}));
        self.out.page(|page| page.line(what));
    }

    /// Notes a command whose answer was looked at.
    pub(super) fn seen(&mut self, command: &[String], observations: Value) {
        let (chapter, command) = (self.chapters, command.join(" "));
        self.seen.push(json!({"chapter": chapter, "command": command, "observations": observations}));
    }

    /// Waits until every node that runs holds the same; what that is.
    pub(super) fn settle(&self) -> Result<String, Failure> {
        let clients = self.clients()?;
        self.interrupt.until("all nodes hold the same", PATIENCE, || {
            let roots = clients.iter().map(|client| Ok(client.get("/api/status")?["state_root"].clone()));
            let roots = roots.collect::<Result<Vec<_>, Failure>>()?;
            let first = roots.first().and_then(Value::as_str).map(str::to_owned);
            Ok(first.filter(|_| roots.windows(2).all(|pair| pair[0] == pair[1])))
        })
    }

    fn found(&mut self) -> Result<(), Failure> {
        let coalition = self.sample.coalition.clone();
        let statement = self.dir.join("statement.md");
        file::write(&statement, coalition.statement.as_bytes())?;
        file::write(&self.dir.join("second.md"), coalition.second.as_bytes())?;
        let founder = self.station(0)?;
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
        let guest = self.name(guest);
        self.say(&format!("{guest} got an invite, read the statement, signed it and joined."));
        Ok(())
    }

    pub(super) fn start(&mut self, number: usize) -> Result<(), Failure> {
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
            let profile = write(&client, &self.sample.profile_kind, &group.profile)?;
            self.names.note(&profile_of(number), &profile);
            for Record { kind, fields } in &group.records {
                write(&client, kind, fields)?;
                written += 1;
            }
        }
        self.say(&format!("Each wrote who it is, what it needs and what it can; {written} more records were shared."));
        Ok(())
    }

    fn broadcast(&mut self) -> Result<(), Failure> {
        let Entry { by, kind, fields } = &self.sample.broadcast;
        let client = self.client(*by)?;
        let id = write(&client, kind, fields)?;
        self.names.note("broadcast", &id);
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

    /// Asks every question, so that none has nothing to say of a coalition that is at work.
    fn all_answered(&mut self) -> Result<(), Failure> {
        let client = self.client(0)?;
        let group = self.name(1);
        for question in question::ALL {
            let words: &[(&str, &str)] = match question.name {
                "find" => &[("text", "river")],
                "who" => &[("group", &group)],
                // A coalition that is seconds old has been silent for no day.
                "silence" => &[("days", "0")],
                _ => &[],
            };
            let answer = client.get(&with_query(&path(["questions", question.name]), words.iter().copied()))?;
            let sections = answer["sections"].as_array().into_iter().flatten();
            let rows: usize = sections.filter_map(|section| Some(section["rows"].as_array()?.len())).sum();
            if rows == 0 {
                let message = format!("the story does not hold: `grid ask {}` has nothing to say", question.name);
                return Err(Failure::new(Exit::Failed, message).code("not_observed"));
            }
            self.answered.push(json!({"question": question.name, "rows": rows}));
        }
        self.say(&format!("All {} questions of `grid ask` have an answer in this valley now.", question::ALL.len()));
        Ok(())
    }

    pub(super) fn station(&self, number: usize) -> Result<&Station, Failure> {
        self.stations.get(number).ok_or_else(missing)
    }

    pub(super) fn name(&self, number: usize) -> String {
        self.stations.get(number).map_or_else(String::new, |station| station.name.clone())
    }

    pub(super) fn client(&self, number: usize) -> Result<Client, Failure> {
        self.station(number)?.client()
    }

    /// The ways to the nodes that run.
    pub(super) fn clients(&self) -> Result<Vec<Client>, Failure> {
        self.stations.iter().filter(|station| station.runs()).map(Station::client).collect()
    }
}

/// What the profile of a group is called in the chapters.
pub(super) fn profile_of(group: usize) -> String {
    format!("profile {group}")
}

/// Writes a record; its id.
pub(super) fn write(client: &Client, kind: &str, fields: &Map<String, Value>) -> Result<String, Failure> {
    let written = client.post(&path(["records", kind]), &json!({"fields": fields}))?;
    Ok(written["id"].as_str().unwrap_or_default().to_owned())
}

pub(super) fn missing() -> Failure {
    Failure::new(Exit::Failed, "the sample names a group that it does not have")
}
