//! Settings: flags before `GRID_*` before the file in the home before the default.

use crate::failure::{Exit, Failure};
use figment::{
    Figment, Metadata, Source,
    providers::{Env, Format as _, Serialized, Toml},
};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// What can be set for a node.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Settings {
    /// Addresses on which the node listens for other nodes.
    #[serde(deserialize_with = "one_or_many")]
    pub(crate) listen: Vec<String>,
    /// Addresses that it tells others in place of those.
    #[serde(deserialize_with = "one_or_many")]
    pub(crate) announce: Vec<String>,
    /// Ranges of addresses behind which many groups may sit.
    #[serde(deserialize_with = "one_or_many")]
    pub(crate) shared_networks: Vec<String>,
    /// Where programs on this computer reach the node.
    pub(crate) http: String,
    /// What is logged.
    pub(crate) log: String,
    /// The file with the passphrase of the home.
    pub(crate) passphrase_file: Option<PathBuf>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            // An open port is chosen once and kept, so that addresses in invites stay true.
            listen: ["/ip4/0.0.0.0/tcp/0", "/ip4/0.0.0.0/udp/0/quic-v1"].map(str::to_owned).to_vec(),
            announce: Vec::new(),
            shared_networks: Vec::new(),
            http: "127.0.0.1:0".to_owned(),
            log: "warn".to_owned(),
            passphrase_file: None,
        }
    }
}

/// One setting, where it comes from, and what it is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Setting {
    pub(crate) name: &'static str,
    pub(crate) value: serde_json::Value,
    pub(crate) origin: String,
    pub(crate) about: &'static str,
}

/// What a command line sets.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct Flags {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) listen: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) announce: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) shared_networks: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) http: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) log: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) passphrase_file: Option<PathBuf>,
}

const ABOUT: [(&str, &str); 6] = [
    ("listen", "addresses on which the node listens for other nodes"),
    ("announce", "addresses that it tells others in place of those, if any"),
    ("shared_networks", "networks in which many groups share one address, such as an office"),
    ("http", "where programs on this computer reach the node"),
    ("log", "what the node logs: error, warn, info, debug or trace"),
    ("passphrase_file", "the file with the passphrase of this home, for a node that starts by itself"),
];

/// Settings together with their sources.
#[derive(Debug)]
pub(crate) struct Config {
    figment: Figment,
    pub(crate) settings: Settings,
}

impl Config {
    /// Reads the settings that hold for a home.
    pub(crate) fn read(file: &Path, flags: &Flags) -> Result<Self, Failure> {
        let names = ABOUT.map(|(name, _)| name);
        let mut figment = Figment::new().merge(Serialized::defaults(Settings::default()));
        if file.exists() {
            figment = figment.merge(Toml::file_exact(file));
        }
        let figment = figment.merge(Env::prefixed("GRID_").only(&names)).merge(Serialized::defaults(flags));
        let settings = figment.extract().map_err(|error| {
            Failure::new(Exit::Usage, format!("a setting is wrong: {error}")).hint(format!(
                "the settings are {}; the file is {}",
                names.join(", "),
                file.display()
            ))
        })?;
        Ok(Self { figment, settings })
    }

    /// Every setting with where it comes from.
    pub(crate) fn shown(&self) -> Vec<Setting> {
        let values = serde_json::to_value(&self.settings).unwrap_or_default();
        let setting = |(name, about): (&'static str, _)| Setting {
            name,
            value: values[name].clone(),
            origin: origin(name, self.figment.find_metadata(name)),
            about,
        };
        ABOUT.map(setting).to_vec()
    }
}

fn origin(name: &str, metadata: Option<&Metadata>) -> String {
    match metadata {
        Some(Metadata { source: Some(Source::File(path)), .. }) => path.display().to_string(),
        Some(metadata) if metadata.name.contains("environment") => format!("GRID_{}", name.to_uppercase()),
        Some(metadata) if metadata.name.contains("Flags") => format!("--{}", name.replace('_', "-")),
        _ => "default".to_owned(),
    }
}

/// A list, or one text with commas: an environment variable holds no list.
fn one_or_many<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged, expecting = "expected a text in quotes, or a list of them")]
    enum OneOrMany {
        One(String),
        Many(Vec<String>),
    }
    Ok(match OneOrMany::deserialize(deserializer)? {
        OneOrMany::One(text) => {
            text.split(',').map(|part| part.trim().to_owned()).filter(|part| !part.is_empty()).collect()
        }
        OneOrMany::Many(many) => many,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(text: &str) -> (tempfile::TempDir, std::path::PathBuf) {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("config.toml");
        std::fs::write(&file, text).unwrap();
        (dir, file)
    }

    #[test]
    fn a_home_without_settings_has_the_defaults() {
        let dir = tempfile::tempdir().unwrap();
        let config = Config::read(&dir.path().join("config.toml"), &Flags::default()).unwrap();
        assert_eq!(config.settings, Settings::default());
        assert!(config.shown().iter().all(|setting| setting.origin == "default"));
    }

    #[test]
    fn a_flag_comes_before_the_file_and_each_says_where_it_comes_from() {
        let (_dir, file) = file("http = \"127.0.0.1:1\"\nlog = \"info\"\nlisten = \"/ip4/127.0.0.1/tcp/1\"\n");
        let flags = Flags { http: Some("127.0.0.1:2".to_owned()), ..Flags::default() };
        let config = Config::read(&file, &flags).unwrap();
        assert_eq!((config.settings.http.as_str(), config.settings.log.as_str()), ("127.0.0.1:2", "info"));
        assert_eq!(config.settings.listen, ["/ip4/127.0.0.1/tcp/1"]);
        let origins: Vec<String> = config.shown().into_iter().map(|setting| setting.origin).collect();
        assert_eq!(
            origins,
            [&*file.display().to_string(), "default", "default", "--http", &*file.display().to_string(), "default"]
        );
    }

    #[test]
    fn a_setting_of_the_wrong_shape_says_what_is_expected() {
        let (_dir, file) = file("listen = 5\n");
        let failure = Config::read(&file, &Flags::default()).unwrap_err();
        assert!(failure.message.contains("a text in quotes") && !failure.message.contains("untagged"), "{failure:?}");
    }

    #[test]
    fn a_mistyped_setting_is_named() {
        let (_dir, file) = file("htpt = \"x\"\n");
        let failure = Config::read(&file, &Flags::default()).unwrap_err();
        assert_eq!(failure.exit, Exit::Usage);
        assert!(failure.message.contains("htpt"), "{failure:?}");
        assert!(failure.hint.unwrap().contains("http"));
    }
}
