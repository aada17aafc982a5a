//! The time zone of a log whose times tell none.

use std::fs;
use std::path::Path;

use jiff::tz::TimeZone;

use super::LogsError;

/// Where the zone of this machine is.
const LOCAL: &str = "/etc/localtime";
/// Where zones are by name.
const NAMED: &str = "/usr/share/zoneinfo";

/// The zone of this name or in the form of POSIX; without either that of this machine, which is UTC where it says none.
pub(super) fn zone(named: Option<&str>) -> Result<TimeZone, LogsError> {
    let Some(name) = named else {
        return Ok(read(Path::new(LOCAL)).unwrap_or(TimeZone::UTC));
    };
    let in_folder = || {
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/_+-".contains(&byte);
        let is_name = !name.starts_with('/') && name.bytes().all(is_plain);
        is_name.then(|| read(&Path::new(NAMED).join(name))).flatten()
    };
    let posix = TimeZone::posix(name).ok();
    posix
        .or_else(in_folder)
        .ok_or_else(|| LogsError::Zone(name.to_owned()))
}

/// The zone in a file.
fn read(path: &Path) -> Option<TimeZone> {
    TimeZone::tzif("", &fs::read(path).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_zone_is_found_by_its_rule_or_its_name() {
        let rule = zone(Some("CET-1CEST,M3.5.0,M10.5.0/3")).unwrap();
        let summer: jiff::Timestamp = "2026-07-01T10:00:00Z".parse().unwrap();
        assert_eq!(rule.to_datetime(summer).hour(), 12);
        for wrong in ["Atlantis/Capital", "../../etc/passwd", "/etc/localtime", ""] {
            assert!(zone(Some(wrong)).is_err(), "{wrong}");
        }
        if Path::new(NAMED).join("Europe/Madrid").exists() {
            assert_eq!(
                zone(Some("Europe/Madrid")).unwrap().to_datetime(summer).hour(),
                12
            );
        } else {
            atalaya_testkit::skip("this machine knows no time zones by name");
        }
        assert!(zone(None).is_ok());
    }
}
