//! Lists of others, with what a trap saw: together they list, alone none of them does. The DNS blocklists are real, in rbldnsd.

use std::fs;
use std::net::UdpSocket;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use crate::harness::{Server, atalaya, have, swaks, text, until};

/// rbldnsd; killed when dropped.
struct Rbldnsd(Child, u16);

impl Drop for Rbldnsd {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

/// Starts it with a list that lives and one that lists the world.
fn rbldnsd(folder: &Path) -> Rbldnsd {
    fs::set_permissions(folder, fs::Permissions::from_mode(0o755)).unwrap();
    fs::write(folder.join("good"), ":127.0.0.2:x\n127.0.0.2\n192.0.2.31\n").unwrap();
    fs::write(folder.join("world"), ":127.0.0.2:x\n127.0.0.0/8\n").unwrap();
    let port = UdpSocket::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let mut command = Command::new("/usr/sbin/rbldnsd");
    command
        .args(["-n", "-b", &format!("127.0.0.1/{port}"), "-w"])
        .arg(folder);
    // It refuses to run as root.
    if fs::metadata("/proc/self").unwrap().uid() == 0 {
        command.args(["-u", "nobody"]);
    }
    let zones = ["good.example:ip4set:good", "world.example:ip4set:world"];
    let quiet = command.args(zones).stdout(Stdio::null()).stderr(Stdio::null());
    Rbldnsd(quiet.spawn().unwrap(), port)
}

/// The lines of `feeds --json`, by the name of the list.
fn status(server: &Server, name: &str) -> serde_json::Value {
    let lines = server.command(&["feeds", "--json"]);
    let mut lines = lines.lines().map(|line| serde_json::from_str(line).unwrap());
    let found = lines.find_map(|line: serde_json::Value| {
        let list = line.get("feed").or_else(|| line.get("upstream"))?;
        (list["name"] == name).then(|| list.clone())
    });
    found.unwrap()
}

/// A server with three feeds, one of them a web page, and two DNS blocklists, one of which lies.
fn server(files: &Path) -> (Rbldnsd, Server) {
    let rbldnsd = rbldnsd(files);
    let one = files.join("one.txt");
    fs::write(&one, "192.0.2.31\n192.0.2.33\n").unwrap();
    let two = files.join("two.csv");
    fs::write(&two, "ip,what\n192.0.2.31,bots\n192.0.2.33,bots\n").unwrap();
    let page = files.join("page.txt");
    fs::write(&page, "<html>\n<p>\nGone\n</p>\n</html>\n").unwrap();
    let config = format!(
        "[[trap.addresses]]\naddress = \"@trap.example\"\nkind = \"recycled\"\n\
         [trap.stand_for]\n\"127.0.0.31\" = \"192.0.2.31\"\n\"127.0.0.32\" = \"192.0.2.32\"\n\
         [[feeds.lists]]\nname = \"one\"\nurl = \"{}\"\n\
         [[feeds.lists]]\nname = \"two\"\nurl = \"{}\"\nformat = \"csv\"\ncategory = \"what\"\n\
         [[feeds.lists]]\nname = \"page\"\nurl = \"{}\"\n\
         [upstream]\nresolvers = [\"127.0.0.1:{}\"]\n\
         [[upstream.lists]]\nzone = \"good.example\"\n\
         [[upstream.lists]]\nzone = \"world.example\"\n",
        one.display(),
        two.display(),
        page.display(),
        rbldnsd.1
    );
    (rbldnsd, Server::start(&config))
}

/// Waits until each list was looked at.
fn tested(server: &Server) {
    until("the test of the list that lives", || {
        (status(server, "good.example")["state"] == "good").then_some(())
    });
    until("the test of the list that lies", || {
        (status(server, "world.example")["state"] == "quarantined").then_some(())
    });
    until("the feeds", || {
        (status(server, "two")["entries"] == 2).then_some(())
    });
    until("the page in place of a feed", || {
        let trouble = &status(server, "page")["trouble"];
        (trouble["what"] == "quarantined").then_some(())
    });
}

/// Lists are tried and released by hand.
fn tried(server: &Server, files: &Path) {
    let page = files.join("page.txt");
    let tried = atalaya(&["feeds", "check", page.to_str().unwrap()], server.data());
    assert!(
        text(&tried.stderr).contains("would be refused"),
        "{}",
        text(&tried.stderr)
    );
    let tried = server.command(&["feeds", "check", "two"]);
    assert!(tried.contains("entries"), "{tried}");
    server.command(&["feeds", "release", "one"]);
    let wrong = atalaya(&["feeds", "release", "none"], server.data());
    assert!(
        text(&wrong.stderr).contains("no feed named none"),
        "{}",
        text(&wrong.stderr)
    );
}

#[test]
fn lists_of_others_list_together_with_what_came_to_us_and_never_alone() {
    if !have(&["swaks", "rbldnsd"]) {
        return;
    }
    let files = tempfile::tempdir().unwrap();
    let (_rbldnsd, server) = server(files.path());
    tested(&server);
    for local in ["127.0.0.31", "127.0.0.32"] {
        assert!(swaks(server.smtp, local, &[]).contains("250"));
    }
    until("what all of them list together", || {
        (server.lookup("192.0.2.31")["listed"] == true).then_some(())
    });
    server.command(&["sources"]);
    for address in ["192.0.2.32", "192.0.2.33"] {
        assert_eq!(server.lookup(address)["listed"], false, "{address}");
    }
    let table = server.command(&["feeds"]);
    assert!(
        table.contains("name no address") && table.contains("it lists 127.0.0.1"),
        "{table}"
    );
    tried(&server, files.path());
}
