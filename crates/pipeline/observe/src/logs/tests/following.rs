//! Real files that grow, are renamed, copied, packed, emptied and cut.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::net::IpAddr;
use std::os::unix::fs::symlink;
use std::path::PathBuf;
use std::time::SystemTime;

use atalaya_formats::mta_log::MAX_LINE;
use flate2::Compression;
use flate2::write::GzEncoder;
use tempfile::TempDir;

use super::super::file::Position;
use super::super::follow::Log;
use super::*;

/// A folder of logs, and who follows one of them.
struct Place {
    folder: TempDir,
    log: Log,
    position: Position,
}

impl Place {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let log = follow(&folder.path().join("mail.log"), Position::start());
        Self {
            folder,
            log,
            position: Position::start(),
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn rename(&self, from: &str, to: &str) {
        fs::rename(self.path(from), self.path(to)).unwrap();
    }

    /// Adds bytes to a file.
    fn add(&self, name: &str, bytes: impl AsRef<[u8]>) {
        let mut options = OpenOptions::new();
        let mut file = options.create(true).append(true).open(self.path(name)).unwrap();
        file.write_all(bytes.as_ref()).unwrap();
    }

    /// Lets a file have been changed last so many seconds after now.
    fn change(&self, name: &str, seconds: u64) {
        let now = u64::try_from(now().seconds()).unwrap();
        let file = OpenOptions::new().append(true).open(self.path(name)).unwrap();
        file.set_modified(SystemTime::UNIX_EPOCH + Duration::from_secs(now + seconds))
            .unwrap();
    }

    /// Empties a file in place.
    fn empty(&self, name: &str) {
        fs::write(self.path(name), "").unwrap();
    }

    /// Packs a file and removes it.
    fn pack(&self, name: &str) {
        let packed = fs::File::create(self.path(&format!("{name}.gz"))).unwrap();
        let mut packer = GzEncoder::new(packed, Compression::fast());
        packer.write_all(&fs::read(self.path(name)).unwrap()).unwrap();
        packer.finish().unwrap();
        fs::remove_file(self.path(name)).unwrap();
    }

    /// The last bytes of the addresses that are observed now.
    fn seen(&mut self) -> Vec<u8> {
        let batch = self.log.read(now()).unwrap();
        assert!(!batch.has_more);
        self.position = batch.position;
        let last = |seen: &Observation| match seen.address {
            IpAddr::V4(address) => address.octets()[3],
            IpAddr::V6(_) => 0,
        };
        batch.observations.iter().map(last).collect()
    }

    /// Begins again from the last position.
    fn restart(&mut self) {
        self.log = follow(&self.path("mail.log"), self.position);
    }
}

fn follow(path: &Path, position: Position) -> Log {
    let config = LogsConfig {
        // The files of a test are young, whatever the test clock says.
        oldest: Period::days(60),
        ..LogsConfig::default()
    };
    let sensor = LogSensor::open(&log(path), Vec::new(), config.oldest).unwrap();
    Log::new(&log(path), sensor, &config, position)
}

#[test]
fn what_is_added_is_read_once_and_half_a_line_waits_for_its_end() {
    let mut place = Place::new();
    assert_eq!(place.seen(), [0; 0], "it is not there yet");
    place.add("mail.log", line(1) + &line(2));
    assert_eq!(place.seen(), [1, 2]);
    let third = line(3);
    let (begun, rest) = third.split_at(60);
    place.add("mail.log", begun);
    assert_eq!(place.seen(), [0; 0]);
    place.restart();
    assert_eq!(place.seen(), [0; 0]);
    place.add("mail.log", rest);
    assert_eq!(place.seen(), [3]);
    place.restart();
    assert_eq!(place.seen(), [0; 0]);
}

#[test]
fn a_renamed_log_is_read_to_its_end_before_the_new_one() {
    let mut place = Place::new();
    place.add("mail.log", line(1));
    assert_eq!(place.seen(), [1]);
    place.add("mail.log", line(2));
    place.rename("mail.log", "mail.log.1");
    assert_eq!(place.seen(), [2]);
    // The mail server has not noticed yet.
    place.add("mail.log.1", line(3));
    place.add("mail.log", "");
    assert_eq!(place.seen(), [3]);
    place.add("mail.log.1", line(4));
    place.add("mail.log", line(5));
    assert_eq!(place.seen(), [4, 5]);
    place.add("mail.log", line(6));
    assert_eq!(place.seen(), [6]);
}

#[test]
fn a_log_that_goes_to_another_folder_is_read_to_its_end() {
    let mut place = Place::new();
    fs::create_dir(place.path("old")).unwrap();
    place.add("mail.log", line(1));
    assert_eq!(place.seen(), [1]);
    place.add("mail.log", line(2));
    place.rename("mail.log", "old/mail.log");
    place.add("mail.log", line(3));
    assert_eq!(place.seen(), [2, 3]);
}

#[test]
fn a_rotated_log_that_is_a_link_is_read_once() {
    let mut place = Place::new();
    fs::create_dir(place.path("archive")).unwrap();
    place.add("mail.log", line(1));
    assert_eq!(place.seen(), [1]);
    place.add("mail.log", line(2));
    place.rename("mail.log", "archive/2");
    place.add("archive/1", line(3));
    for (name, seconds) in [("2", 0), ("1", 1)] {
        let aside = format!("archive/{name}");
        place.change(&aside, seconds);
        for link in [format!("mail.log.{name}"), format!("mail.log-2026{name}")] {
            symlink(place.path(&aside), place.path(&link)).unwrap();
        }
    }
    symlink(place.path("gone"), place.path("mail.log.9")).unwrap();
    place.add("mail.log", line(4));
    place.restart();
    assert_eq!(place.seen(), [2, 3, 4]);
    place.add("mail.log", line(5));
    assert_eq!(place.seen(), [5]);
}

#[test]
fn a_log_that_is_copied_and_emptied_loses_nothing() {
    for packed in [false, true] {
        let mut place = Place::new();
        place.add("mail.log", line(1));
        assert_eq!(place.seen(), [1]);
        place.add("mail.log", line(2));
        fs::copy(place.path("mail.log"), place.path("mail.log.1")).unwrap();
        place.empty("mail.log");
        if packed {
            place.pack("mail.log.1");
        }
        assert_eq!(place.seen(), [2]);
        place.add("mail.log", line(3));
        assert_eq!(place.seen(), [3]);
    }
}

#[test]
fn a_log_that_was_emptied_and_has_grown_again_is_read_from_its_beginning() {
    let mut place = Place::new();
    place.add("mail.log", line(1));
    assert_eq!(place.seen(), [1]);
    place.empty("mail.log");
    place.add("mail.log", (2..9).map(line).collect::<String>());
    assert_eq!(place.seen(), [2, 3, 4, 5, 6, 7, 8]);
}

#[test]
fn rotations_while_nobody_followed_are_made_up_for() {
    let mut place = Place::new();
    place.add("mail.log", (1..20).map(line).collect::<String>());
    assert_eq!(place.seen().len(), 19);
    place.add("mail.log", line(20));
    place.rename("mail.log", "mail.log.3");
    place.pack("mail.log.3");
    place.change("mail.log.3.gz", 0);
    for (name, last) in [("mail.log.2", 21), ("mail.log.1", 22), ("mail.log", 23)] {
        place.add(name, line(last));
        place.change(name, u64::from(last));
    }
    place.add("mail.log.txt", line(90));
    place.add("mail.err.1", line(91));
    place.restart();
    assert_eq!(place.seen(), [20, 21, 22, 23]);
    place.restart();
    assert_eq!(place.seen(), [0; 0]);
}

#[test]
fn a_rotation_while_older_files_are_read_skips_none_of_them() {
    let mut place = Place::new();
    place.add("mail.log", line(1));
    assert_eq!(place.seen(), [1]);
    // More than is read in one go, so that the younger files wait.
    place.add("mail.log", line(2) + &"nothing\n".repeat(200_000));
    place.rename("mail.log", "mail.log.2");
    place.change("mail.log.2", 0);
    for (name, last) in [("mail.log.1", 3), ("mail.log", 4)] {
        place.add(name, line(last));
        place.change(name, u64::from(last));
    }
    place.restart();
    assert!(place.log.read(now()).unwrap().has_more);
    place.rename("mail.log.2", "mail.log.3");
    place.rename("mail.log.1", "mail.log.2");
    place.rename("mail.log", "mail.log.1");
    place.add("mail.log", line(5));
    place.change("mail.log", 5);
    let mut seen = place.seen();
    seen.extend(place.seen());
    assert_eq!(seen, [3, 4, 5]);
}

#[test]
fn while_a_file_is_being_packed_the_plain_one_is_read() {
    let mut place = Place::new();
    place.add("mail.log", line(1));
    assert_eq!(place.seen(), [1]);
    place.add("mail.log", line(2) + &line(3));
    place.rename("mail.log", "mail.log.1");
    place.add("whole", fs::read(place.path("mail.log.1")).unwrap());
    place.pack("whole");
    let whole = fs::read(place.path("whole.gz")).unwrap();
    place.add("mail.log.1.gz", &whole[..whole.len() - 9]);
    place.add("mail.log", line(4));
    place.restart();
    assert_eq!(place.seen(), [2, 3, 4]);
}

#[test]
fn a_packed_file_that_is_cut_does_not_keep_the_log_from_being_read() {
    let mut place = Place::new();
    place.add("mail.log", line(1));
    assert_eq!(place.seen(), [1]);
    place.add("mail.log", (2..200).map(line).collect::<String>());
    place.rename("mail.log", "mail.log.1");
    place.pack("mail.log.1");
    let whole = fs::read(place.path("mail.log.1.gz")).unwrap();
    fs::write(place.path("mail.log.1.gz"), &whole[..whole.len() / 2]).unwrap();
    place.add("mail.log", line(250));
    place.restart();
    assert_eq!(place.seen().last(), Some(&250));
}

#[test]
fn what_was_read_before_the_trouble_is_given_and_then_the_trouble() {
    let mut place = Place::new();
    place.add("log", (1..200).map(line).collect::<String>());
    place.pack("log");
    let whole = fs::read(place.path("log.gz")).unwrap();
    fs::write(place.path("mail.log"), &whole[..whole.len() - 9]).unwrap();
    assert_eq!(place.seen(), (1..200).collect::<Vec<u8>>());
    assert!(place.log.read(now()).is_err());
    fs::remove_file(place.path("mail.log")).unwrap();
    place.add("mail.log", line(250));
    assert_eq!(place.seen(), [250]);
}

#[test]
fn a_log_that_is_packed_itself_is_read_once() {
    let mut place = Place::new();
    place.add("log", (1..200).map(line).collect::<String>());
    place.pack("log");
    place.rename("log.gz", "mail.log");
    assert_eq!(place.seen(), (1..200).collect::<Vec<u8>>());
    assert_eq!(place.seen(), [0; 0]);
}

#[test]
fn a_restart_inside_of_a_line_takes_its_rest_for_no_line() {
    let mut place = Place::new();
    // Longer than any line: its later part looks like a line of its own.
    let lie = line(66);
    place.add("mail.log", line(1) + &"x".repeat(2 * MAX_LINE));
    assert_eq!(place.seen(), [1]);
    place.restart();
    place.add("mail.log", lie + &line(2));
    assert_eq!(place.seen(), [2]);
}

#[test]
fn bytes_that_are_no_text_do_no_harm() {
    let mut place = Place::new();
    let odd = [
        &b"\xff\xfe\0\0\xc3(\n"[..],
        &[0; 70_000],
        b"\n",
        line(2).as_bytes(),
    ]
    .concat();
    place.add("mail.log", line(1));
    place.add("mail.log", odd);
    assert_eq!(place.seen(), [1, 2]);
}

#[test]
fn a_flood_in_a_log_is_bounded_by_address_and_read_in_pieces() {
    let mut place = Place::new();
    let flood = (0..20_000).map(|number| {
        format!("{TIME} mx postfix/smtpd[{number}]: too many errors after RCPT from unknown[192.0.2.1]\n")
    });
    place.add("mail.log", flood.collect::<String>() + &line(2));
    let mut seen = Vec::new();
    loop {
        let batch = place.log.read(now()).unwrap();
        seen.extend(batch.observations);
        if !batch.has_more {
            break;
        }
    }
    assert_eq!(seen.len(), 31);
}

#[test]
fn what_is_no_regular_file_is_an_error_and_not_waited_for() {
    let mut place = Place::new();
    fs::create_dir(place.path("mail.log")).unwrap();
    assert!(place.log.read(now()).is_err());
    fs::remove_dir(place.path("mail.log")).unwrap();
    place.add("mail.log", line(1));
    assert_eq!(place.seen(), [1]);
}

#[test]
fn lines_of_whole_files_are_given_packed_or_not() {
    let place = Place::new();
    place.add("mail.log", "one\ntwo");
    let read = |name: &str| {
        let mut lines = Vec::new();
        lines_of_file(&place.path(name), |line| {
            lines.push(String::from_utf8(line.to_vec()).unwrap());
        })
        .unwrap();
        lines
    };
    assert_eq!(read("mail.log"), ["one", "two"]);
    place.pack("mail.log");
    assert_eq!(read("mail.log.gz"), ["one", "two"]);
}
