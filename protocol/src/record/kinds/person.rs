//! A person: who can be asked for what, as that person wants it known.
//!
//! A group lists its own people, and nobody who has not agreed. Where somebody is at risk, the name may be an alias;
//! then no place goes out.

use crate::record::{Complaint, Coordinates, Record, rules};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Somebody in a group, and what others may turn to them for.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(extend("x-grid" = {
    "name": "person", "plural": "people", "title": "name", "rule": "owner", "section": "people",
    "identity": ["name", "place"]
}))]
pub struct Person {
    /// What the person is called here; it may be an alias.
    #[schemars(extend("x-grid" = {
        "audience": "coalition", "aliases": ["Name", "Full name"],
        "parts": [["First name", "Given name", "FNAME"], ["Middle name", "Additional name"],
            ["Last name", "Family name", "Surname", "LNAME"]]
    }))]
    pub name: String,
    /// Whether the person agreed to be listed: without that nobody is.
    #[schemars(extend("x-grid" = {"audience": "coalition", "aliases": ["Consent", "Opt-in"], "met": false}))]
    pub agreed: bool,
    /// Whether the name is an alias: then no place is given. It is said when the record is made: the name and the place
    /// that stood in a record before stay in its history.
    #[schemars(extend("x-grid" = {"audience": "coalition", "writes": "first", "met": true}))]
    pub alias: bool,
    /// What the person is in the coalition: principal, driver, supporter, weaver, operator.
    #[schemars(extend("x-grid" = {"audience": "coalition"}))]
    pub roles: BTreeSet<String>,
    /// What the person cares about.
    #[schemars(extend("x-grid" = {"audience": "coalition", "aliases": ["Topics", "Issues"]}))]
    pub interests: BTreeSet<String>,
    /// What the person can do for others.
    #[schemars(extend("x-grid" = {"audience": "coalition", "aliases": ["Offers"]}))]
    pub skills: BTreeSet<String>,
    /// The languages the person works in.
    #[schemars(extend("x-grid" = {"audience": "coalition", "aliases": ["Language"]}))]
    pub languages: BTreeSet<String>,
    /// Where the person works: a town, a district.
    #[schemars(extend("x-grid" = {
        "audience": "coalition", "type": "place", "aliases": ["City", "Town", "Address 1 - City", "Home city",
            "Primary city", "Location"]
    }))]
    pub place: String,
    /// The point on the map, kept to two decimals: about a kilometre.
    #[schemars(extend("x-grid" = {"audience": "coalition", "closeness": "blurred"}))]
    pub coordinates: Option<Coordinates>,
    /// The sector: union, church, school, business, health.
    #[schemars(extend("x-grid" = {"audience": "coalition"}))]
    pub sector: String,
    /// What drives the person.
    #[schemars(extend("x-grid" = {"audience": "coalition", "type": "text"}))]
    pub passion: String,
    /// The role in which the person moves others.
    #[schemars(extend("x-grid" = {"audience": "coalition"}))]
    pub influence: String,
    /// How others reach the person: through the group, a telephone number, an address.
    #[schemars(extend("x-grid" = {
        "audience": "coalition", "aliases": ["Contact", "Email", "E-mail", "E-mail address", "E-mail 1 - Value",
            "Primary email", "Phone", "Phone number", "Mobile phone", "Mobile number", "Phone 1 - Value", "can2_phone"]
    }))]
    pub reach: String,
    /// Where the person is to be found; it stays on this computer.
    #[schemars(extend("x-grid" = {"audience": "local"}))]
    pub whereabouts: String,
    /// What only the people at this computer should read.
    #[schemars(extend("x-grid" = {"audience": "local", "type": "text", "aliases": ["Notes", "Note", "Comments"]}))]
    pub notes: String,
}

impl Record for Person {
    fn check(&self) -> Result<(), Complaint> {
        rules::agreed(self.agreed)?;
        if self.alias && (!self.place.is_empty() || self.coordinates.is_some()) {
            return Err(Complaint {
                fields: &["alias", "place", "coordinates"],
                message: "place: expected nothing beside an alias, which is there to hide it; whereabouts stay on this computer"
                    .to_owned(),
            });
        }
        rules::roles(&self.roles)
    }
}
