//! `atalaya fingerprint` on captures, whole and broken, with signatures of the operator's own.

use std::path::Path;
use std::process::Command;

use atalaya_formats::signatures::Matcher;
use atalaya_formats::syn::Syn;
use atalaya_net::{Acceptor, bind_tcp, save_syns, saved_syn};
use tokio::net::TcpStream;

use crate::harness::{ATALAYA, text};

/// A SYN from 192.0.2.7 to port 25 with these options and this window.
fn syn(ttl: u8, dont_fragment: u8, window: u16, options: &[u8]) -> Vec<u8> {
    let total = u8::try_from(40 + options.len()).unwrap();
    let words = u8::try_from((20 + options.len()) / 4).unwrap();
    let mut packet = vec![0x45, 0, 0, total, 0x12, 0x34, dont_fragment, 0, ttl, 6, 0, 0];
    packet.extend([192, 0, 2, 7, 198, 51, 100, 2]);
    packet.extend([0xc0, 0, 0, 25, 0, 0, 0, 1, 0, 0, 0, 0, words << 4, 2]);
    packet.extend(window.to_be_bytes());
    packet.extend([0; 4]);
    packet.extend(options);
    packet
}

fn srizbi() -> Vec<u8> {
    syn(110, 0, 24_000, &[2, 4, 2, 24])
}

fn linux() -> Vec<u8> {
    let options = [2, 4, 5, 0xb4, 4, 2, 8, 10, 0, 0, 0, 9, 0, 0, 0, 0, 1, 3, 3, 7];
    syn(52, 0x40, 64_240, &options)
}

/// A capture of packets in frames of this kind.
fn capture(link: u32, packets: &[Vec<u8>]) -> Vec<u8> {
    let numbers = |numbers: &[u32]| {
        numbers
            .iter()
            .flat_map(|number| number.to_le_bytes())
            .collect::<Vec<u8>>()
    };
    let mut file = numbers(&[0xa1b2_c3d4, 0x0004_0002, 0, 0, 65_535, link]);
    for packet in packets {
        let length = u32::try_from(packet.len()).unwrap();
        file.extend(numbers(&[1_226_351_253, 0, length, length]));
        file.extend(packet);
    }
    file
}

/// Runs the command in a folder; gives exit code, standard output, standard error.
fn fingerprint(folder: &Path, arguments: &[&str]) -> (Option<i32>, String, String) {
    let output = Command::new(ATALAYA)
        .arg("fingerprint")
        .args(arguments)
        .current_dir(folder)
        .output()
        .unwrap();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

const SRIZBI: &str = "2008-11-10T21:07:33Z 192.0.2.7 25 T16:110:0:44:M536:. 4:110+18:0:536:mtu*16,0:mss::0 18 Srizbi 2008 (unconfirmed)";
const LINUX: &str = "2008-11-10T21:07:33Z 192.0.2.7 25 S44:52:1:60:M1460,S,T,N,W7:. 4:52+12:0:1460:mss*44,7:mss,sok,ts,nop,ws:df,id+:0 12 Linux 4.20 and newer";

#[test]
fn each_syn_is_a_line_with_both_notations_and_a_name() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(
        folder.path().join("mail.pcap"),
        capture(101, &[srizbi(), linux(), linux()]),
    )
    .unwrap();
    let (code, out, err) = fingerprint(folder.path(), &["mail.pcap"]);
    assert_eq!((code, err.as_str()), (Some(0), ""));
    assert_eq!(out, [SRIZBI, LINUX, LINUX].join("\n"));

    let (code, out, _) = fingerprint(folder.path(), &["mail.pcap", "--summary"]);
    assert_eq!(code, Some(0));
    let rows: Vec<&str> = out.lines().map(str::trim).collect();
    assert_eq!(
        rows,
        [
            "2 4:64:0:1460:mss*44,7:mss,sok,ts,nop,ws:df,id+:0 Linux 4.20 and newer",
            "1 4:128:0:536:mtu*16,0:mss::0 Srizbi 2008 (unconfirmed)"
        ]
    );

    let (_, out, _) = fingerprint(folder.path(), &["mail.pcap", "--json"]);
    let first: serde_json::Value = serde_json::from_str(out.lines().next().unwrap()).unwrap();
    assert_eq!(first["source"], "192.0.2.7:49152");
    assert_eq!(first["fingerprint"], "4:110:0:44+0:536:24000,0:mss:");
    assert_eq!(
        (&first["hops"], &first["is_at_most"]),
        (&18.into(), &false.into())
    );
    assert_eq!(first["names"][0]["class"], "bot");
    assert_eq!(first["names"][0]["is_unconfirmed"], true);
}

#[test]
fn signatures_of_both_versions_are_asked_first() {
    let folder = tempfile::tempdir().unwrap();
    let put = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    std::fs::write(folder.path().join("mail.pcap"), capture(101, &[srizbi()])).unwrap();
    put("v2.fp", "24000:128:0:44:M536:.:Stack:seven\n");
    put(
        "v3.fp",
        "classes = bot\n[tcp:request]\nlabel = g:bot:Any:\nsig = *:128:0:*:*,0:mss::0\n",
    );
    let (code, out, _) = fingerprint(
        folder.path(),
        &[
            "mail.pcap",
            "--signatures",
            "v3.fp",
            "--signatures",
            "v2.fp",
            "--json",
        ],
    );
    assert_eq!(code, Some(0));
    let told: serde_json::Value = serde_json::from_str(&out).unwrap();
    let labels: Vec<_> = told["names"]
        .as_array()
        .unwrap()
        .iter()
        .map(|name| &name["label"])
        .collect();
    assert_eq!(labels, ["Stack seven", "Srizbi 2008", "Any"]);

    put(
        "wrong.fp",
        "24000:128:0:44:M536:.:Stack:seven\n24000:128\n24000:128:0:44:M536:K:Stack:seven\n",
    );
    let (code, out, err) = fingerprint(folder.path(), &["mail.pcap", "--signatures", "wrong.fp"]);
    assert_eq!((code, out.as_str()), (Some(1), ""));
    assert!(
        err.contains("wrong.fp has wrong lines: line 2: ") && err.contains("; line 3: "),
        "{err}"
    );
    let (code, _, err) = fingerprint(folder.path(), &["mail.pcap", "--signatures", "missing.fp"]);
    assert_eq!(code, Some(1));
    assert!(err.contains("cannot read the signatures in missing.fp"), "{err}");
}

#[test]
fn a_broken_capture_is_read_as_far_as_it_goes() {
    let folder = tempfile::tempdir().unwrap();
    let put = |name: &str, bytes: &[u8]| std::fs::write(folder.path().join(name), bytes).unwrap();
    let whole = capture(101, &[srizbi(), linux()]);
    put("cut.pcap", &whole[..whole.len() - 1]);
    let (code, out, err) = fingerprint(folder.path(), &["cut.pcap"]);
    assert_eq!((code, out.as_str()), (Some(1), SRIZBI));
    assert!(err.contains("cut.pcap: it is cut"), "{err}");
    let (code, out, _) = fingerprint(folder.path(), &["cut.pcap", "--summary"]);
    assert_eq!((code, out.lines().count()), (Some(1), 1));

    put("wifi.pcap", &capture(105, &[srizbi()]));
    let (code, out, err) = fingerprint(folder.path(), &["wifi.pcap"]);
    assert_eq!((code, out.as_str()), (Some(1), ""));
    assert!(err.contains("frames of link type 105 cannot be read"), "{err}");

    put("mail.eml", b"From: nobody\n");
    let (code, _, err) = fingerprint(folder.path(), &["mail.eml"]);
    assert_eq!(code, Some(1));
    assert!(err.contains("mail.eml: neither pcap nor pcapng"), "{err}");
    assert_eq!(fingerprint(folder.path(), &["missing.pcap"]).0, Some(1));
    assert_eq!(fingerprint(folder.path(), &[]).0, Some(2));
}

#[tokio::test]
async fn a_connection_from_this_machine_is_named_from_what_the_kernel_kept() {
    let matcher = Matcher::default();
    for address in ["127.0.0.1:0", "[::1]:0"] {
        let Ok(listener) = bind_tcp(address.parse().unwrap()) else {
            atalaya_testkit::skip("no IPv6 on loopback");
            continue;
        };
        save_syns(&listener).unwrap();
        let at = listener.local_addr().unwrap();
        let mut acceptor = Acceptor::new(listener);
        let (client, (stream, peer)) = tokio::join!(TcpStream::connect(at), acceptor.next());
        assert_eq!(client.unwrap().local_addr().unwrap(), peer);
        let saved = saved_syn(&stream).unwrap();
        let kept = Syn::fingerprint(Some(saved.as_ref()));
        let syn = Syn::of(&kept).unwrap();
        let found = matcher.best(&syn).unwrap();
        assert_eq!(found.label.name, "Linux", "{kept}");
        assert_eq!(found.distance.unwrap().hops, 0, "{kept}");
    }
}
