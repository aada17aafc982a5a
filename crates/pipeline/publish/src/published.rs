//! The zones that we answer for: the combined one with everything that is listed, and a sub-zone for each class.
//!
//! Each sub-zone is a zone of its own below the combined one, with its own SOA record, so that whoever wants one class alone asks for
//! nothing else, and other name servers can copy it alone. All stand at the same serial and have the same name servers.

use atalaya_model::Class;
use domain::base::Name;
use domain::base::name::Label;

use crate::apex::Apex;
use crate::config::PublishConfig;
use crate::error::PublishError;
use crate::set::Classes;

/// A label in front of a zone that is at least so long is taken for a key, known or not. No octet, no nibble and no sub-zone is as long,
/// and a key with a letter too few must not be answered like a name that does not exist: that would read as "not listed".
pub(crate) const LEAST_KEY_LABEL: usize = 16;

/// A zone that we answer for.
#[derive(Debug)]
pub(crate) struct PublishedZone {
    /// What it says about itself.
    pub(crate) apex: Apex,
    /// The classes whose listings it holds.
    pub(crate) classes: Classes,
    /// Its name below the combined zone; `combined` for that one.
    pub(crate) label: &'static str,
}

/// All of them.
#[derive(Debug)]
pub(crate) struct PublishedZones {
    combined: PublishedZone,
    sub_zones: Vec<PublishedZone>,
}

/// Where a name stands among the zones.
#[derive(Debug)]
pub(crate) struct Place<'z, 'q> {
    /// The zone that it is in, the nearest above it.
    pub(crate) zone: &'z PublishedZone,
    /// The number of that zone, in the order of [`PublishedZones::iter`].
    pub(crate) number: usize,
    /// The label directly in front of the zone, if it is one for a key.
    pub(crate) key: Option<&'q [u8]>,
    /// How many labels stand in front of that.
    pub(crate) labels: usize,
}

impl PublishedZones {
    /// Reads the configuration.
    ///
    /// # Errors
    /// A name is no domain name, or a server in the zone has no address.
    pub(crate) fn new(config: &PublishConfig) -> Result<Self, PublishError> {
        let apex = Apex::new(config)?;
        let mut sub_zones: Vec<PublishedZone> = Vec::new();
        for class in Class::ALL.into_iter().filter(|_class| config.sub_zones) {
            let label = class.sub_zone();
            if sub_zones.iter().all(|known| known.label != label) {
                sub_zones.push(PublishedZone {
                    apex: apex.below(label)?,
                    classes: Class::ALL
                        .into_iter()
                        .filter(|class| class.sub_zone() == label)
                        .collect(),
                    label,
                });
            }
        }
        Ok(Self {
            combined: PublishedZone {
                apex,
                classes: Classes::ALL,
                label: "combined",
            },
            sub_zones,
        })
    }

    /// The zone with everything that is listed.
    pub(crate) fn combined(&self) -> &PublishedZone {
        &self.combined
    }

    /// All zones, the combined one first.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &PublishedZone> {
        std::iter::once(&self.combined).chain(&self.sub_zones)
    }

    /// The zone of a number, in the order of [`PublishedZones::iter`].
    pub(crate) fn get(&self, number: usize) -> Option<&PublishedZone> {
        self.iter().nth(number)
    }

    /// The names of the zones below the combined one.
    pub(crate) fn cuts(&self) -> impl Iterator<Item = &Name<[u8]>> {
        self.sub_zones.iter().map(|zone| zone.apex.zone.for_slice())
    }

    /// Finds the zone of a name; none if it is in none.
    pub(crate) fn locate<'q>(&self, name: &'q Name<[u8]>) -> Option<Place<'_, 'q>> {
        let combined = &self.combined.apex.zone;
        if !name.ends_with(combined) {
            return None;
        }
        let front = name.label_count().saturating_sub(combined.label_count());
        let label = |count: usize| {
            let at = count.checked_sub(1)?;
            name.iter().nth(at).map(Label::as_slice)
        };
        let sub_zone = label(front).and_then(|label| {
            let is_it = |zone: &&PublishedZone| zone.label.as_bytes().eq_ignore_ascii_case(label);
            (1..).zip(&self.sub_zones).find(|(_number, zone)| is_it(zone))
        });
        let (number, zone, front) = match sub_zone {
            Some((number, zone)) => (number, zone, front.saturating_sub(1)),
            None => (0, &self.combined, front),
        };
        let key = label(front).filter(|label| label.len() >= LEAST_KEY_LABEL);
        Some(Place {
            zone,
            number,
            key,
            labels: front.saturating_sub(usize::from(key.is_some())),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Zone, key and labels in front of it.
    fn place(zones: &PublishedZones, name: &str) -> Option<(&'static str, Option<String>, usize)> {
        let name = Name::vec_from_str(name).unwrap();
        let place = zones.locate(name.for_slice())?;
        let key = place.key.map(|key| String::from_utf8(key.to_vec()).unwrap());
        Some((place.zone.label, key, place.labels))
    }

    #[test]
    fn a_name_belongs_to_the_nearest_zone_above_it() {
        let zones = PublishedZones::new(&PublishConfig::default()).unwrap();
        let labels: Vec<&str> = zones.iter().map(|zone| zone.label).collect();
        assert_eq!(
            labels,
            ["combined", "manual", "spam", "bot", "hijacked", "policy"]
        );
        let key = "abcdefghijklmnopqrstuvwxyz".to_owned();
        for (name, expected) in [
            ("bl.atalaya.test", Some(("combined", None, 0))),
            ("1.0.0.127.BL.atalaya.test", Some(("combined", None, 4))),
            ("sPam.bl.atalaya.test", Some(("spam", None, 0))),
            ("2.0.0.127.spam.bl.atalaya.test", Some(("spam", None, 4))),
            ("bot.spam.bl.atalaya.test", Some(("spam", None, 1))),
            (
                &format!("2.{key}.bl.atalaya.test"),
                Some(("combined", Some(key.clone()), 1)),
            ),
            (
                &format!("{key}.bot.bl.atalaya.test"),
                Some(("bot", Some(key.clone()), 0)),
            ),
            (
                &format!("bot.{key}.bl.atalaya.test"),
                Some(("combined", Some(key.clone()), 1)),
            ),
            ("atalaya.test", None),
            ("xbl.atalaya.test", None),
        ] {
            assert_eq!(place(&zones, name), expected, "{name}");
        }
    }

    #[test]
    fn every_class_is_in_one_sub_zone() {
        let zones = PublishedZones::new(&PublishConfig::default()).unwrap();
        for class in Class::ALL {
            let holding = zones.iter().filter(|zone| zone.classes.contains(class)).count();
            assert_eq!(holding, 2, "the combined zone and one of its own: {class}");
        }
        let policy = zones.iter().find(|zone| zone.label == "policy").unwrap().classes;
        assert!(policy.iter().eq([Class::PolicyDeclared, Class::Policy]));
    }

    #[test]
    fn without_sub_zones_their_names_are_like_any_other() {
        let config = PublishConfig {
            sub_zones: false,
            ..PublishConfig::default()
        };
        let zones = PublishedZones::new(&config).unwrap();
        assert_eq!(place(&zones, "spam.bl.atalaya.test"), Some(("combined", None, 1)));
    }
}
