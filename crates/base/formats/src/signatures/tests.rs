//! Signature files, right and wrong, and what fits.

use super::*;
use crate::syn::Syn;

const HEAD: &str = "classes = win,unix\n[tcp:request]\n";

/// A file of version 3 whose section of SYNs is this.
fn v3(section: &str) -> Result<Signatures, WrongLines> {
    Signatures::read(format!("{HEAD}{section}").as_bytes())
}

fn syn(text: &str) -> Syn {
    text.parse().unwrap()
}

/// The best match, as it is told to people, and the distance.
fn best(signatures: &Signatures, text: &str) -> Option<(String, String)> {
    let syn = syn(text);
    let found = signatures.best(&syn, "test")?;
    let distance = found
        .distance
        .map_or_else(|| "-".to_owned(), |distance| distance.to_string());
    Some((found.to_string(), distance))
}

fn told(name: &str, distance: &str) -> Option<(String, String)> {
    Some((name.to_owned(), distance.to_owned()))
}

/// The number and the reason of the only wrong line.
fn wrong(file: &Result<Signatures, WrongLines>) -> (usize, &'static str) {
    let wrong = file.as_ref().unwrap_err();
    assert_eq!(wrong.count(), 1, "{wrong}");
    (wrong.told()[0].line, wrong.told()[0].why)
}

#[test]
fn specific_comes_before_generic_and_exact_before_fuzzy() {
    let file = v3("label = g:unix:Any:\n\
         sig = *:64:0:*:*,*:mss,nop,ws:df,id+:0\n\
         label = s:unix:Special:1.x\n\
         sig = *:64:0:*:mss*4,7:mss,nop,ws:df,id+:0\n\
         sig = 4:255:0:*:9,1:mss,nop,ws::0\n")
    .unwrap();
    assert_eq!((file.len(), file.notation()), (3, Notation::V3));
    let seen = |syn: &str| best(&file, syn);
    assert_eq!(
        seen("4:60:0:48+0:1460:5840,7:mss,nop,ws:df,id+"),
        told("Special 1.x", "4")
    );
    assert_eq!(
        seen("4:60:0:48+0:1460:5841,7:mss,nop,ws:df,id+"),
        told("Any (generic)", "4")
    );
    assert_eq!(
        seen("4:60:0:48+0:1460:5840,7:mss,nop,ws:df,id+,ecn"),
        told("Any (generic, fuzzy)", "4")
    );
    assert_eq!(
        seen("4:60:0:48+0:1460:5840,7:mss,nop,ws:id-"),
        told("Any (generic, fuzzy)", "4")
    );
    assert_eq!(
        seen("4:200:0:48+0:1460:9,1:mss,nop,ws:"),
        told("Any (generic, fuzzy)", "55")
    );
    assert_eq!(
        seen("4:10:0:48+0:1460:5840,7:mss,nop,ws:df,id+"),
        told("Any (generic, fuzzy)", "22")
    );
    assert_eq!(seen("4:60:0:48+0:1460:5840,7:mss,nop,ws:df,id+,seq-"), None);
    assert_eq!(seen("4:60:0:48+1:1460:5840,7:mss,nop,ws:df,id+"), None);
    assert_eq!(seen("4:60:4:48+0:1460:5840,7:mss,nop,ws:df,id+"), None);
    assert_eq!(seen("4:60:0:48+0:1460:5840,7:mss,ws,nop:df,id+"), None);
    assert_eq!(
        seen("6:60:0:68+0:1460:5840,7:mss,nop,ws:"),
        told("Special 1.x", "4")
    );
    assert_eq!(
        seen("6:60:0:68+0:1460:5840,7:mss,nop,ws:flow"),
        None,
        "not of both versions"
    );
    assert_eq!(
        seen("6:255:0:68+0:1460:9,1:mss,nop,ws:"),
        told("Any (generic, fuzzy)", "0")
    );
}

#[test]
fn tools_are_never_guessed_and_may_begin_anywhere() {
    let file = v3("label = s:!:Scanner:SYN scan\n\
         sys = @unix,Plan 9\n\
         sig = *:64-:0:1460:1024,0:mss::0\n\
         sig = *:64+10:0:1460:%512,0:mss,eol+1::*\n")
    .unwrap();
    assert_eq!(
        best(&file, "4:3:0:44+0:1460:1024,0:mss:"),
        told("Scanner SYN scan", "<= 61")
    );
    assert_eq!(best(&file, "4:65:0:44+0:1460:1024,0:mss:"), None);
    assert_eq!(
        best(&file, "4:3:0:44+0:1460:1024,0:mss:ecn"),
        None,
        "no fuzzy tools"
    );
    assert_eq!(
        best(&file, "4:70:0:46+3:1460:2048,0:mss,eol+1:"),
        told("Scanner SYN scan", "4")
    );
    assert_eq!(best(&file, "4:70:0:46+3:1460:2048,0:mss,eol+2:"), None);
    let syn = syn("4:3:0:44+0:1460:1024,0:mss:");
    let found = file.best(&syn, "test").unwrap();
    assert_eq!(
        (found.label.family.class(), found.line, found.set),
        (Some("tool"), 5, "test")
    );
}

#[test]
fn windows_may_be_packets_or_multiples() {
    let file = v3("label = s:win:W:\n\
         sig = 4:128:0:*:mtu*4,*:mss:df:0\n\
         sig = 4:128:0:*:%8192,*:mss:df:0\n\
         sig = 4:128:0:1400:*,*:mss:df:0\n")
    .unwrap();
    let line = |window: u16, mss: u16| {
        let text = format!("4:128:0:44+0:{mss}:{window},0:mss:df");
        file.best(&syn(&text), "").map(|found| found.line)
    };
    assert_eq!(line(5760, 1400), Some(4));
    assert_eq!(line(16_384, 1400), Some(5));
    assert_eq!(line(77, 1400), Some(6));
    assert_eq!(line(77, 1401), None);
}

#[test]
fn every_wrong_line_of_version_3_is_told_with_its_number() {
    let label = "label = s:unix:Linux:x\n";
    for (line, reason) in [
        ("nonsense", "neither a section"),
        ("sigs = 1", "no such name"),
        ("[udp:request]", "no such section"),
        ("classes = other", "in front of all sections"),
        ("label = x:unix:L:", "s:"),
        ("label = s:dos:L:", "`classes` does not name"),
        ("label = s:unix", "type:class:name:flavour"),
        ("label = s:unix::", "without a name"),
        ("sys = @unix", "follows the label of a tool"),
        ("sig = *:64:0:*:1,0:mss:df", "eight fields"),
        ("sig = 5:64:0:*:1,0:mss:df:0", "version"),
        ("sig = *:0:0:*:1,0:mss:df:0", "time to live"),
        ("sig = *:250+9:0:*:1,0:mss:df:0", "time to live"),
        ("sig = *:64:256:*:1,0:mss:df:0", "IP options"),
        ("sig = *:64:0:x:1,0:mss:df:0", "segment size"),
        ("sig = *:64:0:*:1:mss:df:0", "comma"),
        ("sig = *:64:0:*:mss*0,0:mss:df:0", "window"),
        ("sig = *:64:0:*:mss*1001,0:mss:df:0", "window"),
        ("sig = *:64:0:*:%1,0:mss:df:0", "window"),
        ("sig = *:64:0:*:%0,0:mss:df:0", "window"),
        ("sig = *:64:0:*:1,256:mss:df:0", "scale"),
        ("sig = *:64:0:*:1,0:mms:df:0", "options"),
        ("sig = *:64:0:*:1,0:eol+1,mss:df:0", "options"),
        ("sig = *:64:0:*:1,0:mss:fd:0", "quirk"),
        ("sig = *:64:0:*:1,0:mss:cut:0", "quirk"),
        ("sig = 6:64:0:*:1,0:mss:df:0", "other version"),
        ("sig = 4:64:0:*:1,0:mss:flow:0", "other version"),
        ("sig = *:64:0:*:1,0:mss:df:1", "payload"),
        ("sig = *:64:0:*:1,0:mss:df:0\u{7}", "control"),
    ] {
        let (number, why) = wrong(&v3(&format!("\n; a comment\n{label}{line}\n")));
        assert_eq!(number, 6, "{line}");
        assert!(why.contains(reason), "{line}: {why}");
    }
    assert!(wrong(&v3("sig = *:64:0:*:1,0:mss:df:0")).1.contains("no label"));
    assert!(
        wrong(&v3("label = s:!:T:\nsig = *:64:0:*:1,0:mss:df:0"))
            .1
            .contains("`sys` first")
    );
    assert_eq!(wrong(&Signatures::read(b"classes = a b")).0, 1);
    assert_eq!(
        wrong(&Signatures::read(b"classes = a\nlabel = s:a:b:")),
        (2, "no section begins above")
    );
    let long = "x".repeat(5000);
    assert!(wrong(&v3(&long)).1.contains("longer"));
    let many = v3(&"bad\n".repeat(60)).unwrap_err();
    assert_eq!((many.count(), many.told().len()), (60, 50));
    assert!(many.to_string().ends_with("; and 10 more wrong lines"), "{many}");
}

#[test]
fn other_sections_of_version_3_are_passed_over() {
    let file = "classes = unix\r\n[mtu]\r\nlabel = Ethernet\r\nsig = 1500\r\n[http:request]\r\nua_os = Linux\r\n\
        label = s:!:curl:\r\nsys = @unix\r\nsig = *:Host::curl\r\n[tcp:request]\r\nlabel = s:unix:L:\r\n\
        sig = *:64:0:*:1,0:mss:df:0\r\n[tcp:response]\r\nlabel = s:unix:M:\r\nsig = *:64:0:*:2,0:mss:df:0\r\n";
    let file = Signatures::read(file.as_bytes()).unwrap();
    assert_eq!(file.len(), 1);
    assert_eq!(best(&file, "4:64:0:44+0:1460:1,0:mss:df"), told("L", "0"));
    assert!(!file.is_empty() && Signatures::read(b"").unwrap().is_empty());
}

#[test]
fn version_2_is_known_by_its_lines() {
    let file = Signatures::read(
        b"# a comment\n\n\
        S4:64:1:60:M*,S,T,N,W7:.:Linux:2.6\n\
        16384:128:1:48:M*,N,N,S:.:Windows:2000: SP4\n\
        *:64:0:*:.:D:-*Tool:sends\n\
        %8192:255:0:44:M%4:Z:@Any:\n\
        T4:64:1:44 :M1400:.:Router:\n",
    );
    assert_eq!(wrong(&file), (7, "the size of the packet is a number or *"));
    let file = Signatures::read(
        b"S4:64:1:60:M*,S,T,N,W7:.:Linux:2.6\n\
        16384:128:1:48:M*,N,N,S:.:Windows:2000: SP4\n\
        *:64:0:*:.:D:-*Tool:sends\n\
        %8192:255:0:44:M%4:Z:@Any:\n\
        T4:64:1:44:M1400:.:Router:\n\
        # unconfirmed: by hearsay\n\
        24000:128:0:44:M536:.:Bot:2008\n",
    )
    .unwrap();
    assert_eq!((file.len(), file.notation()), (7 - 1, Notation::V2));
    let seen = |syn: &str| best(&file, syn);
    let linux = "0:60+0:1460:5840,7:mss,sok,ts,nop,ws:";
    assert_eq!(seen(&format!("4:50:{linux}df,id+")), told("Linux 2.6", "14"));
    assert_eq!(
        seen(&format!("4:50:{linux}")),
        told("Linux 2.6 (fuzzy)", "14"),
        "a firewall cleared DF"
    );
    assert_eq!(
        seen(&format!("4:70:{linux}df,id+")),
        told("Linux 2.6 (fuzzy)", "58")
    );
    assert_eq!(seen(&format!("4:50:{linux}df,id+,ts1-")), None, "T is not T0");
    assert_eq!(seen(&format!("6:50:{linux}")), None, "version 2 knows IPv4 only");
    assert_eq!(
        seen("4:120:0:48+0:1460:16384,0:mss,nop,nop,sok:df,id+"),
        told("Windows 2000: SP4", "8")
    );
    assert_eq!(seen("4:5:0:40+60:0:1,0::"), told("Tool sends", "-"));
    assert_eq!(seen("4:5:0:40+59:0:1,0::"), None, "not big");
    assert_eq!(
        seen("4:255:0:44+0:1460:16384,0:mss:id-"),
        told("Any (generic)", "0")
    );
    assert_eq!(seen("4:255:0:44+0:1461:16384,0:mss:id-"), None);
    assert_eq!(seen("4:64:0:44+0:1400:5760,0:mss:df,id+"), told("Router", "0"));
    assert_eq!(
        seen("4:120:0:44+0:536:24000,0:mss:"),
        told("Bot 2008 (unconfirmed)", "8")
    );
}

#[test]
fn every_wrong_line_of_version_2_is_told_with_its_number() {
    for (line, reason) in [
        ("1:64:1:60:.:.:Linux", "eight fields"),
        ("x:64:1:60:.:.:Linux:", "window"),
        ("S:64:1:60:.:.:Linux:", "window"),
        ("%0:64:1:60:.:.:Linux:", "window"),
        ("1:0:1:60:.:.:Linux:", "time to live"),
        ("1:64:2:60:.:.:Linux:", "fragment"),
        ("1:64:1:x:.:.:Linux:", "size"),
        ("1:64:1:60:E,N:.:Linux:", "end of the options"),
        ("1:64:1:60:T1:.:Linux:", "option"),
        ("1:64:1:60:Wx:.:Linux:", "scale"),
        ("1:64:1:60:M:.:Linux:", "segment size"),
        ("1:64:1:60:?:.:Linux:", "unknown option"),
        ("1:64:1:60:NNNNNNNNNNNNNNNN:.:Linux:", "more options"),
        ("1:64:1:60:.:K:Linux:", "quirk"),
        ("1:64:1:60:.:E:Linux:", "quirk E"),
        ("1:64:1:60:.::Linux:", "quirk"),
        ("1:64:1:60:.:.:-@:", "name"),
    ] {
        let (number, why) = wrong(&Signatures::read(
            format!("1:64:1:60:.:.:Linux:\n\n{line}").as_bytes(),
        ));
        assert_eq!(number, 3, "{line}");
        assert!(why.contains(reason), "{line}: {why}");
    }
}

#[test]
fn our_own_set_says_of_each_signature_where_it_is_from() {
    let own = include_str!("own.fp");
    let signatures = Signatures::read(own.as_bytes()).unwrap();
    let lines: Vec<&str> = own.lines().collect();
    let told = lines.windows(2).filter(|pair| pair[1].starts_with("sig"));
    let is_told = |line: &str| line.starts_with("; confirmed: ") || line.starts_with("; unconfirmed: ");
    assert_eq!(
        told.clone().filter(|pair| is_told(pair[0])).count(),
        signatures.len()
    );
    for record in &signatures.records {
        let is_unconfirmed = lines[record.line - 2].starts_with("; unconfirmed");
        assert_eq!(
            record.standing == Standing::Unconfirmed,
            is_unconfirmed,
            "line {}",
            record.line
        );
    }
}

#[test]
fn no_bot_of_our_own_set_is_confirmed() {
    let matcher = Matcher::default();
    let srizbi = syn("4:110:0:44+0:536:24000,0:mss:");
    // p0f itself shows this window as 16 packets of Ethernet.
    assert_eq!(srizbi.v2(), "T16:110:0:44:M536:.");
    let found = matcher.best(&srizbi).unwrap();
    assert_eq!(found.label.family.class(), Some("bot"));
    assert!(found.is_unconfirmed, "it judges nobody");
    assert_eq!(found.to_string(), "Srizbi 2008 (unconfirmed)");
}

#[test]
fn what_is_unavailable_is_not_unknown() {
    let matcher = Matcher::default();
    let name = |text: &str| matcher.name(&text.parse().unwrap()).to_string();
    assert_eq!(name("unavailable"), "unavailable");
    assert_eq!(name("4:1:0:40+0:0:1,0::"), "unknown");
    assert_eq!(name("4:110:0:44+0:536:24000,0:mss:"), "Srizbi 2008 (unconfirmed)");
}

#[test]
fn several_sets_are_asked_and_the_best_match_is_first() {
    let linux = syn("4:64:0:60+0:1460:64240,10:mss,sok,ts,nop,ws:df,id+");
    let generic = v3("label = g:unix:Old:\nsig = *:64:0:*:*,*:mss,sok,ts,nop,ws:df,id+:0").unwrap();
    let specific = v3("label = s:unix:Mine:\nsig = *:64:0:*:64240,10:mss,sok,ts,nop,ws:df,id+:0").unwrap();
    let names = |sets: &[(&str, &Signatures)]| {
        let sets = sets
            .iter()
            .map(|(name, set)| ((*name).to_owned(), (*set).clone()));
        let matcher = Matcher::new(sets.collect());
        let all = matcher.all(&linux);
        all.iter()
            .map(|found| format!("{}: {found}", found.set))
            .collect::<Vec<_>>()
    };
    let own = "atalaya: Linux 4.20 and newer";
    assert_eq!(names(&[]), [own]);
    assert_eq!(names(&[("a", &generic)]), [own, "a: Old (generic)"]);
    assert_eq!(
        names(&[("a", &generic), ("b", &specific)]),
        ["b: Mine", own, "a: Old (generic)"]
    );
}
