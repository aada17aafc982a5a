//! Files of p0f v3: `classes`, then sections in brackets, with `label`, `sys` and `sig` lines in each. Only `[tcp:request]` holds
//! signatures of SYNs; the others are passed over.

mod fit;
mod signature;

pub(super) use self::signature::Signature;
use super::{Family, Label};

/// The sections that there are.
const SECTIONS: [&str; 5] = [
    "[mtu]",
    "[tcp:request]",
    "[tcp:response]",
    "[http:request]",
    "[http:response]",
];
/// The one of the SYNs.
const OF_SYNS: &str = "[tcp:request]";

/// Where in a file the reader is.
#[derive(Debug, Default)]
pub(super) struct Place {
    classes: Vec<String>,
    section: Section,
    label: Current,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Section {
    #[default]
    Before,
    Syns,
    Other,
}

/// The label that the next signatures stand for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Current {
    #[default]
    None,
    /// Its line was wrong, which was told.
    Wrong,
    /// It is of a tool, and has not said yet on which systems that runs.
    NeedsSystems(usize),
    Label(usize),
}

impl Place {
    /// Reads a line. Gives a signature, where it is one, with the place of its label.
    pub(super) fn line(
        &mut self,
        line: &str,
        labels: &mut Vec<Label>,
    ) -> Result<Option<(usize, Signature)>, &'static str> {
        if line.starts_with('[') {
            return self.enter(line).map(|()| None);
        }
        let (name, value) = line
            .split_once('=')
            .ok_or("neither a section nor `name = value`")?;
        let (name, value) = (name.trim_ascii_end(), value.trim_ascii_start());
        match (name, self.section) {
            ("classes", Section::Before) => self.read_classes(value).map(|()| None),
            ("classes", _) => Err("`classes` stands in front of all sections"),
            ("label" | "sys" | "sig", Section::Before) => Err("no section begins above"),
            ("label" | "sys" | "sig" | "ua_os", Section::Other) => Ok(None),
            ("label", Section::Syns) => self.label(value, labels).map(|()| None),
            ("sys", Section::Syns) => self.systems(value).map(|()| None),
            ("sig", Section::Syns) => self.signature(value),
            _ => Err("no such name here"),
        }
    }

    fn enter(&mut self, line: &str) -> Result<(), &'static str> {
        self.label = Current::None;
        self.section = if line == OF_SYNS {
            Section::Syns
        } else {
            Section::Other
        };
        if SECTIONS.contains(&line) {
            Ok(())
        } else {
            Err("no such section")
        }
    }

    fn read_classes(&mut self, value: &str) -> Result<(), &'static str> {
        for class in value.split(',').map(str::trim_ascii) {
            if class.is_empty() || !class.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
                return Err("a class is letters and digits, with commas between");
            }
            self.classes.push(class.to_owned());
        }
        Ok(())
    }

    fn label(&mut self, value: &str, labels: &mut Vec<Label>) -> Result<(), &'static str> {
        self.label = Current::Wrong;
        let label = self.read_label(value)?;
        let place = labels.len();
        self.label = if label.family == Family::Tool {
            Current::NeedsSystems(place)
        } else {
            Current::Label(place)
        };
        labels.push(label);
        Ok(())
    }

    /// Reads `type:class:name:flavour`.
    fn read_label(&self, value: &str) -> Result<Label, &'static str> {
        let mut fields = value.splitn(4, ':');
        let (Some(kind), Some(class), Some(name), Some(flavour)) =
            (fields.next(), fields.next(), fields.next(), fields.next())
        else {
            return Err("a label is type:class:name:flavour");
        };
        let is_generic = match kind {
            "g" => true,
            "s" => false,
            _ => return Err("a label begins with `s:` (specific) or `g:` (generic)"),
        };
        let known = self
            .classes
            .iter()
            .find(|known| known.eq_ignore_ascii_case(class));
        let family = match (class, known) {
            ("!", _) => Family::Tool,
            (_, Some(class)) => Family::System(class.clone()),
            (_, None) => return Err("a class that `classes` does not name"),
        };
        if name.is_empty() {
            return Err("a label without a name");
        }
        Ok(Label {
            family,
            name: name.to_owned(),
            flavour: flavour.to_owned(),
            is_generic,
        })
    }

    /// Takes the systems that a tool runs on, which nothing here asks for.
    fn systems(&mut self, value: &str) -> Result<(), &'static str> {
        match self.label {
            Current::Wrong => return Ok(()),
            Current::NeedsSystems(label) => self.label = Current::Label(label),
            Current::None | Current::Label(_) => return Err("`sys` follows the label of a tool"),
        }
        let is_known = |system: &str| match system.strip_prefix('@') {
            Some(class) => self.classes.iter().any(|known| known.eq_ignore_ascii_case(class)),
            None => !system.is_empty(),
        };
        if value.split(',').map(str::trim_ascii).all(is_known) {
            Ok(())
        } else {
            Err("`sys` has names of systems, or @class, with commas between")
        }
    }

    fn signature(&self, value: &str) -> Result<Option<(usize, Signature)>, &'static str> {
        let signature = Signature::read(value)?;
        match self.label {
            Current::None => Err("no label stands above"),
            Current::NeedsSystems(_) => Err("the label of a tool needs a line `sys` first"),
            Current::Wrong => Ok(None),
            Current::Label(label) => Ok(Some((label, signature))),
        }
    }
}
