//! Contacts for others, by the programs that ask for them: fail2ban's own actions with the name of the zone changed, dig, and HTTP.

use std::fs;
use std::path::Path;

use atalaya_testkit::contacts::NetAbuseUtils;
use atalaya_testkit::peers::{DnsPeer, DnsRecord, DnsReply, LinePeer, LineReply};

use crate::fail2ban::{STOCK, jail, redirected, start};
use crate::harness::{Server, have, run, until};

/// The zone of contacts, below the list's own.
const CONTACTS: &str = "contacts.bl.atalaya.test";

/// A registry that knows one network, and a server that asks it.
async fn server() -> (Server, LinePeer) {
    let registry = LinePeer::start(|_question| {
        LineReply::text(
            "inetnum: 192.0.2.0 - 192.0.2.255\r\nnetname: NET-EXAMPLE\r\nabuse-mailbox: abuse@net.example\r\n",
        )
    })
    .await
    .unwrap();
    let config = format!(
        "[contact]\nbootstrap_url = \"\"\nresolvers = []\nwhois_server = \"{}\"\nzone = \"{CONTACTS}\"\nserve_lookup = true\n",
        registry.address()
    );
    (Server::start(&config), registry)
}

/// What dig says about an address in the zone of contacts.
fn dig(server: &Server, reversed: &str) -> String {
    let port = server.dns.port().to_string();
    let name = format!("{reversed}.{CONTACTS}");
    run(
        "dig",
        &["+short", "+tries=3", "-p", &port, "@127.0.0.1", &name, "TXT"],
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn what_others_ask_for_is_looked_up_and_told_by_dns_and_http() {
    if !have(&["dig"]) {
        return;
    }
    let (server, registry) = server().await;
    until("the zone of contacts answers", || {
        (dig(&server, "2.0.0.127") == "\"hostmaster@bl.atalaya.test\"").then_some(())
    });
    assert_eq!(
        dig(&server, "7.2.0.192"),
        "",
        "nobody knows it yet, and it is wanted"
    );
    let told = until("it was looked up", || {
        let told = dig(&server, "8.2.0.192");
        (!told.is_empty()).then_some(told)
    });
    assert_eq!(told, "\"abuse@net.example\"");
    assert_eq!(registry.asked().len(), 1, "one question a network");
    let (status, body) = server.http("GET", "/api/v1/contact/192.0.2.9");
    assert!(
        status == 200 && body.contains("\"abuse@net.example\"") && body.contains("\"192.0.2.0/24\""),
        "{body}"
    );
    let (status, body) = server.http("GET", "/data/abuse-contact-finder/data.json?resource=192.0.2.9");
    assert!(
        status == 200 && body.contains("\"abuse_contacts\":[\"abuse@net.example\"]"),
        "{body}"
    );
}

/// Debian's configuration, with two actions that ask our zone. Their mails go into files.
fn prepare(folder: &Path, server: &Server) {
    run(
        "cp",
        &["-r", &format!("{STOCK}/."), &folder.display().to_string()],
    );
    drop(fs::remove_dir_all(folder.join("jail.d")));
    let ours = format!("<ip-rev>{CONTACTS} -p {} @127.0.0.1", server.dns.port());
    for action in ["complain.conf", "xarf-login-attack.conf"] {
        let text = redirected(action, "<ip-rev>abuse-contacts.abusix.org", &ours);
        fs::write(folder.join("action.d").join(action), text).unwrap();
    }
    let mailer = folder.join("mailer");
    fs::write(
        &mailer,
        "#!/bin/sh\nout=$1; shift\n{ echo \"to: $*\"; cat; } >\"$out.part\" && mv \"$out.part\" \"$out\"\n",
    )
    .unwrap();
    run("chmod", &["+x", &mailer.display().to_string()]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_actions_of_fail2ban_write_to_the_contact_that_our_zone_names() {
    if !have(&["fail2ban-server", "dig"]) {
        return;
    }
    let (server, _registry) = server().await;
    let found = server.command(&["contact", "192.0.2.51"]);
    assert!(found.starts_with("abuse@net.example\n"), "{found}");
    until("the zone knows it", || {
        (!dig(&server, "51.2.0.192").is_empty()).then_some(())
    });
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name).display().to_string();
    prepare(folder.path(), &server);
    let mailer = at("mailer");
    let actions = [
        (
            "complain",
            format!(
                "complain[mailcmd=\"{mailer} {}\", logpath=\"{}\"]",
                at("complain.mail"),
                at("complain.log")
            ),
        ),
        (
            "xarf",
            format!(
                "xarf-login-attack[mailcmd=\"{mailer} {}\", mailargs=\"\", sender=\"us@example.org\", service=ssh, port=22]",
                at("xarf.mail")
            ),
        ),
    ];
    let jails: String = actions
        .iter()
        .map(|(name, action)| jail(name, &folder.path().join(format!("{name}.log")), action))
        .collect();
    for (name, _) in &actions {
        fs::write(at(&format!("{name}.log")), "").unwrap();
    }
    let _fail2ban = start(folder.path(), &jails);
    let socket = at("socket");
    until("fail2ban has two jails", || {
        let status = run("fail2ban-client", &["-s", &socket, "status"]);
        status.contains("Number of jail:\t2").then_some(())
    });
    let stamp = run("date", &["+%b %e %H:%M:%S"]);
    for (name, address) in [("complain", "192.0.2.51"), ("xarf", "192.0.2.52")] {
        let line =
            format!("{stamp} host sshd[4711]: Failed password for root from {address} port 4711 ssh2\n");
        fs::write(at(&format!("{name}.log")), line.repeat(2)).unwrap();
        let mail = until("the mail of an action", || {
            fs::read_to_string(at(&format!("{name}.mail"))).ok()
        });
        let recipients = mail.lines().next().unwrap();
        assert!(recipients.ends_with("abuse@net.example"), "{name}: {mail}");
        assert!(mail.contains(address), "{name}: {mail}");
    }
}

/// What Cymru's zones say, in their form: number, prefix, country, registry, date; and number, country, registry, date, name.
fn of_cymru() -> Vec<DnsRecord> {
    vec![
        DnsRecord::txt(
            "7.2.0.192.origin.asn.cymru.com",
            "64500 | 192.0.2.0/24 | NL | ripencc | 1992-06-01",
        ),
        DnsRecord::txt(
            "7.2.0.192.peer.asn.cymru.com",
            "64501 64502 | 192.0.2.0/24 | NL | ripencc | 1992-06-01",
        ),
        DnsRecord::txt(
            "as64500.asn.cymru.com",
            "64500 | NL | ripencc | 2001-05-04 | EXAMPLE-AS Example Net, NL",
        ),
        DnsRecord::txt("99.2.0.192.bl.atalaya.test", "spam 192.0.2.99: by hand"),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn each_function_of_net_abuse_utils_about_networks_has_its_command() {
    if !NetAbuseUtils::is_there().await {
        return atalaya_testkit::skip("Perl's Net::Abuse::Utils is not installed");
    }
    let records = of_cymru();
    let resolver = DnsPeer::start(move |name| {
        let found = records.iter().filter(|record| record.is_about(name));
        DnsReply::Records(found.cloned().collect())
    })
    .await
    .unwrap();
    let library = NetAbuseUtils {
        whois: Vec::new(),
        resolver: Some(resolver.address()),
    };
    let questions = [
        "get_asn_info 192.0.2.7",
        "get_peer_info 192.0.2.7",
        "get_as_description 64500",
        "get_as_company 64500",
        "get_asn_country 64500",
        "get_ip_country 192.0.2.7",
        "get_dnsbl_listing 192.0.2.99 bl.atalaya.test",
        "get_malware 733a48a9cb49651d72fe824ca91e8d00",
    ];
    let theirs = library.ask(&questions.map(str::to_owned)).await.unwrap();
    let theirs: Vec<String> = theirs.iter().map(|values| values.join(" ")).collect();
    let peer = |asn| format!("asn={asn} cc=NL date=1992-06-01 prefix=192.0.2.0/24 rir=ripencc");
    let expected = [
        "64500 192.0.2.0/24 NL ripencc 1992-06-01",
        &format!("{} {}", peer(64_501), peer(64_502)),
        "EXAMPLE-AS Example Net, NL",
        "Example Net, NL",
        "NL",
        "NL",
        "spam 192.0.2.99: by hand",
        "",
    ];
    assert_eq!(theirs, expected);
    ours_say_the_same();
}

/// Ours are files, and the list itself; no peers and no digests of malware.
fn ours_say_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let table = folder.path().join("networks.tsv");
    fs::write(
        &table,
        "192.0.2.0\t192.0.2.255\t64500\tNL\tEXAMPLE-AS Example Net\n",
    )
    .unwrap();
    let config = format!("[places]\ncountries = [{table:?}]\nnetworks = [{table:?}]\n");
    let server = Server::start(&config);
    let shown = server.command(&["data", "show", "192.0.2.7", "--json"]);
    let shown: serde_json::Value = serde_json::from_str(&shown).unwrap();
    assert_eq!(
        (&shown["asn"], &shown["network"], &shown["country"]),
        (&64_500.into(), &"EXAMPLE-AS Example Net".into(), &"NL".into())
    );
    server.command(&[
        "list",
        "add",
        "192.0.2.99",
        "--class",
        "spam",
        "--reason",
        "by hand",
    ]);
    assert_eq!(server.lookup("192.0.2.99")["listings"][0]["reason"], "by hand");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_contact_set_by_hand_is_used_by_the_running_server_and_others_stand_behind_it() {
    let (server, _registry) = server().await;
    let found = || server.command(&["contact", "192.0.2.7"]);
    assert!(found().starts_with("abuse@net.example\n"), "{}", found());
    let set = ["contact", "set", "192.0.2.0/24", "noc@net.example"];
    let told = server.command(&[&set[..], &["--reason", "Asked by phone.", "--until", "30d"]].concat());
    assert!(
        told.starts_with("Notices about 192.0.2.0/24 go to noc@net.example until "),
        "{told}"
    );
    assert!(found().starts_with("noc@net.example\n"), "{}", found());
    let explained = server.command(&["contact", "192.0.2.7", "--explain"]);
    assert!(explained.contains("by-hand 192.0.2.0/24"), "{explained}");
    assert!(explained.contains("Asked by phone."), "{explained}");
    let all = server.command(&["contact", "192.0.2.7", "--all"]);
    let (first, second) = (all.find("noc@net.example"), all.find("abuse@net.example"));
    assert!(first.is_some() && first < second, "{all}");
    let shown = server.command(&["contact", "show"]);
    assert!(shown.contains("noc@net.example, set by hand since "), "{shown}");
    let trail = server.command(&["audit"]);
    assert!(trail.contains("contact.set"), "{trail}");
    server.command(&["contact", "unset", "192.0.2.0/24"]);
    assert!(found().starts_with("abuse@net.example\n"), "{}", found());
    assert_eq!(server.command(&["contact", "show"]), "No contact is set by hand.");
}
