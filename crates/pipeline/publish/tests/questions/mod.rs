//! The files and the questions that rbldnsd and we are compared with.

use super::support;

/// A file of each kind.
pub(crate) const FILES: [(&str, &str); 10] = [
    (
        "set",
        "$SOA 1h ns.ex hostmaster.ex 0 2h 2h 1w 150\n$NS 1d ns1.ex ns2.ex\n$TTL 1h\n$1 one\n$1 uno\n\
         :2:D $ $1 $2 $$ $x\n10.0.0.1\n10.0.0.2 :3\n10.0.0.3 :4:\n10.0.0.4 :5:own $\n10.0.0.5 text\n10.0.0.6 # c\n\
         10.0.0.7 =\n10.1/16\n!10.1.2/24\n10.1.2.3\n10.1.2.4 :7\n10.1.2.4 :8:dup\n!10.1.2.5\n10.1.2.5 :8\n\
         10.2.1.5-10.2.3.7 :9:range\n10.3.1.5-9 :9:r\n10.4.16-31 :1.2.3:r\n10.5.0.1/24 :9:bad\n10.09.9.9\nfoo\n\
         11.0.0.0/9 :10:wide\n!11.64/10\n11.64.3.3\n",
    ),
    (
        "one",
        "$TTL 10m\n:3:T $\n10.0.0.1\n10.0.0.2 :9:own\n10.0.1\n10.0.0.3/32\n!10.0.0.4\n:4:U\n10.0.0.6\n",
    ),
    (
        "trie",
        ":3:T $\n10.1/16 :5:five\n10.1.1.0/24 :6\n10.1.1.0/24 :7\n!10.1.1.128/25\n10.1.1.129\n10.1.2\n\
         10.1.3.1-2\n!10.1.1.1\n10.1.1.1\n10.2.1.1/24\n10.3.0.0/21 :8\n",
    ),
    (
        "half",
        ":3:T $\n2001:db8:1:2\n2001:db8:1:3/64\n2001:db8:1\n!2001:db8:1:2::5\n2001:db8:1:8\n",
    ),
    (
        "six",
        ":3:T $\n2001:db8:1/36\n2001:db8:a000/36\n2001:db8:b:c :4\n2001:db8:b:c::1 :5\n!2001:db8:b:c::2\n\
         2001:db8::/32 :6\n::1\n2001:db8:0:1:2:3:4:5\n",
    ),
    (
        "names",
        "$TTL 5m\n:2:D $\nexample.com\n*.example.com :3:w $\n.Dot.Example.ORG\n!no.dot.example.org\n\
         !*.nono.dot.example.org\n-x_y.com :4:z $\nfoo.com. :5\nwww.dup.com :7:a\nwww.dup.com :8:b\n!www.dup2.com\nwww.dup2.com\n",
    ),
    (
        "plain",
        "$SOA 0 ns.ex a.ex.com 0 2h 2h 1w 150\n$NS 0 ns1.ex -ns2.ex\n$TTL 77\n@ A 1.2.3.4\n@ A 5\n@ MX 10 mx.ex.\n\
         @ TXT \"a b\"\nwww 3000 A 127.0.0.1\nabout TXT \"ex combined\" \"two\"\nabout2 TXT plain text\ndeep.er 1h A 1.1.1.1\n\
         b IN A 1.1.1.4\ncn CNAME foo.bar\n",
    ),
    (
        "many",
        "$NS 1w ns1.ex ns2.ex\n$SOA 1w ns1.ex admin.ex.com 5 2h 2h 1w 1h\n$TTL 111\n$1 outer\n$= base $= ($)\n\
         $DATASET ip4set:proxy proxies @\n:2:Open $ $1\n$1 inner\n127.0.0.2\n127.0.0.10 =raw $ $1\n\
         $DATASET ip4trie relays @\n:3:relay $1\n127.0.0.2\n127.0.2/24\n$DATASET dnset names\n:4:nm $\n.bad.com\n\
         $DATASET generic:g proxies relays @\n@ A 127.0.0.8\nwww A 127.0.0.8\n",
    ),
    ("late", "$TIMESTAMP 2020:01:01 2021-01-01\n1.2.3.4\n"),
    (
        "narrow",
        "$MAXRANGE4 /24\n$MAXRANGE4 65536\n1.2/16\n1.3.3/24\n$MAXRANGE4 16\n1.4.3/24\n1.5.3.4\n",
    ),
];

/// The zones; the last two share a name, and both answer.
pub(crate) const ZONES: [&str; 12] = [
    "set.ex:ip4set:set",
    "one.ex:ip4tset:one",
    "trie.ex:ip4trie:trie",
    "half.ex:ip6tset:half",
    "six.ex:ip6trie:six",
    "names.ex:dnset:names",
    "plain.ex:generic:plain",
    "many.ex:combined:many",
    "late.ex:ip4set:late",
    "narrow.ex:ip4set:narrow",
    "both.ex:ip4set:set",
    "both.ex:ip4trie:trie,more.gz",
];

/// The labels of an address.
fn reversed(address: &str) -> String {
    if address.contains(':') {
        return support::nibbles(address).replace(".bl.atalaya.test", "");
    }
    address.split('.').rev().collect::<Vec<_>>().join(".")
}

/// Numbers from a seed.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }
}

/// Addresses in and around what is listed.
fn random_questions() -> Vec<String> {
    let mut dice = Dice(0x0a7a_1a7a);
    let mut names = Vec::new();
    for _ in 0..1500 {
        let ipv4 = match dice.roll(4) {
            0 => format!("10.{}.{}.{}", dice.roll(6), dice.roll(5), dice.roll(12)),
            1 => format!("11.{}.{}.{}", dice.roll(256), dice.roll(5), dice.roll(256)),
            2 => format!("20.{}.{}.{}", dice.roll(8), dice.roll(256), dice.roll(14)),
            _ => format!("10.{}.1.{}", dice.roll(4), dice.roll(256)),
        };
        let zone = ["set", "one", "trie", "narrow", "both", "late"][usize::try_from(dice.roll(6)).unwrap()];
        names.push(format!("{}.{zone}.ex", reversed(&ipv4)));
        let half = format!("2001:db8:1:{:x}::{:x}", dice.roll(10), dice.roll(8));
        let six = format!(
            "2001:db8:{:x}:{:x}:{:x}::{:x}",
            0xa + dice.roll(3),
            dice.roll(14),
            dice.roll(2),
            dice.roll(4)
        );
        names.push(format!("{}.half.ex", reversed(&half)));
        names.push(format!("{}.six.ex", reversed(&six)));
    }
    names
}

/// The edges of what is listed.
fn edges() -> Vec<String> {
    let mut names = Vec::new();
    for address in [
        "10.2.1.4",
        "10.2.1.5",
        "10.2.3.7",
        "10.2.3.8",
        "10.3.1.4",
        "10.3.1.9",
        "10.3.1.10",
        "10.4.15.255",
        "10.4.16.0",
        "10.4.31.255",
        "10.4.32.0",
        "11.63.255.255",
        "11.64.0.0",
        "11.64.3.3",
        "11.127.255.255",
        "11.128.0.0",
        "10.9.9.9",
    ] {
        names.push(format!("{}.set.ex", reversed(address)));
    }
    for address in ["1.2.3.4", "1.3.3.4", "1.4.3.4", "1.5.3.4"] {
        names.push(format!("{}.narrow.ex", reversed(address)));
        names.push(format!("{}.late.ex", reversed(address)));
    }
    names.push(format!("{}.six.ex", reversed("::1")));
    names.push(format!("{}.six.ex", reversed("2001:db8:0:1:2:3:4:5")));
    names
}

/// All of them, and names.
pub(crate) fn questions() -> Vec<String> {
    let mut names = random_questions();
    names.extend(edges());
    for name in [
        "example.com",
        "a.example.com",
        "b.a.example.com",
        "dot.example.org",
        "x.dot.example.org",
        "no.dot.example.org",
        "y.no.dot.example.org",
        "nono.dot.example.org",
        "z.nono.dot.example.org",
        "-x_y.com",
        "EXAMPLE.com",
        "foo.com",
        "www.dup.com",
        "www.dup2.com",
        "zzz",
        "invalid",
    ] {
        names.push(format!("{name}.names.ex"));
    }
    for name in ["", "www.", "about.", "about2.", "deep.er.", "b.", "cn.", "none."] {
        names.push(format!("{name}plain.ex"));
    }
    for name in [
        "",
        "2.0.0.127.",
        "10.0.0.127.",
        "7.2.0.127.",
        "2.0.0.127.proxies.",
        "10.0.0.127.proxies.",
        "2.0.0.127.relays.",
        "bad.com.names.",
        "x.bad.com.names.",
        "bad.com.",
        "www.",
        "proxies.",
        "names.",
        "www.proxies.",
        "www.names.",
        "none.",
    ] {
        names.push(format!("{name}many.ex"));
    }
    names.extend(["set.ex", "one.ex", "trie.ex", "elsewhere.test"].map(str::to_owned));
    names
}
