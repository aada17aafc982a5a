//! `ZONE:TYPE:FILE,FILE...`: which files make which zone, written as rbldnsd takes it.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use atalaya_formats::rbldnsd::{Key, Kind};

/// Files that make a dataset of a zone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileZone {
    /// The zone; the empty name for an access list of all zones.
    pub(super) zone: Key,
    /// What is in the files.
    pub(super) kind: Kind,
    /// The files, read as one.
    pub(super) files: Vec<PathBuf>,
}

/// The text says no zone and files.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is no ZONE:TYPE:FILE[,FILE...]: {reason}")]
pub struct BadFileZone {
    text: String,
    reason: String,
}

impl FromStr for FileZone {
    type Err = BadFileZone;

    fn from_str(text: &str) -> Result<Self, BadFileZone> {
        let refused = |reason: String| BadFileZone {
            text: text.to_owned(),
            reason,
        };
        let mut parts = text.splitn(3, ':');
        let (Some(zone), Some(kind), Some(files)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(refused("two colons are needed".to_owned()));
        };
        let kind: Kind = kind.parse().map_err(|bad| refused(format!("{bad}")))?;
        let zone =
            Key::read(zone.as_bytes()).ok_or_else(|| refused(format!("`{zone}` is no domain name")))?;
        if zone == Key::default() && kind != Kind::Acl {
            return Err(refused("only an acl can do without a zone".to_owned()));
        }
        if files.split(',').any(str::is_empty) {
            return Err(refused("a file has no name".to_owned()));
        }
        Ok(Self {
            zone,
            kind,
            files: files.split(',').map(PathBuf::from).collect(),
        })
    }
}

impl FileZone {
    /// Whether a name lies below the zone.
    pub(crate) fn holds(&self, name: &str) -> bool {
        let name = name.trim_end_matches('.').to_ascii_lowercase();
        name.ends_with(&format!(".{}", self.zone))
    }
}

impl fmt::Display for FileZone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let files: Vec<_> = self.files.iter().map(|file| file.display().to_string()).collect();
        write!(f, "{}:{}:{}", self.zone, self.kind.name(), files.join(","))
    }
}

atalaya_model::as_text!(FileZone);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zones_are_written_as_they_are_read() {
        for text in [
            "bl.example:ip4set:one,two/three.gz",
            ":acl:clients",
            "bl.example:combined:/a:b",
        ] {
            assert_eq!(text.parse::<FileZone>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn what_is_no_zone_of_files_is_refused_with_the_reason() {
        for (text, reason) in [
            ("bl.example", "two colons"),
            ("bl.example:ip4set", "two colons"),
            ("bl.example:ip5set:file", "no type of dataset"),
            ("bl..example:ip4set:file", "no domain name"),
            (":ip4set:file", "only an acl"),
            ("bl.example:ip4set:one,,two", "no name"),
        ] {
            let told = text.parse::<FileZone>().unwrap_err().to_string();
            assert!(told.contains(reason), "{told}");
        }
    }
}
