//! scratch
use atalaya_formats::message::Head;
use atalaya_formats::received;
use atalaya_model::{Clock, Prefix};
use atalaya_observe::replay::{Replay, ReplayConfig, Summary, mails};
fn main() {
    let mut args = std::env::args().skip(1);
    let folder = args.next().unwrap();
    let mut config = ReplayConfig::default();
    for p in args {
        config.trusted_relays.push(p.parse::<Prefix>().unwrap());
    }
    let replay = Replay::new(&config, &Default::default());
    let mut summary = Summary::default();
    let start = Clock::system().now();
    for mail in mails(&[folder.into()], 25 << 20).unwrap() {
        let name = mail.origin.rsplit('/').next().unwrap().to_owned();
        match mail.bytes {
            Err(skip) => {
                println!("{name}\tSKIP\t{skip}");
                summary.skip(&mail.origin, &skip)
            }
            Ok(bytes) => {
                let head = Head::read(&bytes);
                let hops = received::hops(&head);
                let source = received::source(&hops, &config.trusted_relays);
                let depth = source.as_ref().map_or(99, |s| s.depth);
                let by = source
                    .as_ref()
                    .ok()
                    .and_then(|s| s.hop.by.clone())
                    .unwrap_or_default();
                match replay.observe(&bytes, Clock::system().now()) {
                    Ok(o) => {
                        println!(
                            "{name}\t{}\t{depth}\t{by}\t{}\t{}\t{}",
                            o.address, o.kind, o.envelope.helo, o.subject
                        );
                        summary.add(&o)
                    }
                    Err(skip) => {
                        println!("{name}\tSKIP\t{skip}");
                        summary.skip(&mail.origin, &skip)
                    }
                }
            }
        }
    }
    eprint!("{summary}");
    eprintln!("{:?}", Clock::system().now().since(start));
}
